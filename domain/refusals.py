"""Why something may not happen: small errors that carry facts and say what is allowed instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Allowed:
    """One thing that may be done now: the action, by whom, and until when (ISO text) if a clock says so."""

    action: str
    by: tuple[str, ...]
    until: str | None = None


@dataclass(slots=True)
class Refused(Exception):
    """An action that the rules do not allow now.

    `code` is stable for machines and translations, `text` an English sentence with `{facts}` filled in, `allowed` what may
    be done instead.
    """

    code: str
    text: str
    facts: Mapping[str, object] = field(default_factory=dict)
    allowed: tuple[Allowed, ...] = ()

    def __str__(self) -> str:
        said = self.text.format(**self.facts)
        if not self.allowed:
            return said
        options = "; ".join(
            f"{a.action} (by {', '.join(a.by)}{', until ' + a.until if a.until else ''})" for a in self.allowed
        )
        return f"{said} Allowed now: {options}."


class FieldRefused(Refused):
    """A field of a request that is missing or cannot be right; `facts["field"]` names it."""


def need(name: str, remedy: str) -> FieldRefused:
    """The refusal for a missing field."""
    return FieldRefused("field_missing", "Field {field} is missing: {remedy}.", {"field": name, "remedy": remedy})


def wrong(name: str, problem: str) -> FieldRefused:
    """The refusal for a field whose value cannot be right."""
    return FieldRefused("field_wrong", "Field {field}: {problem}.", {"field": name, "problem": problem})
