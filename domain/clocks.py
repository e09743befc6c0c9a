"""The table of clocks (LIFECYCLE.md, Clocks) and the fold that gives a clock's due moment.

Everything that can be late is a `Clock`. Its due moment is a fold over its own events; `replay` must give what is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.lifecycle import Party, Status
from domain.policy import Colour, Label, Limit
from domain.working_time import Due, OutsideCalendarError, WorkingTime


class ClockState(StrEnum):
    """Where a clock stands; only `running` and `paused` ones are open."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


class Happening(StrEnum):
    """What can happen to a clock."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    EXTENDED = "extended"
    RECALCULATED = "recalculated"
    ADJUSTED = "adjusted"
    PASSED_ON = "passed_on"
    STEP = "step"
    SKIPPED = "skipped"
    ENDED = "ended"


class Expiry(StrEnum):
    """What a clock does by itself when its due moment has come."""

    LAPSE = "lapse"
    COUNT_AS_RECEIVED = "count_as_received"
    FALLBACK_LEADS = "fallback_leads"
    LEAVE_RUNG = "leave_rung"
    CLIMB = "climb"
    NO_RESPONSE = "no_response"
    RESUME = "resume"
    FOLLOW_UP = "follow_up"
    APPROVAL = "approval"
    REOPEN = "reopen"
    AGAIN = "again"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class ClockKind:
    """One row of the table.

    `owner` is the capacity of whoever must act. `runs_in` are the statuses in which it may run; entering another supersedes
    it, save that a suspension pauses it (`stands_still`). `colours` are the notices that it issues, `climbs` those that also
    climb the ladder; `red_in` are the statuses in which red is issued, if not in all. `reminds` sends its owner reminders.
    """

    name: str
    label: Label
    owner: Party
    runs_in: frozenset[Status]
    colours: tuple[Colour, ...] = ()
    climbs: frozenset[Colour] = frozenset()
    expiry: Expiry | None = None
    stands_still: bool = True
    red_in: frozenset[Status] | None = None
    reminds: bool = False
    by_slip: bool = False
    """Its colours come by calendar days of slip (the policy's `milestones`), not by the notices' working days."""


_S = Status
_NEW = frozenset({_S.NEW})
_WORK = frozenset({_S.IN_PROGRESS})
_WORK_MEET = frozenset({_S.IN_PROGRESS, _S.CONSULTATION})
_WORK_ANY = frozenset({_S.IN_PROGRESS, _S.DISPUTED, _S.CONSULTATION})
_WORK_TRACK = _WORK_ANY | {_S.TRACKING}
_SUSPENDED = frozenset({_S.SUSPENDED})
_ANY = frozenset(Status)
_BLUE, _YELLOW, _RED = Colour.BLUE, Colour.YELLOW, Colour.RED
_FULL = (_BLUE, _YELLOW, _RED)
_CLIMB_RED = frozenset({_RED})

_ROWS: tuple[ClockKind, ...] = (
    ClockKind("triage", Label("分办", "Triage"), Party.CLERK, _NEW, (_YELLOW, _RED)),
    ClockKind("sign_for", Label("签收", "Sign for"), Party.LEAD, _WORK_MEET, (_YELLOW,), expiry=Expiry.COUNT_AS_RECEIVED),
    ClockKind("contact", Label("首次联系", "First contact"), Party.LEAD, _WORK_TRACK, (_YELLOW,)),
    ClockKind("return_window", Label("退回期", "Return window"), Party.LEAD, _WORK, expiry=Expiry.LAPSE),
    ClockKind("ruling", Label("责任裁定", "Ruling"), Party.DESK_HEAD, frozenset({_S.DISPUTED}), (_YELLOW,), expiry=Expiry.FALLBACK_LEADS),
    ClockKind("answer", Label("配合答复", "Supporter's answer"), Party.SUPPORTER, _WORK_TRACK, _FULL),
    ClockKind("plan", Label("办理方案", "Plan"), Party.LEAD, _WORK_ANY, (_YELLOW,)),
    ClockKind("interim", Label("进展报告", "Interim report"), Party.LEAD, _WORK_TRACK, (_YELLOW, _RED), _CLIMB_RED, red_in=frozenset({_S.TRACKING})),
    ClockKind("close", Label("办结", "Closing"), Party.LEAD, _WORK_ANY, _FULL, _CLIMB_RED),
    ClockKind("rung_stay", Label("层级停留", "Stay on the rung"), Party.LEAD, _WORK_ANY, expiry=Expiry.LEAVE_RUNG),
    ClockKind("consultation", Label("会商", "Consultation"), Party.DESK_HEAD, frozenset({_S.CONSULTATION}), (_YELLOW, _RED), _CLIMB_RED),
    ClockKind("approval_step", Label("审批", "Approval"), Party.APPROVER, _ANY, _FULL, expiry=Expiry.APPROVAL, stands_still=False),
    ClockKind("awaiting_enterprise", Label("待企业补正", "Awaiting the enterprise"), Party.ENTERPRISE, _SUSPENDED, expiry=Expiry.NO_RESPONSE, reminds=True),
    ClockKind("resume", Label("恢复办理", "Resumption"), Party.CLOCK, _SUSPENDED, expiry=Expiry.RESUME),
    ClockKind("suspension_review", Label("挂起复核", "Review of the suspension"), Party.DESK_HEAD, _SUSPENDED, (_YELLOW,)),
    ClockKind("tracking_end", Label("跟踪期满", "End of tracking"), Party.DESK_HEAD, frozenset({_S.TRACKING}), _FULL),
    ClockKind("follow_up", Label("回访", "Follow-up"), Party.CLERK, frozenset({_S.REPLIED}), (_YELLOW, _RED), expiry=Expiry.FOLLOW_UP),
    ClockKind("duty", Label("交办任务", "Duty"), Party.DUTY_UNIT, _ANY - {_S.REPLIED, _S.CLOSED}, _FULL, expiry=Expiry.CLIMB, stands_still=False),
    ClockKind("promised", Label("承诺日期", "Promised date"), Party.LEAD, frozenset({_S.CLOSED}), (_BLUE,), expiry=Expiry.REOPEN, stands_still=False),
    ClockKind("city_report", Label("上报市级月报", "Monthly report to the city"), Party.DESK_HEAD, _ANY - {_S.REPLIED, _S.CLOSED}, (_YELLOW,), expiry=Expiry.AGAIN, stands_still=False),
    ClockKind("report_waiting", Label("待核实报告", "Report waiting to be confirmed"), Party.CLERK, frozenset(), (_YELLOW,), stands_still=False),
    ClockKind("factor_stage", Label("要素环节", "Factor stage"), Party.LEAD, _WORK, _FULL),
    ClockKind("needed_by", Label("最晚需要时间", "Needed by"), Party.LEAD, _WORK, _FULL),
    ClockKind("grant_expiry", Label("批复有效期", "Validity of a grant"), Party.LEAD, _WORK | {_S.SUSPENDED, _S.CLOSED}, _FULL, expiry=Expiry.GAP, stands_still=False),
    ClockKind("plan_change", Label("计划调整裁定", "Ruling on a planned day"), Party.APPROVER, frozenset(), _FULL, stands_still=False),
    ClockKind("milestone", Label("项目节点", "Milestone"), Party.COMMISSIONER, frozenset(), (_YELLOW, _RED), stands_still=False, by_slip=True),
)  # fmt: skip

# Looked up once: members of an enumeration are found anew at each use.
_OPEN = (ClockState.RUNNING, ClockState.PAUSED)

CLOCKS: dict[str, ClockKind] = {row.name: row for row in _ROWS}
"""The table, by name."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of a clock. `due` is set by the events that set a date (extended), `limit` by those that set a length.

    `calendar` is the version of the calendar by which it was reckoned, None for the present one.
    """

    at: datetime
    what: Happening
    limit: Limit | None = None
    due: datetime | None = None
    reason: str = ""
    step: str | None = None
    calendar: int | None = None


@dataclass(slots=True)
class Clock:
    """A deadline and its history. `subject` names the supporter's unit, the duty's unit or the approval step it belongs to."""

    kind: str
    owner_unit: str | None
    subject: str
    started: datetime
    limit: Limit | None
    due: datetime | None
    original_due: datetime | None
    estimated: bool
    round: int
    cycle: int
    state: ClockState = ClockState.RUNNING
    paused_at: datetime | None = None
    done: frozenset[str] = frozenset()
    """Steps taken or skipped in this round and cycle; each happens once."""
    next_step: str | None = None
    next_action_at: datetime | None = None
    ended_at: datetime | None = None
    id: int | None = None
    note: str = ""
    policy_version: str = ""
    """The policy by which it was started or last adjusted; it plans the clock's steps. Empty: the present one."""
    moments: list[Moment] = field(default_factory=list)
    """Events not yet written."""
    changed: bool = False
    written: Sequence[object] = ()
    """Its row as it was read, for whoever writes what has changed; no rule looks at it."""

    def copy(self) -> Clock:
        """A copy that can be changed without this one."""
        twin = copy(self)
        twin.moments = list(self.moments)
        return twin

    @property
    def open(self) -> bool:
        """Whether the clock still asks for something."""
        return self.state in _OPEN

    def acts_by(self, now: datetime) -> bool:
        """Whether its next step is due."""
        return self.next_action_at is not None and self.next_action_at <= now

    @property
    def row(self) -> ClockKind:
        """The clock's row in the table."""
        return CLOCKS[self.kind]


Calendar = Callable[[int | None], WorkingTime]
"""The calendar of a version; of None the present one."""


def always(time: WorkingTime) -> Calendar:
    """One calendar for every version, where none has changed."""
    return lambda _version: time


def replay(moments: Iterable[Moment], calendar: Calendar) -> Due | None:
    """The due moment that a clock's events give; None while it is paused.

    The first moment must be `started` with a limit or a due date. Raises ValueError on an order that cannot have happened.
    """
    fold = _fold(moments, calendar)
    return None if fold.paused_at is not None else fold.due


def due_at_pause(moments: Iterable[Moment], calendar: Calendar) -> Due | None:
    """The due moment that a clock's events give, for a paused one as it stood when the pause began."""
    return _fold(moments, calendar).due


@dataclass(slots=True)
class _Fold:
    start: Moment | None = None
    limit: Limit | None = None
    due: Due | None = None
    extended: Due | None = None
    paused_at: datetime | None = None
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)

    def anew(self, time: WorkingTime, given: datetime | None) -> Due:
        """Reckoned again from the old start: every pause stays (glpi 6902: time already waited is not lost), and no
        extension that was granted is taken back.
        """
        if self.start is None:
            raise ValueError("a clock recalculated before it was started")
        due = _first_due(self.start.at, self.limit, given, time)
        for begun, ended in self.pauses:
            due = shifted(due, self.start.at, begun, ended, self.limit, time)
        return self.extended if self.extended is not None and self.extended.at > due.at else due


