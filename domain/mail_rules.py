"""How mail is sent: how much of it, at which hours, what goes together in one mail, and when a refused one is tried again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from domain.day_table import DayTable

LATE = timedelta(hours=1)
"""What has waited for so long does not come at once any more, whatever it says: it may go together with the rest."""

LONGEST_HOLD = 60
"""Days after which a mail is let out on a day that the calendar calls free: a calendar without working days holds up nothing."""


class Urgency(IntEnum):
    """What a mail may wait for. The lower goes first when not all may go."""

    URGENT = 0
    """Red notices and what concerns a critical case: at any hour, by itself."""
    PROMPT = 1
    """Its reader has just asked for it, or it has an hour of its own: at any hour, by itself."""
    ORDINARY = 2
    """Waits for the reader's office hours, and goes together with what waits for the same reader."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Mails that may go within any 60 seconds, 60 minutes and 24 hours (DOMAIN.md 7); None where there is no such limit.

    A mail server on the same machine keeps its own queue: the limits hold for it only if `local` says so.
    """

    minute: int | None = 20
    hour: int | None = 200
    day: int | None = 1000
    local: bool = False

    def windows(self) -> tuple[tuple[timedelta, int], ...]:
        """Each limit with the time that it is counted over, the shortest first."""
        found = ((timedelta(minutes=1), self.minute), (timedelta(hours=1), self.hour), (timedelta(days=1), self.day))
        return tuple((span, most) for span, most in found if most is not None)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When ordinary mail waits: from `begins` to `ends` in the office's zone, and all day on free days unless `free_days` is off."""

    begins: time = time(20, 0)
    ends: time = time(7, 30)
    free_days: bool = True

    def covers(self, at: datetime, calendar: DayTable) -> bool:
        """Whether an ordinary mail waits at `at`."""
        local = at.astimezone(calendar.zone)
        return self._by_hour(local.time()) or (self.free_days and not _works(calendar, local.date()))

    def opening(self, at: datetime, calendar: DayTable) -> datetime:
        """When an ordinary mail that is owed at `at` may go: `at` itself, or the end of the quiet time that it falls into."""
        if not self.covers(at, calendar):
            return at
        day = at.astimezone(calendar.zone).date()
        for _ in range(LONGEST_HOLD):
            # A free day ends where its quiet hours would: what may go at all goes in the morning.
            let_out = datetime.combine(day, self.ends, calendar.zone).astimezone(UTC)
            if let_out > at and not self.covers(let_out, calendar):
                return let_out
            day += timedelta(days=1)
        return at + timedelta(days=LONGEST_HOLD)

    def opened(self, at: datetime, calendar: DayTable) -> datetime:
        """Since when ordinary mail may go at `at`, which is outside quiet time: the last end of some."""
        day = at.astimezone(calendar.zone).date()
        for _ in range(LONGEST_HOLD):
            let_out = datetime.combine(day, self.ends, calendar.zone).astimezone(UTC)
            if let_out <= at and not self.covers(let_out, calendar):
                return let_out
            day -= timedelta(days=1)
        return at - timedelta(days=LONGEST_HOLD)

    def _by_hour(self, hour: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= hour < self.ends
        return hour >= self.begins or hour < self.ends


@dataclass(frozen=True, slots=True)
class MailRules:
    """How mail is sent: retry minutes after temporary refusals, the desk's mailbox for Reply-To, rates, hours and bundles."""

    retry_minutes: tuple[int, ...]
    reply_to: str
    operator: str
    link_valid_days: int
    body_detail: Literal["brief", "full"] = "brief"
    """Whether mails to officers repeat what the reporter described; those of a restricted case never do."""
    rates: Rates = field(default_factory=Rates)
    quiet: QuietHours | None = field(default_factory=QuietHours)
    bundle_minutes: int | None = 0
    """How long an ordinary mail waits for others to its reader; 0: only what waits already goes together; None: nothing does."""
    urgent_alone: int = 3
    """So many urgent mails to one reader go each by itself; more that wait at one time go together, the urgent ones first."""
    confirmations_per_day: int = 5
    """So many mails a day ask one address to confirm a report: anybody may name a stranger's."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that waits for its reader. `late` when it should have gone long ago, or was written by a sweep that catches up."""

    id: int
    urgency: Urgency
    late: bool = False
    single: bool = False
    """Whether it never goes together with others, e.g. an invitation with its calendar file."""


def together(waiting: Sequence[Waiting], rules: MailRules) -> tuple[tuple[int, ...], ...]:
    """What goes in which mail of all that waits for one reader, in order; the ids of each mail, urgent ones first.

    Urgent mails go alone, unless they are late or more than `urgent_alone` of them wait: then all go together with the
    ordinary ones. Nothing is ever left out.
    """
    ordered = sorted(waiting, key=lambda one: (one.urgency, one.id))
    if rules.bundle_minutes is None:
        return tuple((one.id,) for one in ordered)
    fits = [one for one in ordered if not one.single and one.urgency is not Urgency.PROMPT]
    many = sum(one.urgency is Urgency.URGENT for one in fits) > rules.urgent_alone
    shared = {one.id for one in fits if many or one.late or one.urgency is Urgency.ORDINARY}
    bundle = tuple(one.id for one in fits if one.id in shared)
    # The bundle stands where its first row would stand.
    return tuple(
        bundle if one.id in shared else (one.id,) for one in ordered if one.id not in shared or one.id == bundle[0]
    )


def left(sent: Iterable[datetime], rates: Rates, now: datetime) -> tuple[int | None, datetime | None]:
    """How many mails may go at `now` after those sent at `sent`, None for any number; when none may, from when on one may.

    What was sent by a clock that was set back since counts as sent just now.
    """
    moments = sorted((min(moment, now) for moment in sent), reverse=True)
    free: int | None = None
    again: datetime | None = None
    for span, most in rates.windows():
        counted = [moment for moment in moments if moment > now - span]
        here = max(0, most - len(counted))
        free = here if free is None else min(free, here)
        if not here and most:
            opens = counted[most - 1] + span
            again = opens if again is None else max(again, opens)
    return free, again


def _works(calendar: DayTable, day: date) -> bool:
    # Outside the table nobody knows: mail that is due is not held for it.
    return not calendar.first <= day <= calendar.last or calendar.is_working_day(day)
