"""Whose delay it is: each overdue working day of a closing clock belongs to one unit (LIFECYCLE.md, Rules).

Judged at the day's closing minute from the histories of the clocks alone, so that a figure drawn years later is the same.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.clocks import Calendar, ClockState, Happening, Moment, due_at_pause
from domain.ladder import EXPIRE
from domain.lifecycle import Party
from domain.policy import Label

APPROVER = Label("审批人超过审批时限", "an approver is beyond the step's limit")
DISPUTED = Label("责任待裁定", "the responsibility is disputed: a ruling is owed")
CONSULTATION = Label("会商未结论", "the consultation is not concluded")
SUPPORTER = Label("配合单位逾期未答复", "a supporter's answer is overdue")
LEAD = Label("牵头单位办理中", "the lead is at work")

JUDGING = ("close", "approval_step", "ruling", "consultation", "answer")
"""The clocks whose histories are looked at."""


@dataclass(frozen=True, slots=True)
class ClockHistory:
    """A clock as its events tell it. `owner` is the unit it was started for; `passed_on` events name the later ones."""

    kind: str
    subject: str
    owner: str | None
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class OverdueDay:
    """A working day by which a closing date has passed: the unit it belongs to (`approver`: a person of no unit), and why."""

    day: date
    owner: str
    why: Label


@dataclass(frozen=True, slots=True)
class _State:
    """A clock between two of its events."""

    open: bool
    paused: bool
    due: datetime | None
    owner: str | None

    def late(self, at: datetime) -> bool:
        return self.open and self.due is not None and self.due < at


_NOT_YET = _State(False, False, None, None)


class _Line:
    """A clock's states in time."""

    def __init__(self, history: ClockHistory, calendar: Calendar) -> None:
        self.history = history
        self.started = history.moments[0].at
        self.ended: datetime | None = None
        self.passed_up: datetime | None = None
        self._from: list[datetime] = []
        self._states: list[_State] = []
        owner, open_, paused, expired = history.owner, True, False, None
        for number, moment in enumerate(history.moments, 1):
            match moment.what:
                case Happening.PASSED_ON:
                    owner = moment.reason
                case Happening.PAUSED | Happening.RESUMED:
                    paused = moment.what is Happening.PAUSED
                case Happening.STEP:
                    expired = moment.at if moment.step == EXPIRE else expired
                case Happening.ENDED:
                    open_, self.ended = False, moment.at
                    # Superseded by its own expiry: the decision went up the ladder, and is beyond its limit there too.
                    if moment.reason == ClockState.SUPERSEDED and expired == moment.at:
                        self.passed_up = moment.at
                case _:
                    pass
            due = due_at_pause(history.moments[:number], calendar)
            self._from.append(moment.at)
            self._states.append(_State(open_, paused, due.at if due is not None else None, owner))

    def at(self, at: datetime, *, before: bool) -> _State:
        """The state at a moment, or just before what happened in it."""
        index = (bisect_left if before else bisect_right)(self._from, at)
        return self._states[index - 1] if index else _NOT_YET

    @property
    def last(self) -> _State:
        return self._states[-1]


def attribute(
    histories: Sequence[ClockHistory], desk_unit: str, calendar: Calendar, until: datetime
) -> tuple[OverdueDay, ...]:
    """Every overdue working day of a case's closing clocks up to `until`, in order, each with its one owner.

    As many as `ladder.overdue_days` counts, less those on whose closing minute the clock stood still: they are nobody's. A
    day that is not over is judged at `until`, the day on which the clock ended just before that.
    """
    lines = [_Line(history, calendar) for history in histories if history.moments and history.moments[0].at <= until]
    days = (
        day
        for line in lines
        if line.history.kind == "close"
        for day in _late_days(line, lines, desk_unit, calendar, until)
    )
    return tuple(sorted(days, key=lambda late: late.day))


def _late_days(
    closing: _Line, lines: Sequence[_Line], desk_unit: str, calendar: Calendar, until: datetime
) -> Iterator[OverdueDay]:
    time = calendar(None)
    ended = closing.ended is not None and closing.ended <= until
    end = closing.ended if ended and closing.ended is not None else until
    due = (closing.last if ended else closing.at(until, before=False)).due
    if due is None or due >= end:
        return
    day, last = time.local(due).date(), time.local(end).date()
    for _ in range(time.working_days_between(due, end)):
        day = time.working_day_offset(day, 1)
        at = min(time.closing(day), end) if day == last else time.closing(day)
        before = ended and at == end
        state = closing.at(at, before=before)
        if not state.paused:
            owner, why = _owner(state, lines, desk_unit, at, before)
            yield OverdueDay(day, owner, why)


def _owner(closing: _State, lines: Sequence[_Line], desk_unit: str, at: datetime, before: bool) -> tuple[str, Label]:
    states = [(line, line.at(at, before=before)) for line in lines]
    deciding = sorted(
        (line.started, number) for number, (line, state) in enumerate(states)
        if line.history.kind == "approval_step" and state.open and not state.paused
        and (state.late(at) or _came_up(line, lines))
    )  # fmt: skip
    if deciding:
        return states[deciding[0][1]][1].owner or Party.APPROVER.value, APPROVER
    for kind, why in (("ruling", DISPUTED), ("consultation", CONSULTATION)):
        if any(line.history.kind == kind and state.open for line, state in states):
            return desk_unit, why
    answers = sorted(
        (state.due, state.owner) for line, state in states
        if line.history.kind == "answer" and state.late(at) and state.due is not None and state.owner is not None
    )  # fmt: skip
    return (answers[0][1], SUPPORTER) if answers else (closing.owner or desk_unit, LEAD)


def _came_up(step: _Line, lines: Sequence[_Line]) -> bool:
    """Whether a step's clock began where that of the step below it, undecided at its limit, was superseded."""
    return any(
        line is not step and line.history.kind == "approval_step" and line.passed_up == step.started
        and _asked(line) == _asked(step)
        for line in lines
    )  # fmt: skip


def _asked(line: _Line) -> str:
    return line.history.subject.partition("#")[0]