def _fold(moments: Iterable[Moment], calendar: Calendar) -> _Fold:
    fold = _Fold()
    for moment in moments:
        match moment.what:
            case Happening.STARTED:
                fold.start, fold.limit = moment, moment.limit
                fold.due = _first_due(moment.at, moment.limit, moment.due, calendar(moment.calendar))
            case Happening.PAUSED:
                fold.paused_at = moment.at
            case Happening.RESUMED:
                _resume(fold, moment, calendar(moment.calendar))
            case Happening.EXTENDED:
                if moment.due is None:
                    raise ValueError("an extension without a date")
                fold.due = fold.extended = Due(moment.due, calendar(moment.calendar).estimated(moment.due))
            case Happening.RECALCULATED:
                fold.limit = moment.limit or fold.limit
                fold.due = fold.anew(calendar(moment.calendar), moment.due)
            case Happening.ADJUSTED:
                fold.limit = moment.limit or fold.limit
                given = fold.start.due if fold.start is not None else None
                fold.due = later(fold.due, fold.anew(calendar(moment.calendar), given))
            case _:
                continue
    return fold


def _resume(fold: _Fold, moment: Moment, time: WorkingTime) -> None:
    if fold.paused_at is None or fold.due is None or fold.start is None:
        raise ValueError("a clock resumed that was not paused")
    start, begun, ended = fold.start.at, fold.paused_at, moment.at
    fold.pauses.append((begun, ended))
    if moment.reason == HEAT_STOP:
        fold.due = a_day_later(fold.due, time.zone)
        fold.paused_at = None
        return
    fold.due = shifted(fold.due, start, begun, ended, fold.limit, time)
    if fold.extended is not None:
        fold.extended = shifted(fold.extended, start, begun, ended, fold.limit, time)
    fold.paused_at = None


