"""Whether what is due gets done, and what else needs the operator: a look that changes nothing and names no case."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.policy import Label, Role
from models.clock import Clock
from models.intake import Delivery, DeliveryState
from models.office import Outbox, OutboxState, PolicyVersion, Setting
from services.calendar_edits import missing_year
from services.case_view import at
from services.in_force import ADJUST_POLICY, ADJUSTED_CALENDAR, CALENDAR
from services.leases import last_beat
from services.office import Office
from services.outbox_due import overdue_since
from services.people import UNIT_ROLES, load_people

SWEEP_EVERY = timedelta(minutes=10)
LATE = 2 * SWEEP_EVERY
STUCK_AFTER = timedelta(hours=2)
"""A mail that was tried and still waits after so long is stuck, although each try puts it off anew."""

LEAST_SPACE = 500_000_000
"""Bytes that the data folder's disk should have left."""

NEEDED = frozenset(Role) - UNIT_ROLES - {Role.COMMISSIONER, Role.SAFETY_INSPECTOR, Role.OPERATOR}
"""Roles that somebody in the district must hold; of a unit's, each active unit needs head and liaison."""


class Trouble(StrEnum):
    """The kinds of problem that the watchdog knows."""

    CLOCKS = "clocks"
    MAIL = "mail"
    DELIVERIES = "deliveries"
    DISK = "disk"
    MAIL_STUCK = "mail_stuck"
    MAIL_FAILED = "mail_failed"
    QUARANTINE = "quarantine"
    CALENDAR_YEAR = "calendar_year"
    DATES_BEHIND = "dates_behind"
    ROLE = "role"
    RUNS = "runs"


FAILS = frozenset({Trouble.CLOCKS, Trouble.MAIL, Trouble.DELIVERIES})
"""With one of these the office does not do what is due: `/healthz` says 503."""

PASSING = FAILS | {Trouble.DATES_BEHIND}
"""What a start after a weekend shows for a moment: told only when a later look still finds it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something for the operator: `key` tells it apart from others, `says` is what is wrong, `remedy` what helps."""

    kind: Trouble
    key: str
    says: Label
    remedy: Label


@dataclass(frozen=True, slots=True)
class Lags:
    """Since when the oldest step, mail and delivery that are due wait; None where nothing does."""

    clocks: datetime | None
    mail: datetime | None
    deliveries: datetime | None

    def seconds(self, now: datetime) -> dict[str, float]:
        """How late each is at `now`, by its name; 0 for what is not late."""
        oldest = {Trouble.CLOCKS: self.clocks, Trouble.MAIL: self.mail, Trouble.DELIVERIES: self.deliveries}
        return {
            kind.value: max(0.0, (now - moment).total_seconds()) if moment is not None else 0.0
            for kind, moment in oldest.items()
        }


def read_lags(session: Session, office: Office) -> Lags:
    """The oldest of what is due."""
    return Lags(
        session.scalar(select(func.min(Clock.next_action_at)).where(Clock.next_action_at.is_not(None))),
        overdue_since(session, office),
        session.scalar(select(func.min(Delivery.received_at)).where(Delivery.state == DeliveryState.WAITING)),
    )


def health(office: Office) -> dict[str, Any]:
    """`ok` is false when a clock's step is older than twice its sweep, or mail or a report waits as long.

    `starting` says that nothing was swept yet in an installation younger than that: what an older register brought along is
    late with everything until the first sweep, and nobody is.

    `lag_seconds` of the oldest step that is due, of the oldest message owed and of the oldest delivery waiting; `problems`
    counts what the watchdog tells the operator, by kind. Figures for machines, no case is named.

    `now` and `last_sweep` go by the office clock, which a demo sets; `real` holds the same two moments by the machine's.
    """
    now, real = office.now(), office.real_now()
    ahead = now - real
    with office.reading() as session:
        lags = read_lags(session, office).seconds(now)
        failed, quarantined = _failed(session), _quarantined(session)
        beat = last_beat(session, "sweep")
        starting = _starting(session, now)
    counts: dict[str, int] = {}
    for problem in problems(office):
        counts[problem.kind.value] = counts.get(problem.kind.value, 0) + 1
    limit = LATE.total_seconds()
    return {
        "ok": starting or all(lag <= limit for lag in lags.values()), "starting": starting, "lag_seconds": {k: round(v, 1) for k, v in lags.items()},
        "limit_seconds": limit, "failed_messages": failed, "quarantined": quarantined, "problems": counts,
        "now": at(office, now), "last_sweep": at(office, beat.at + ahead) if beat else None, "demo": office.demo,
        "real": {"now": at(office, real), "last_sweep": at(office, beat.at) if beat else None},
    }  # fmt: skip


