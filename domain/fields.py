"""Reading the fields of a request: each missing or impossible one is refused by name, with its remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from domain.draft import Draft
from domain.refusals import need, wrong

LONGEST = 4000
"""Characters that a text field may have."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields that came with a request, as text, numbers, dates or lists."""

    values: Mapping[str, object]

    def get(self, name: str) -> str:
        """The text of an optional field, "" when it is absent."""
        value = self.values.get(name)
        if value is None:
            return ""
        said = str(value).replace("\x00", "").strip()
        if len(said) > LONGEST:
            raise wrong(name, f"is longer than {LONGEST} characters; shorten it or attach a file")
        return said

    def text(self, name: str, remedy: str = "fill it in") -> str:
        """The text of a required field."""
        said = self.get(name)
        if not said:
            raise need(name, remedy)
        return said

    def flag(self, name: str) -> bool:
        """Whether a tick box is ticked."""
        return self.values.get(name) is True or self.get(name).lower() in {"1", "true", "yes", "on"}

    def number(self, name: str, low: int, high: int) -> int | None:
        """A whole number between `low` and `high`, None when absent."""
        said = self.get(name)
        if not said:
            return None
        if not said.isdecimal() or not low <= int(said) <= high:
            raise wrong(name, f"takes a whole number from {low} to {high}, not {said!r}")
        return int(said)

    def day(self, name: str) -> date | None:
        """A calendar day (YYYY-MM-DD), None when absent."""
        value = self.values.get(name)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        said = self.get(name)
        if not said:
            return None
        try:
            return date.fromisoformat(said[:10])
        except ValueError:
            raise wrong(name, f"takes a day as YYYY-MM-DD, not {said!r}") from None

    def time_of_day(self, name: str) -> time | None:
        """A time of day (HH:MM), None when absent."""
        said = self.get(name).replace("：", ":")
        if not said:
            return None
        try:
            return datetime.strptime(said, "%H:%M").time()  # noqa: DTZ007 - a time of day, in the office's zone
        except ValueError:
            raise wrong(name, f"takes a time as HH:MM, not {said!r}") from None

    def many(self, name: str) -> tuple[str, ...] | None:
        """Several values, from a list or separated by commas; None when absent."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        parts: Sequence[object] = (
            value if isinstance(value, (list, tuple)) else str(value).replace("，", ",").split(",")
        )
        return tuple(dict.fromkeys(p for p in (str(part).strip() for part in parts) if p))

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """One of `allowed`."""
        said = self.text(name, f"choose one of {', '.join(allowed)}")
        if said not in allowed:
            raise wrong(name, f"{said!r} is not one of {', '.join(allowed)}")
        return said


def unit_of(draft: Draft, fields: Fields, name: str) -> str:
    """A required unit: known and active; a renamed or merged one is followed to its successor."""
    return known_unit(draft, name, fields.text(name, "name a unit of the directory"))


def known_unit(draft: Draft, name: str, unit_id: str) -> str:
    """`unit_id`, or its successor; refused when no active unit stands behind it."""
    unit = draft.place.unit(unit_id)
    for _ in range(3):
        if unit is None or unit.active or unit.successor is None:
            break
        unit = draft.place.unit(unit.successor)
    if unit is None:
        raise wrong(name, f"unit {unit_id!r} is not in the directory")
    if not unit.active:
        raise wrong(name, f"unit {unit_id!r} is no longer active; choose another")
    return unit.id


def units_of(draft: Draft, fields: Fields, name: str) -> tuple[str, ...] | None:
    """Several units, each known and active; None when the field is absent."""
    said = fields.many(name)
    return None if said is None else tuple(dict.fromkeys(known_unit(draft, name, unit) for unit in said))


def future_day(draft: Draft, fields: Fields, name: str, remedy: str) -> date:
    """A required day after today, by the office's clock."""
    day = fields.day(name)
    if day is None:
        raise need(name, remedy)
    if day <= draft.time.local(draft.now).date():
        raise wrong(name, f"{day.isoformat()} is not after today")
    return day


def rating_of(draft: Draft, fields: Fields, name: str) -> int | None:
    """A rating on the policy's scale, None when absent."""
    scale = [number for number, _ in draft.policy.follow_up.scale]
    return fields.number(name, min(scale), max(scale))


def class_of(draft: Draft, fields: Fields, name: str = "case_class") -> str:
    """A class other than tracking, which is reached by `track` alone."""
    return fields.choice(name, tuple(c for c in draft.policy.classes if c != "tracking"))
