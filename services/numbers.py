"""Drawing numbers: without gaps, because a rollback returns them; yearly reset by the office's calendar."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.office import NumberSeries


def draw(session: Session, series: str, year: int, count: int = 1) -> range:
    """The next `count` numbers of a series in a year. The row is locked until the transaction ends."""
    if count <= 0:
        return range(0)
    drawn = session.execute(
        update(NumberSeries)
        .where(NumberSeries.series == series, NumberSeries.year == year)
        .values(last=NumberSeries.last + count)
        .returning(NumberSeries.last)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if drawn is None:
        session.add(NumberSeries(series=series, year=year, last=count))
        session.flush()
        drawn = count
    return range(drawn - count + 1, drawn + 1)


def raise_to(session: Session, series: str, year: int, last: int) -> None:
    """Let a series continue after `last`, e.g. when older cases came with their codes."""
    row = session.scalars(select(NumberSeries).where(NumberSeries.series == series, NumberSeries.year == year)).first()
    if row is None:
        session.add(NumberSeries(series=series, year=year, last=last))
    else:
        row.last = max(row.last, last)
    session.flush()
