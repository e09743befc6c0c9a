"""The watchdog: tells the operator each problem once, and when it is over; says outside that the office is alive."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from domain.policy import Label
from models.engine import hold
from models.office import Heartbeat
from notifications.message import Line, line
from services.health import PASSING, SWEEP_EVERY, Problem, Trouble, problems, well
from services.leases import write_beat
from services.office import Office
from services.owing import insert_once, outbox_row
from services.people import reads_in
from services.refused_mail import tell_operator

logger = logging.getLogger("expedite.watchdog")

EVERY = 15 * 60.0
"""Seconds between two looks."""

PROBLEM = "problem "
"""How the heartbeats are named that remember a problem, told or not yet."""

SIGNAL_WITHIN = 5.0
"""Seconds that the outside monitor has to answer."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found: all problems that there are, the keys of those told now, of those that are over, and whether what
    is due gets done.
    """

    problems: tuple[Problem, ...]
    told: tuple[str, ...]
    over: tuple[str, ...]
    well: bool


def watch(office: Office, more: Sequence[Problem] = (), unseen: Collection[Trouble] = (Trouble.RUNS,)) -> Look:
    """Look, owe the operator one mail of what is new and one of what is over, and remember both.

    `more` are problems that the caller knows of; kinds in `unseen` it could not look at: of those nothing is said to be over.
    However many watch at once, each problem is told once until it is gone.
    """
    found, now = (*problems(office), *more), office.now()
    with office.writing() as session:
        hold(session, "watchdog")
        known = {
            row.name.removeprefix(PROBLEM): row.detail
            for row in session.scalars(select(Heartbeat).where(Heartbeat.name.startswith(PROBLEM)))
        }
        fresh = [
            one for one in found if not known.get(one.key, {}).get("told") and _holds(one, known.get(one.key), now)
        ]
        for one in found:
            if one in fresh or one.key not in known:
                since = known.get(one.key, {}).get("since", now.isoformat())
                write_beat(session, office, PROBLEM + one.key, {
                    "told": one in fresh, "since": since, "kind": one.kind.value, "says": [one.says.zh, one.says.en],
                })  # fmt: skip
        here = {one.key for one in found}
        gone = {key: said for key, said in known.items() if key not in here and said["kind"] not in unseen}
        if gone:
            session.execute(delete(Heartbeat).where(Heartbeat.name.in_([PROBLEM + key for key in gone])))
        over = {key: said for key, said in gone.items() if said["told"]}
        if fresh:
            _owe(office, session, "watchdog_found", now, [line(one.says, one.remedy) for one in fresh])
        if over:
            _owe(office, session, "watchdog_over", now, [
                line(Label(*said["says"]), datetime.fromisoformat(said["since"])) for said in over.values()
            ])  # fmt: skip
        write_beat(session, office, "watchdog", {"problems": len(found)})
    for one in fresh:
        # The mail may be what does not work.
        logger.error("%s; %s", one.says.en, one.remedy.en)
    return Look(found, tuple(one.key for one in fresh), tuple(over), well(found))


def _holds(problem: Problem, known: dict[str, Any] | None, now: datetime) -> bool:
    """Whether it is time to tell: at once, or once a problem that may pass by itself was seen a sweep ago already."""
    if problem.kind not in PASSING:
        return True
    return known is not None and now - datetime.fromisoformat(known["since"]) >= SWEEP_EVERY


def _owe(office: Office, session: Session, message: str, now: datetime, lines: Sequence[Line]) -> None:
    insert_once(session, [
        outbox_row(
            key=f"{message}:{uuid4().hex}", message=message, address=office.policy.mail.operator,
            locale=reads_in(session, office.policy.mail.operator),
            facts={"day": office.today().isoformat(), "lines": list(lines)}, now=now, domain=office.mail_domain,
        )
    ])  # fmt: skip


def signal(office: Office, look: Look) -> bool:
    """Tell the outside monitor (EXPEDITE_HEARTBEAT_URL) of a good look; whether it was told. Its failure is only logged."""
    url = office.settings.heartbeat_url
    if not url or not look.well:
        return False
    # Few offices have a monitor: the web app's start does not wait for the client.
    import httpx

    try:
        httpx.get(url, timeout=SIGNAL_WITHIN).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        # The address is a secret of the monitor's: what failed is named, not where.
        logger.warning("the outside monitor could not be told: %s", type(problem).__name__)
        return False
    return True


def keep_watch(office: Office, stopped: Event, every: float = EVERY) -> None:
    """Look every so often until `stopped`, first after a while: a start after a weekend is late with everything.

    What watches must not be what it watches: the web app does this too, which runs when worker and engine do not.
    """
    while not stopped.wait(every):
        try:
            signal(office, watch(office))
            tell_operator(office)
        except Exception:
            # A watchdog that dies of what it finds would say nothing of it.
            logger.exception("the watchdog could not look")
