"""From which key of the policy a clock's limit comes, so that an explanation can name the rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.policy import Colour, Limit, Policy


@dataclass(frozen=True, slots=True)
class Setting:
    """What of a case decides which key is meant where several hold the same limit."""

    case_class: str | None
    severity: int
    rung: int
    redone: bool
    factor_type: str | None = None
    answers: Colour | None = None
    """The colour of the notice that a duty answers."""


def rule_key(kind: str, limit: Limit, subject: str, policy: Policy, setting: Setting) -> str | None:
    """The key, e.g. `classes.complex.close`, that gives this kind of clock this limit; None when no key of the policy does."""
    return next((key for key, value in _keys(kind, subject, policy, setting) if value == limit), None)


def _keys(kind: str, subject: str, policy: Policy, setting: Setting) -> Iterator[tuple[str, Limit | None]]:
    limits = policy.limits
    if kind == "close" and setting.redone:
        yield "limits.redo", limits.redo
    if kind == "interim":
        yield from _of_classes("interim", policy, setting)
        yield "limits.tracking_interim", limits.tracking_interim
    elif kind in ("close", "plan"):
        yield from _of_classes(kind, policy, setting)
        yield "limits.redo", limits.redo
    elif kind == "contact":
        severity = policy.severities.get(setting.severity)
        own = policy.classes.get(setting.case_class or "")
        yield from [(f"classes.{own.code}.first_contact", own.first_contact)] if own else []
        yield from [(f"severities.{severity.number}.first_contact", severity.first_contact)] if severity else []
        yield from _of_classes("first_contact", policy, setting)
        yield from ((f"severities.{n}.first_contact", one.first_contact) for n, one in policy.severities.items())
    elif kind == "rung_stay":
        rungs = sorted(policy.rungs, key=lambda rung: abs(rung.number - setting.rung))
        yield from ((f"rungs.{rung.number}.limit", rung.limit) for rung in rungs)
    elif kind == "factor_stage":
        type_ = policy.factor_types.get(setting.factor_type or "")
        stage = type_.stage(subject) if type_ is not None else None
        if type_ is not None and stage is not None:
            yield f"factor_types.{type_.code}.stages.{stage.code}.limit", stage.limit
            for name, limit in stage.limits.items():
                yield f"factor_types.{type_.code}.stages.{stage.code}.limits.{name}", limit
    elif kind == "duty":
        for colour in sorted(policy.notices, key=lambda colour: colour is not setting.answers):
            yield f"notices.{colour.value}.answer_within", policy.notices[colour].answer_within
    elif hasattr(limits, kind):
        yield f"limits.{kind}", getattr(limits, kind)


def _of_classes(name: str, policy: Policy, setting: Setting) -> Iterator[tuple[str, Limit | None]]:
    codes = sorted(policy.classes, key=lambda code: code != setting.case_class)
    return ((f"classes.{code}.{name}", getattr(policy.classes[code], name)) for code in codes)
