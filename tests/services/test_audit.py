"""The history: whatever is edited, removed, added or reordered is found, and a redaction is no such thing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from domain.case import Actor
from domain.lifecycle import Party
from domain.refusals import Refused
from models.audit import HeadDigest, HeadLine
from models.case import Case, EventText
from models.engine import WRITING
from models.tables import metadata
from services.audit import AuditReport, verify
from services.case_view import case_json
from services.chain import link
from services.desk import coordinate, register
from services.heads import digest_today
from services.office import Office
from services.redaction import redact
from services.sweep import sweep
from tests.mailroom import deliver_all

PHONE = {
    "enterprise": {"name": "禾城湖粲钠能有限公司", "contact": "项目联络员", "phone": "0573-80000000", "email": "p02@example.com"},
    "project": "P02", "category": "power", "severity": 2, "title": "第二路电源无廊道", "detail": "需跨越在建道路。",
}  # fmt: skip
CLERK = Actor(Party.CLERK, "cli", asserted=True)


def kinds(office: Office) -> set[str]:
    """The kinds of what an audit finds."""
    return {f.kind for f in verify(office).findings}


@pytest.fixture
def told(office: Office, at: Callable[[str], datetime]) -> Office:
    """Two cases over some weeks, with texts, a climb and notices; the first day's digest is stored."""
    one, other = (register(office, PHONE | {"title": t}, t).case for t in ("a", "b"))
    coordinate(office, "amend", [one], {"severity": 3, "reason": "企业补充说明"}, "run-1")
    digest_today(office)
    for moment in ("2026-07-20 09:00", "2026-07-31 09:00", "2026-08-05 09:00"):
        at(moment)
        sweep(office)
    coordinate(office, "merge", [other], {"target": one, "reason": "同一事项"}, "run-2")
    assert verify(office).findings == ()
    return office


EVENT, CASE = metadata.tables["event"], metadata.tables["case"]
KEPT = [metadata.tables["event_text"], EVENT, metadata.tables["head_line"], metadata.tables["head_digest"]]


def tampered(office: Office, change: Callable[[Connection], object]) -> AuditReport:
    """What an audit finds after somebody with the database's password changed something; it is put back afterwards."""
    writing = office.engine.execution_options(**{WRITING: True})
    with writing.connect() as connection:
        rows = {t: [dict(row) for row in connection.execute(select(t)).mappings()] for t in KEPT}
        heads = [
            (row.id, row.seq, row.head_hash)
            for row in connection.execute(select(CASE.c.id, CASE.c.seq, CASE.c.head_hash))
        ]
    try:
        with writing.begin() as connection:
            change(connection)
        return verify(office)
    finally:
        with writing.begin() as connection:
            for table in KEPT:
                connection.execute(delete(table))
            for table in reversed(KEPT):
                if rows[table]:
                    connection.execute(insert(table), rows[table])
            for case_id, seq, head in heads:
                connection.execute(update(CASE).where(CASE.c.id == case_id).values(seq=seq, head_hash=head))


def rows(office: Office) -> list[dict[str, Any]]:
    """All events by case and number."""
    with office.engine.connect() as connection:
        found = connection.execute(select(EVENT).order_by(EVENT.c.case_id, EVENT.c.seq)).mappings()
        return [dict(row) for row in found]


WORDS = strategies.text(strategies.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)
HEX = strategies.text("0123456789abcdef", min_size=64, max_size=64)
FACTS = strategies.dictionaries(
    WORDS, strategies.none() | strategies.booleans() | strategies.integers(-9, 9) | WORDS, max_size=3
)
EDITS: dict[str, strategies.SearchStrategy[Any]] = {
    "case_id": strategies.integers(1, 2), "seq": strategies.integers(0, 60),
    "at": strategies.integers(-10**15, 10**15).map(lambda n: datetime(2026, 7, 16, tzinfo=UTC) + timedelta(microseconds=n)),
    "action": WORDS, "actor": FACTS, "facts": FACTS, "text_digest": strategies.none() | HEX, "policy_version": WORDS, "hash": HEX,
}  # fmt: skip
MANY = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_every_column_of_an_event_is_covered() -> None:
    """A column added later must be in the chain; only the row's own number means nothing."""
    assert set(EDITS) == {column.name for column in EVENT.columns} - {"id"}


@MANY
@given(data=strategies.data())
def test_any_edit_of_any_field_of_any_event_is_found(told: Office, data: strategies.DataObject) -> None:
    """Whatever field of whatever event is given whatever other value."""
    event = data.draw(strategies.sampled_from(rows(told)))
    column = data.draw(strategies.sampled_from(sorted(EDITS)))
    value = data.draw(EDITS[column])
    assume(value != event[column])
    try:
        report = tampered(
            told, lambda c: c.execute(update(EVENT).where(EVENT.c.id == event["id"]).values({column: value}))
        )
    except IntegrityError:
        assume(False)
        raise
    assert report.findings