def _starting(session: Session, now: datetime) -> bool:
    """Whether nothing was swept yet in an installation so young that nobody could have been expected to."""
    return last_beat(session, "sweep") is None and timedelta() <= now - _begun(session, now) <= LATE


def _begun(session: Session, now: datetime) -> datetime:
    """When the installation was first used, by the office clock."""
    return session.scalar(select(func.min(PolicyVersion.adopted_at))) or now


def well(found: Sequence[Problem]) -> bool:
    """Whether what is due gets done, whatever else was found."""
    return not any(problem.kind in FAILS for problem in found)


def problems(office: Office) -> tuple[Problem, ...]:
    """What needs the operator now, what is due and not done first."""
    now = office.now()
    with office.reading() as session:
        found = [
            *(() if _starting(session, now) else _late(read_lags(session, office).seconds(now))), *_mail(session, now), *_waiting(session), *_behind(session),
            *_unheld(session, office),
        ]  # fmt: skip
    return (*found, *_calendar(office), *_disk(office))


def stale_runs(count: int) -> tuple[Problem, ...]:
    """The problem of `count` runs that began long ago and never ended; only the engine knows of them."""
    if not count:
        return ()
    return (
        Problem(
            Trouble.RUNS, Trouble.RUNS,
            Label(f"{count} 个运行已开始一小时以上仍未结束", f"{count} runs began over an hour ago and have not ended"),
            Label("请在 Prefect 界面查看并取消，必要时重启工作进程", "look at them in the Prefect UI, cancel them, restart the worker if need be"),
        ),
    )  # fmt: skip


