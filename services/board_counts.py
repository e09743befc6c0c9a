"""What the board and the page for everybody count, each under its name; and keeping for them, with each sweep, what takes long.

A page shows the present moment where that is counted quickly. Where it takes longer the first reader of a day does not wait: the
worker has counted the usual periods, after midnight as well, and every web process finds them in the database.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from time import monotonic
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.engine import hold
from models.kept import KeptCount
from services.board_kept import LONG, SHARE, kept, name_of
from services.charts import Distribution, LightHistory, Month, light_history, monthly
from services.charts import resolving as how_long
from services.figure_rows import load_closed
from services.figures import Figures, figures
from services.matters import Matter, systemic_matters
from services.office import Office
from services.public_figures import PublicYear, public_figures, years

T = TypeVar("T")
logger = logging.getLogger(__name__)

Closed = tuple[Distribution, tuple[Month, ...]]
LOOKS_BACK = timedelta(days=40)
"""A light looks so many days back into the calendar at most."""
LOOKED_FOR = 600.0
"""Seconds for which matters are shown as they were found."""
CHARTS_FOR = 300.0
PUBLIC_FOR = 3600.0
FIRST, NAMED = 6, 4
"""Matters on the board's front, and the cases of each that are named there."""
AGAIN = timedelta(minutes=9)
"""What was kept so long ago is counted anew by the sweep, which comes every ten minutes."""


@dataclass(frozen=True, slots=True)
class FrontMatters:
    """How many systemic matters there are, and the first of them with their first cases."""

    count: int = 0
    first: tuple[Matter, ...] = ()


@dataclass(frozen=True, slots=True)
class Count(Generic[T]):
    """Something to count, how it is written down, and for how many seconds a process of its own shows it."""

    key: Hashable
    count: Callable[[Session, Office], T]
    written: TypeAdapter[T]
    fresh: float

    def shown(self, office: Office, patience: float | None = None) -> T | None:
        """What is shown now (`services.board_kept.kept`)."""
        return kept(
            office,
            self.key,
            lambda session: self.count(session, office),
            patience=patience,
            fresh=self.fresh,
            written=self.written,
        )


_FIGURES, _LIGHTS, _CLOSED = TypeAdapter(Figures), TypeAdapter(LightHistory), TypeAdapter(Closed)
_PUBLIC = TypeAdapter(PublicYear)


def figures_of(first: date, last: date) -> Count[Figures]:
    """The figures of a period."""
    return Count(("figures", first, last), lambda s, office: figures(s, office, first, last), _FIGURES, 60.0)


def lights_of(first: date, last: date) -> Count[LightHistory]:
    """The lights of a period's days."""
    return Count(("lights", first, last), lambda s, office: light_history(s, office, first, last), _LIGHTS, CHARTS_FOR)


def closed_of(first: date, last: date) -> Count[Closed]:
    """How long what was closed in a period took, and how it ended, month by month."""

    def count(session: Session, office: Office) -> Closed:
        cases = load_closed(session, office, first, last)
        return how_long(cases), monthly(office, cases, first, last)

    return Count(("closed", first, last), count, _CLOSED, CHARTS_FOR)


def public_of(year: int) -> Count[PublicYear]:
    """What everybody may see of a year."""
    return Count(("public-blocks", year), lambda s, office: public_figures(s, office, year), _PUBLIC, PUBLIC_FOR)


def _matters(session: Session, office: Office) -> FrontMatters:
    found = systemic_matters(session, office)
    # A matter may have thousands of cases, of which the front names some.
    return FrontMatters(len(found), tuple(replace(one, cases=one.cases[:NAMED]) for one in found[:FIRST]))


MATTERS: Count[FrontMatters] = Count("matters", _matters, TypeAdapter(FrontMatters), LOOKED_FOR)


# -- the usual periods -------------------------------------------------------------------------------------------------


def thirteen_weeks(office: Office) -> tuple[date, date]:
    """The period of the charts where no other is asked for."""
    today = office.today()
    return min(max(today - timedelta(days=90), office.time.first + LOOKS_BACK), today), today


def a_year(office: Office, first: date, last: date) -> date:
    """The first day of the months that are shown with the days `first` to `last`: months of a few weeks would say nothing."""
    return max(min(first, months_back(last.replace(day=1), 11)), office.time.first + LOOKS_BACK)


def months_back(month: date, n: int) -> date:
    """The first day of the month `n` months before the one that begins on `month`."""
    for _ in range(n):
        month = (month - timedelta(days=1)).replace(day=1)
    return month


def usual(office: Office) -> Iterator[Count[Any]]:
    """What the pages show where nobody asks for another period."""
    today = office.today()
    yield MATTERS
    yield figures_of(max(today.replace(month=1, day=1), office.time.first + timedelta(days=1)), today)
    first, last = thirteen_weeks(office)
    yield lights_of(first, last)
    yield closed_of(first, last)
    yield closed_of(a_year(office, first, last), last)
    if office.policy.public.enabled:
        yield from map(public_of, years(today))


# -- keeping them ------------------------------------------------------------------------------------------------------


def keep_counts(office: Office) -> int:
    """Count what is usual and takes long, and keep it for the pages of all processes; how many counts were kept anew.

    What fails is logged and counted by the pages themselves. What is of another day, or is counted quickly by now, goes.
    """
    with office.reading() as session:
        rows = session.execute(select(KeptCount.name, KeptCount.counted_at, KeptCount.took).where(*_of_today(office)))
        known = {name: (at, took) for name, at, took in rows}
    done = 0
    for one in usual(office):
        name = name_of(one.key)
        at, took = known.get(name, (None, 0.0))
        if at is not None and office.real_now() - at < max(AGAIN, timedelta(seconds=SHARE * took)):
            continue
        try:
            done += _keep(office, one, name)
        except Exception:
            logger.exception("counting %s for the board failed", name)
    with office.writing() as session:
        session.execute(delete(KeptCount).where(KeptCount.day != office.today()))
    return done


def _keep(office: Office, one: Count[Any], name: str) -> bool:
    began = monotonic()
    with office.reading() as session:
        value = one.count(session, office)
    took = monotonic() - began
    row = KeptCount(
        name=name, day=office.today(), policy_version=office.policy.version, counted_at=office.real_now(), took=took,
        value={"counted": one.written.dump_python(value, mode="json")},
    )  # fmt: skip
    with office.writing() as session:
        hold(session, "kept counts")
        if took > LONG:
            session.merge(row)
        else:
            session.execute(delete(KeptCount).where(KeptCount.name == name))
    return took > LONG


def _of_today(office: Office) -> tuple[Any, ...]:
    return KeptCount.day == office.today(), KeptCount.policy_version == office.policy.version
