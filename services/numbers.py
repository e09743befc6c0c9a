"""Drawing numbers: without gaps, because a rollback returns them; yearly reset by the office's calendar."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.office import NumberSeries


def draw(session: Session, series: str, year: int, count: int = 1) -> range:
    """The next `count` numbers of a series in a year. The row is locked until the transaction ends."""
    if count <= 0:
        return range(0)
    kind = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    # One statement, so that two who draw a year's first number do not both make the row.
    drawn = session.execute(
        kind.insert(NumberSeries)
        .values(series=series, year=year, last=count)
        .on_conflict_do_update(index_elements=["series", "year"], set_={"last": NumberSeries.last + count})
        .returning(NumberSeries.last)
    ).scalar_one()
    return range(drawn - count + 1, drawn + 1)


def raise_to(session: Session, series: str, year: int, last: int) -> None:
    """Let a series continue after `last`, e.g. when older cases came with their codes."""
    held = select(NumberSeries).where(NumberSeries.series == series, NumberSeries.year == year).with_for_update()
    row = session.scalars(held.execution_options(populate_existing=True)).first()
    if row is None:
        session.add(NumberSeries(series=series, year=year, last=last))
    else:
        row.last = max(row.last, last)
    session.flush()