@MANY
@given(data=strategies.data())
def test_any_deletion_is_found(told: Office, data: strategies.DataObject) -> None:
    """In the middle and at the tail, one event or several."""
    gone = data.draw(strategies.sets(strategies.sampled_from([r["id"] for r in rows(told)]), min_size=1, max_size=4))
    assert tampered(told, lambda c: c.execute(delete(EVENT).where(EVENT.c.id.in_(gone)))).findings


@MANY
@given(data=strategies.data())
def test_any_swap_is_found(told: Office, data: strategies.DataObject) -> None:
    """Two events of a case change places."""
    events = rows(told)
    one = data.draw(strategies.sampled_from(events))
    other = data.draw(
        strategies.sampled_from([e for e in events if e["case_id"] == one["case_id"] and e["id"] != one["id"]])
    )

    def swap(connection: Connection) -> None:
        for event, seq in ((one, -1), (other, one["seq"]), (one, other["seq"])):
            connection.execute(update(EVENT).where(EVENT.c.id == event["id"]).values(seq=seq))

    assert {f.kind for f in tampered(told, swap).findings} >= {"event_edited"}


def test_an_insertion_is_found_in_the_middle_and_at_the_tail(told: Office) -> None:
    """A copy of an event with a number of its own belongs nowhere."""
    events = [e for e in rows(told) if e["case_id"] == 1]
    for seq in (0, len(events) + 1):
        copy = events[0] | {"id": 10_000, "seq": seq}
        assert tampered(told, lambda c, copy=copy: c.execute(insert(EVENT), [copy])).findings  # type: ignore[misc]


def rewrite(
    connection: Connection, case_id: int, code: str, keep: Callable[[dict[str, Any]], dict[str, Any] | None]
) -> None:
    """Forge a whole history: every hash and the case's head are made anew, so that the chain alone is perfect."""
    found = connection.execute(select(EVENT).where(EVENT.c.case_id == case_id).order_by(EVENT.c.seq)).mappings().all()
    connection.execute(delete(EVENT).where(EVENT.c.case_id == case_id))
    head, seq = "", 0
    for row in found:
        event = keep(dict(row))
        if event is None:
            continue
        seq += 1
        head = link(
            head, code, seq, event["at"], event["action"], event["actor"], event["facts"], event["text_digest"],
            event["policy_version"],
        )  # fmt: skip
        connection.execute(insert(EVENT), [event | {"seq": seq, "hash": head}])
    connection.execute(update(CASE).where(CASE.c.id == case_id).values(seq=seq, head_hash=head))


def test_a_tail_cut_together_with_its_head_shows_in_the_digest(told: Office) -> None:
    """Events and the case's head taken back to before the digest: the chain is whole, the digest has more."""

    def cut(connection: Connection) -> None:
        rewrite(connection, 1, "DIF-2026-0001", lambda e: e if e["seq"] == 1 else None)
        connection.execute(delete(EventText).where(EventText.case_id == 1))

    assert {(f.kind, f.case) for f in tampered(told, cut).findings} == {("tail_cut", "DIF-2026-0001")}


def test_a_history_forged_as_a_whole_shows_in_the_digest(told: Office) -> None:
    """Every hash made anew by someone who knows how: the head of that day was another."""

    def forge(connection: Connection) -> None:
        rewrite(connection, 1, "DIF-2026-0001", lambda e: e | {"at": e["at"] - timedelta(days=1)})

    assert {f.kind for f in tampered(told, forge).findings} == {"history_rewritten"}


def test_a_case_that_is_gone_shows_in_the_digest(told: Office) -> None:
    """A line of the digest without its case, whatever else was cleaned up."""
    line = {"code": "DIF-2026-0099", "day": date(2026, 7, 16), "seq": 3, "head": "0" * 64}
    assert {f.kind for f in tampered(told, lambda c: c.execute(insert(HeadLine), [line])).findings} == {
        "case_missing", "digest_differs",
    }  # fmt: skip


def test_a_digest_that_is_changed_or_taken_out_is_found(told: Office, at: Callable[[str], datetime]) -> None:
    """Each covers its lines and the digest before it."""
    at("2026-08-06 09:00")
    digest_today(told)
    at("2026-08-07 09:00")
    digest_today(told)
    table = metadata.tables["head_digest"]
    for change in (
        update(table).where(table.c.day == date(2026, 8, 6)).values(digest="0" * 64),
        update(table).where(table.c.day == date(2026, 8, 6)).values(cases=1),
        update(metadata.tables["head_line"])
        .where(HeadLine.code == "DIF-2026-0001", HeadLine.day == date(2026, 8, 6))
        .values(seq=2),
    ):
        assert "digest_differs" in {f.kind for f in tampered(told, lambda c, change=change: c.execute(change)).findings}  # type: ignore[misc]

    def take_out(connection: Connection) -> None:
        connection.execute(delete(HeadLine).where(HeadLine.day == date(2026, 7, 16)))
        connection.execute(delete(HeadDigest).where(HeadDigest.day == date(2026, 7, 16)))

    assert "digest_differs" in {f.kind for f in tampered(told, take_out).findings}


