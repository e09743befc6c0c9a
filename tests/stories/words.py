"""The vocabulary of the written stories: who is meant by which words, and how days, clocks and outcomes are said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from pytest_bdd import parsers

UNITS = {
    "the power company": ("D08", "gongdian-lly", "gongdian-fzr"),
    "the roads bureau": ("D14", "jtj-lly", "jtj-fzr"),
    "the planning bureau": ("D03", "zgj-lly", "zgj-fzr"),
    "the housing bureau": ("D04", "zjj-lly", "zjj-fzr"),
    "the economy bureau": ("D02", "jxsw-lly", "jxsw-fzr"),
    "the water company": ("D13", "shuiqi-lly", "shuiqi-fzr"),
    "the finance bureau": ("D07", "czjr-lly", "czjr-fzr"),
    "the farming bureau": ("D12", "nyslj-lly", "nyslj-fzr"),
    "the lakeside committee": ("A02", "hudang-jb", "hudang-fzr"),
    "the dispatch desk": ("O01", "tjb-fb", "tjb-zr"),
}
"""Units of the demo district: id, and the mailboxes of the officer who handles cases and of the head who signs."""

PERSONS = {
    "the clerk": "tjb-fb",
    "the desk's head": "tjb-zr",
    "the deputy chief": "fqz-gy",
    "the executive deputy": "cwfqz",
    "the chief": "quzhang",
    "the commissioner": "zy-c",
    "the operator": "operator",
    **{f"{unit}'s officer": officer for unit, (_, officer, _) in UNITS.items()},
    **{f"{unit}'s head": head for unit, (_, _, head) in UNITS.items()},
}
"""Mailboxes of the demo district's officials. The commissioner is the battery plant's, the deputy chief answers for industry."""


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise of the stories, and the project for which it reports."""

    said: str
    name: str
    email: str
    project: str


FIRMS = {
    firm.said: firm
    for firm in (
        Firm("the battery plant", "禾城湖粲钠能有限公司", "p02@example.com", "P02"),
        Firm("the building contractor", "禾城筑业建设有限公司", "site@builder.example.com", "P02"),
        Firm("the chip works", "禾城泾遥半导体有限公司", "p03@example.com", "P03"),
    )
}
"""The battery plant and its building contractor work on the same site, in the lakeside area; the chip works elsewhere."""

URGENCIES = {"a normal": "1", "an urgent": "2", "a critical": "3"}
CATEGORIES = {
    "power": "power",
    "planning": "planning",
    "water": "water_gas_sewage",
    "finance": "finance",
    "site safety": "site_safety",
    "very unusual": "something else",
}
CLASSES = {"immediate": "immediate", "ordinary": "ordinary", "complex": "complex", "hard": "hard"}
STATUSES = {
    "new": "new",
    "in progress": "in_progress",
    "disputed": "disputed",
    "in consultation": "consultation",
    "suspended": "suspended",
    "tracked": "tracking",
    "replied": "replied",
}
OUTCOMES = {
    "solved": "resolved",
    "partly solved": "partial",
    "promised": "promised",
    "explained": "explained",
    "a reasonable explanation": "reasonable_explanation",
    "without response": "no_response",
    "declined": "declined",
    "withdrawn": "withdrawn",
    "merged": "merged",
}
CAUSES = {
    "the enterprise's papers": "awaiting_enterprise",
    "a public notice": "statutory_procedure",
    "the province": "awaiting_superior",
    "the heat": "weather",
}
PARTIES = {
    "the lead unit": "Lead unit",
    "the enterprise": "Enterprise",
    "the head of the desk": "Desk head",
    "the unit's head": "Unit head",
    "the approver": "Approver",
}
"""Capacities, as pages say them where they tell what is allowed."""
COLOURS = {"blue": "blue", "yellow": "yellow", "red": "red"}
LIGHTS = {**COLOURS, "green": "green", "grey": "grey"}
CLOCKS = {
    "closing": "close",
    "signature for receipt": "sign_for",
    "first contact": "contact",
    "ruling": "ruling",
    "plan": "plan",
    "interim report": "interim",
    "answer": "answer",
    "conclusion of the consultation": "consultation",
    "decision": "approval_step",
    "enterprise's supplement": "awaiting_enterprise",
    "resumption": "resume",
    "review of the suspension": "suspension_review",
    "end of the tracking": "tracking_end",
    "follow-up": "follow_up",
    "duty": "duty",
    "promise": "promised",
    "triage": "triage",
    "report to the city": "city_report",
}
"""The clocks as the stories call them, and as `domain.clocks` does."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SaidDay:
    """A day as a story says it: "Thursday 30 July", with its year where it is not the present one."""

    weekday: str
    day: int
    month: str
    year: int | None

    def on(self, present: int) -> date:
        """The day, in the year `present` unless another was said; a weekday that is wrong is the story's mistake."""
        found = date(self.year or present, MONTHS.index(self.month) + 1, self.day)
        assert WEEKDAYS[found.weekday()] == self.weekday, f"{found} is no {self.weekday}"
        return found


