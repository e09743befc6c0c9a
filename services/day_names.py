"""What a day is called where a date is explained: a holiday by its name, a make-up day, summer hours, the office's own day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from domain.explain_walk import SATURDAY, DayNote, Why
from domain.policy import Label, OfficeHours, Policy
from models.calendar import CalendarVersion
from services.calendar import hours_of
from services.own_days import EditMistakes, OwnDays, read_edits

SUMMER = Label("夏令作息", "summer hours")
EXCHANGED = Label("调休放假", "in exchange for a make-up working day")
_NONE = OwnDays({}, frozenset(), {})


@dataclass(frozen=True, slots=True)
class DayNames:
    """The notes of a calendar's days: `notes(day, worked)` serves `domain.explain.account`."""

    country: str
    hours: OfficeHours
    own: OwnDays

    def notes(self, day: date, worked: bool) -> DayNote:
        """Why a day is worked or free, with its name."""
        if day in self.own.days:
            said = self.own.notes.get(day, "")
            return DayNote(Why.OWN_HOURS if worked else Why.OWN_DAY_OFF, Label(said, said) if said else None)
        summer = SUMMER if worked and hours_of(self.hours, day) != self.hours.sessions else None
        late_in_week = day.weekday() >= SATURDAY
        if worked != late_in_week:
            # As most days are: the schedule need not be asked.
            return DayNote(Why.OFFICE_TIME, summer) if worked else DayNote(Why.WEEKEND)
        weekend, named, make_up = _schedule(self.country, day.year)
        if worked:
            return DayNote(Why.MAKE_UP if day in make_up or day.weekday() in weekend else Why.OFFICE_TIME, summer)
        if day in named:
            return DayNote(Why.DAY_OFF, named[day])
        return DayNote(Why.WEEKEND if day.weekday() in weekend else Why.DAY_OFF)


def day_names(policy: Policy, version: CalendarVersion | None) -> DayNames:
    """The names of a calendar version's days; the office's own days are those that it was made with."""
    try:
        own = read_edits(version.edits, policy.hours) if version is not None else _NONE
    except EditMistakes:
        # Written before the rules of the file became stricter: its days count all the same, without their names.
        own = _NONE
    return DayNames(policy.country, policy.hours, own)


@lru_cache(maxsize=32)
def _schedule(country: str, year: int) -> tuple[frozenset[int], Mapping[date, Label], frozenset[date]]:
    """Of a year: the weekend's weekdays, the holidays by name, and the weekend days that are worked."""
    # Loaded here because few explanations meet a holiday, and every start would pay for it.
    import holidays

    try:
        plain = holidays.country_holidays(country, years=year)
    except NotImplementedError:
        return frozenset((SATURDAY, SATURDAY + 1)), {}, frozenset()
    languages = plain.supported_languages or ()
    zh, en = (
        holidays.country_holidays(country, years=year, language=next((one for one in wanted if one in languages), None))
        for wanted in (("zh_CN", "zh"), ("en_US", "en_GB", "en"))
    )
    names = {
        day: EXCHANGED if en.get(day, "").startswith("Day off") else Label(zh.get(day, name), en.get(day, name))
        for day, name in plain.items()
    }
    return frozenset(plain.weekend), names, frozenset(plain.weekend_workdays)
