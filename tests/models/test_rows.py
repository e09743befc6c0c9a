"""Many rows at once: what is written is what is read, and ids are one parameter that an index answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from models.clock import Clock
from models.directory import AccountRole, Unit
from models.office import Heartbeat, Outbox, OutboxState, Setting
from models.rows import among, insert_rows, read_rows, update_rows
from services.office import Office

AWKWARD = (
    "",
    "NULL",
    "null",
    "{}",
    '{"a": "b,c"}',
    'say "no"',
    "back\\slash \\\\ twice \\",
    "two\nlines\r\tand a tab",
    " spaces around ",
    "道路“临时”改线，喆镕𠮷",
    "it's; DROP TABLE setting; --",
    "%s %(name)s %%",
    "\x1f\x7f",
)


@pytest.mark.each_database
def test_any_text_is_read_as_it_was_written(office: Office) -> None:
    """Quotes, backslashes, braces and the word NULL are text in an array, as they are elsewhere."""
    rows = [{"key": f"awkward {n}", "value": text} for n, text in enumerate(AWKWARD)]
    with office.writing() as session:
        insert_rows(session, Setting, rows)
        read = dict(
            session.execute(select(Setting.key, Setting.value).where(Setting.key.like("awkward %"))).tuples().all()
        )
    assert read == {row["key"]: row["value"] for row in rows}


@pytest.mark.each_database
def test_documents_and_moments_are_read_as_they_were_written(office: Office) -> None:
    """A document keeps its texts and kinds; a moment is the same one in UTC, to the microsecond, from whatever zone it came."""
    at = datetime(2026, 7, 17, 9, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    rows = [
        {"name": f"row {n}", "at": at + timedelta(hours=n), "detail": {"said": text, "n": n, "yes": True, "none": None, "many": [text, 1.5]}}
        for n, text in enumerate(AWKWARD)
    ]  # fmt: skip
    with office.writing() as session:
        insert_rows(session, Heartbeat, rows)
        read = session.execute(
            select(Heartbeat.name, Heartbeat.at, Heartbeat.detail).where(Heartbeat.name.like("row %"))
        ).all()
    assert {row.name: (row.at, row.detail) for row in read} == {row["name"]: (row["at"], row["detail"]) for row in rows}
    assert all(row.at.tzinfo is UTC for row in read)


@pytest.mark.each_database
def test_nothing_is_written_as_nothing(office: Office) -> None:
    """None becomes NULL among moments, texts and documents; numbers and truths stay what they are."""
    at = datetime(2026, 7, 17, 1, 0, tzinfo=UTC)
    common: dict[str, object] = {
        "message": "role_unfilled", "address": "desk@example.org", "locale": "zh", "facts": {}, "state": OutboxState.OWED, "owed_at": at,
        "not_before": at, "message_id": "<one@example.org>",
    }  # fmt: skip
    given: list[dict[str, object]] = [
        {"key": "one", "problem": None, "attempts": 0, "grant": None, "sent_at": None},
        {"key": "two", "problem": "NULL", "attempts": -7, "grant": {}, "sent_at": None},
    ]
    said = [("D01", True), ("D02", False)]
    with office.writing() as session:
        insert_rows(session, Outbox, [row | common for row in given])
        update_rows(session, Unit, [{"id": i, "active": active} for i, active in said])
        columns = (Outbox.key, Outbox.problem, Outbox.attempts, Outbox.grant, Outbox.sent_at)
        read = read_rows(session, select(*columns).order_by(Outbox.key))
        units = read_rows(session, select(Unit.id, Unit.active).where(Unit.id.in_(["D01", "D02"])).order_by(Unit.id))
    assert [tuple(row) for row in read] == [tuple(row.values()) for row in given]
    assert [tuple(row) for row in units] == said


@pytest.mark.each_database
def test_among_finds_those_named_and_no_other(office: Office) -> None:
    """One parameter names any number of ids: none, one, and thousands of which few are there."""
    with office.reading() as session:
        ids = list(session.scalars(select(AccountRole.id).order_by(AccountRole.id)))
        found = {
            len(wanted): session.scalars(
                select(AccountRole.id).where(among(AccountRole.id, wanted)).order_by(AccountRole.id)
            ).all()
            for wanted in ([], ids[:1], range(ids[-1], ids[-1] + 5000))
        }
    assert len(ids) > 1
    assert found == {0: [], 1: ids[:1], 5000: ids[-1:]}


@pytest.mark.sqlite
def test_among_is_answered_by_an_index(office: Office) -> None:
    """SQLite searches for the ids; `IN (...) = 1`, as SQLAlchemy writes a truth, would look through all clocks."""
    query = select(Clock.id).where(among(Clock.case_id, [1, 2])).compile(office.engine)
    with office.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", ("[1,2]",)).all()
    assert any("SEARCH clock" in row[-1] for row in plan)
    assert not any("SCAN clock" in row[-1] for row in plan)