def test_a_digest_is_made_once_a_day_and_mailed_to_the_supervisor(told: Office, at: Callable[[str], datetime]) -> None:
    """The first of a day counts; its mail carries what is stored, and the next one follows it."""
    deliver_all(told)
    at("2026-08-06 09:00")
    made = digest_today(told)
    assert made.made
    at("2026-08-06 17:00")
    again = digest_today(told)
    assert (again.made, again.digest) == (False, made.digest)
    mails = [m for m in deliver_all(told) if m.message == "head_digest"]
    assert [made.digest in m.text and made.previous in m.text for m in mails] == [True]
    at("2026-08-07 09:00")
    following = digest_today(told)
    assert (following.previous, following.moved, following.cases) == (made.digest, 0, 2)
    assert verify(told).last == (date(2026, 8, 7), following.digest)


def texts(office: Office) -> list[tuple[str, int]]:
    """(code, seq) of the events that have a text."""
    with office.reading() as session:
        query = select(Case.code, EventText.seq).join(EventText, EventText.case_id == Case.id)
        return [(code, seq) for code, seq in session.execute(query.order_by(Case.code, EventText.seq))]


@pytest.mark.parametrize(
    "change",
    [
        update(EventText).values(text={"reason": "另一个理由"}), update(EventText).values(salt="0" * 32), delete(EventText),
        update(EventText).values(text=None), update(EventText).values(seq=1),
    ],
    ids=["edited", "salt", "removed", "blanked", "moved"],
)  # fmt: skip
def test_a_text_that_is_not_what_was_said_is_found(told: Office, change: Any) -> None:
    """The chain holds a salted digest of each text."""
    [(code, seq), *_] = texts(told)
    one = change.where(EventText.case_id == 1, EventText.seq == seq)
    findings = tampered(told, lambda c: c.execute(one)).findings
    assert {(f.kind, f.case) for f in findings} == {("text_differs", code)}


def test_a_redacted_text_is_gone_and_the_chain_stays_whole(told: Office) -> None:
    """The text is nowhere in the history, an event says who, when and why, and asking again changes nothing."""
    [(code, seq), *_] = texts(told)
    done = redact(told, code.lower(), seq, "本人要求,依个人信息保护法第四十七条", CLERK, "run-9")
    assert redact(told, code, seq, "again", CLERK, "run-9") == done
    case = case_json(told, code)
    assert case is not None
    assert "企业补充说明" not in json.dumps(case["events"], ensure_ascii=False)
    assert case["events"][-1]["action"] == "redacted"
    assert case["events"][-1]["facts"]["seq"] == seq
    with told.reading() as session:
        assert session.get_one(EventText, (1, seq)).salt == ""
    assert verify(told).findings == ()
    with pytest.raises(Refused, match="removed already"):
        redact(told, code, seq, "again", CLERK, "run-10")


@pytest.mark.parametrize(
    ("code", "seq", "reason", "words"),
    [
        ("DIF-2026-0001", 4, "", "on what ground"), ("DIF-1999-0001", 1, "x", "no such case"),
        ("DIF-2026-0001", 1, "x", "no event 1 with a text"), ("DIF-2026-0001", 999, "x", "no event 999"),
    ],
)  # fmt: skip
def test_what_cannot_be_redacted_is_refused_in_words(
    told: Office, code: str, seq: int, reason: str, words: str
) -> None:
    """No reason, no case, no text: nothing is written."""
    with pytest.raises(Refused, match=words):
        redact(told, code, seq, reason, CLERK, "run-9")
    assert "redacted" not in {e["action"] for e in rows(told)}


@pytest.mark.parametrize("kind", ["due", "limit", "gone"])
def test_a_clock_that_its_events_do_not_give_is_found(told: Office, kind: str) -> None:
    """A due moment moved by hand, a limit changed in its history, a history without its start."""
    clock, event = metadata.tables["clock"], metadata.tables["clock_event"]
    with told.engine.execution_options(**{WRITING: True}).begin() as connection:
        [one] = connection.execute(select(clock).where(clock.c.kind == "close").limit(1))
        mine = event.c.clock_id == one.id
        if kind == "due":
            connection.execute(update(clock).where(clock.c.id == one.id).values(due=one.due + timedelta(days=1)))
        elif kind == "limit":
            connection.execute(update(event).where(mine, event.c.what == "started").values(limit_value=99))
        else:
            connection.execute(delete(event).where(mine, event.c.what == "started"))
    assert kinds(told) == {"clock_differs"}