def _late(lags: dict[str, float]) -> Iterator[Problem]:
    words = {
        Trouble.CLOCKS: (Label("到期步骤", "a step that is due"), Label("请确认工作进程在运行（expedite up）", "check that the worker runs (expedite up)")),
        Trouble.MAIL: (Label("应发邮件", "a mail that is owed"), Label("请确认工作进程在运行（expedite up）", "check that the worker runs (expedite up)")),
        Trouble.DELIVERIES: (Label("已收到的来件", "a report that came in"), Label("请确认工作进程在运行（expedite up）", "check that the worker runs (expedite up)")),
    }  # fmt: skip
    for kind, (what, remedy) in words.items():
        if lags[kind] > LATE.total_seconds():
            minutes = int(LATE.total_seconds() // 60)
            yield Problem(
                kind, kind, Label(f"{what.zh}超过 {minutes} 分钟未处理", f"{what.en} has waited for over {minutes} minutes"), remedy
            )  # fmt: skip


def _failed(session: Session) -> int:
    return session.scalar(select(func.count()).where(Outbox.state == OutboxState.FAILED)) or 0


def _quarantined(session: Session) -> int:
    return session.scalar(select(func.count()).where(Delivery.state == DeliveryState.QUARANTINED)) or 0


def _mail(session: Session, now: datetime) -> Iterator[Problem]:
    stuck = session.scalar(
        select(func.count()).where(
            Outbox.state == OutboxState.OWED, Outbox.attempts > 0, Outbox.owed_at < now - STUCK_AFTER
        )
    )
    if stuck:
        hours = int(STUCK_AFTER.total_seconds() // 3600)
        yield Problem(
            Trouble.MAIL_STUCK, Trouble.MAIL_STUCK,
            Label(f"{stuck} 封邮件多次尝试后，超过 {hours} 小时仍未发出", f"{stuck} mails were tried and still wait after {hours} hours"),
            Label("请检查邮件服务器；原因见 expedite outbox list", "check the mail server; the reason is in `expedite outbox list`"),
        )  # fmt: skip
    if failed := _failed(session):
        yield Problem(
            Trouble.MAIL_FAILED, Trouble.MAIL_FAILED,
            Label(f"{failed} 封邮件被最终拒收", f"{failed} mails were finally refused"),
            Label("请核对收件地址，再执行 expedite outbox retry", "check the addresses, then `expedite outbox retry`"),
        )  # fmt: skip


def _waiting(session: Session) -> Iterator[Problem]:
    if count := _quarantined(session):
        yield Problem(
            Trouble.QUARANTINE, Trouble.QUARANTINE,
            Label(f"{count} 件来件无法读取，待处理", f"{count} deliveries could not be read and wait"),
            Label("请查看 expedite inbox list --state quarantined", "see `expedite inbox list --state quarantined`"),
        )  # fmt: skip


def _behind(session: Session) -> Iterator[Problem]:
    keys = (CALENDAR, ADJUSTED_CALENDAR, ADJUST_POLICY)
    said = {row.key: row.value for row in session.scalars(select(Setting).where(Setting.key.in_(keys)))}
    if said.get(CALENDAR) != said.get(ADJUSTED_CALENDAR) or said.get(ADJUST_POLICY):
        yield Problem(
            Trouble.DATES_BEHIND, Trouble.DATES_BEHIND,
            Label("规则或日历变更后，未结事项的时限尚未重算", "open dates are not yet reckoned by the policy or calendar in force"),
            Label("下次巡检会自动重算；仍未消除的请查看日志", "the next sweep does it; if this stays, see the log"),
        )  # fmt: skip


def _unheld(session: Session, office: Office) -> Iterator[Problem]:
    people = load_people(session, office.policy)
    wanted: list[tuple[Role, str | None]] = [(role, None) for role in Role if role in NEEDED]
    wanted += [(r, u.id) for u in people.units.values() if u.active for r in (Role.UNIT_HEAD, Role.LIAISON)]
    for role, unit in wanted:
        if people.holders.get((role, unit)):
            continue
        name = office.policy.roles.get(role, Label(role.value, role.value))
        where = people.label(unit) if unit is not None else Label("", "")
        yield Problem(
            Trouble.ROLE, f"{Trouble.ROLE} {role.value} {unit or ''}".rstrip(),
            Label(f"{where.zh}无人担任“{name.zh}”", f"nobody holds the role “{name.en}”" + (f" in {where.en}" if where.en else "")),
            Label("请在人员名录中补充（edit-directory）", "name somebody in the directory (edit-directory)"),
        )  # fmt: skip


def _calendar(office: Office) -> Iterator[Problem]:
    first = missing_year(office)
    if first is not None:
        yield Problem(
            Trouble.CALENDAR_YEAR, f"{Trouble.CALENDAR_YEAR} {first.year}",
            Label(f"{first.year} 年放假安排尚未录入，期限按推定日历计算", f"the holidays of {first.year} are not known; dates in it are estimated"),
            Label("请更新 holidays 组件，或用 expedite calendar apply 录入", "update the holidays package, or `expedite calendar apply`"),
        )  # fmt: skip


def _disk(office: Office) -> Iterator[Problem]:
    try:
        free = shutil.disk_usage(office.settings.data).free
    except OSError:
        # With PostgreSQL nothing may have been written there yet.
        return
    if free < LEAST_SPACE:
        yield Problem(
            Trouble.DISK, Trouble.DISK,
            Label(f"数据盘仅剩 {free // 1_000_000} MB", f"the data folder's disk has {free // 1_000_000} MB left"),
            Label("请清理磁盘或扩容", "free or add space"),
        )  # fmt: skip