HEAT_STOP = "heat_stop"
"""The reason of a pause that excuses a whole calendar day of a plan, whenever it is told, and of a node that is late already."""


def a_day_later(due: Due, zone: ZoneInfo) -> Due:
    """The same wall-clock time on the next calendar day."""
    local = due.at.astimezone(zone)
    return Due((local + timedelta(days=1)).astimezone(UTC), due.estimated)


def later(told: Due | None, anew: Due) -> Due:
    """What a changed calendar or policy makes of a date that was told: never an earlier one (DOMAIN.md 6)."""
    return Due(told.at, anew.estimated) if told is not None and told.at > anew.at else anew


def _is_estimated(given: datetime, time: WorkingTime) -> bool:
    """A date that was set beyond the calendar (plans reach years ahead) is what it is: nothing was reckoned."""
    try:
        return time.estimated(given)
    except OutsideCalendarError:
        return False


def _first_due(start: datetime, limit: Limit | None, given: datetime | None, time: WorkingTime) -> Due:
    if given is not None:
        return Due(given, _is_estimated(given, time))
    if limit is None:
        raise ValueError("a clock needs a limit or a date")
    return time.due(start, limit)


def shifted(due: Due, start: datetime, begun: datetime, ended: datetime, limit: Limit | None, time: WorkingTime) -> Due:
    """`due` of a clock that began at `start`, after a pause. A clock with a date and no limit keeps its date.

    The day (or session) of the start does not count as it is: a pause over its closing takes nothing from the clock.
    """
    if limit is None or begun >= due.at:
        return due
    counted_from = max(begun, time.counts_from(start, limit.unit))
    return due if counted_from >= ended else time.shift(due.at, counted_from, ended, limit.unit)