@dataclass(frozen=True, slots=True)
class SaidMoment:
    """A moment as a story says it: "Thursday 30 July, 17:30", on the office's clock."""

    day: SaidDay
    at: time

    def on(self, present: int) -> datetime:
        """The moment without its zone, in the year `present` unless another was said."""
        return datetime.combine(self.day.on(present), self.at)


_DAY = rf"(?:{'|'.join(WEEKDAYS)}) \d{{1,2}} (?:{'|'.join(MONTHS)})(?: \d{{4}})?"
_LIST = r"(?:,? and |, )"


def said_day(said: str) -> SaidDay:
    """A day in a story's words, also from a table."""
    weekday, day, month, *year = said.split()
    return SaidDay(weekday, int(day), month, int(year[0]) if year else None)


def _moment(said: str) -> SaidMoment:
    day, at = said.rsplit(", ", 1)
    return SaidMoment(said_day(day), time.fromisoformat(at))


def _typed(pattern: str, read: Callable[[str], Any]) -> Callable[[str], Any]:
    def convert(said: str) -> Any:
        return read(said)

    convert.pattern = pattern  # type: ignore[attr-defined]  # how the `parse` package finds a type's pattern
    return convert


def _one_of(words: Iterable[str]) -> str:
    # The longest first, so that "planning" does not end where "planning bureau" was meant.
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _in(table: dict[str, Any]) -> Callable[[str], Any]:
    return _typed(_one_of(table), lambda said: table[said])


_UNIT = _one_of(UNITS)
TYPES: dict[str, Callable[[str], Any]] = {
    "Unit": _typed(_UNIT, lambda said: UNITS[said][0]),
    "Units": _typed(
        rf"(?:{_UNIT})(?:{_LIST}(?:{_UNIT}))*", lambda said: [UNITS[unit][0] for unit in re.split(_LIST, said)]
    ),
    "Person": _typed(_one_of(PERSONS), lambda said: f"{PERSONS[said]}@example.org"),
    "Persons": _typed(
        rf"(?:{_one_of(PERSONS)})(?:{_LIST}(?:{_one_of(PERSONS)}))*",
        lambda said: [f"{PERSONS[person]}@example.org" for person in re.split(_LIST, said)],
    ),
    "Firm": _in(FIRMS),
    "Day": _typed(_DAY, said_day),
    "Moment": _typed(rf"{_DAY}, \d\d:\d\d", _moment),
    "Urgency": _in(URGENCIES),
    "Category": _in(CATEGORIES),
    "Class": _in(CLASSES),
    "Status": _in(STATUSES),
    "Outcome": _in(OUTCOMES),
    "Cause": _in(CAUSES),
    "Party": _in(PARTIES),
    "Colour": _in(COLOURS),
    "Light": _in(LIGHTS),
    "Clock": _in(CLOCKS),
}


def sentence(text: str) -> parsers.parse:
    """A step's wording, with the vocabulary's types between braces."""
    return parsers.parse(text, extra_types=TYPES)
