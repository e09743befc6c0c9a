"""The board's lists and pages: lights asked of the database are the domain's, and nobody learns what is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, select, update
from sqlalchemy.orm import Session

from domain.lifecycle import Status
from domain.lights import Light, light_of
from models.base import Moment
from models.case import Case, Reporter
from models.intake import DeliveryState, Trust
from models.office import Outbox, OutboxState
from services.board_case import case_page
from services.board_lights import edges, light_column, light_is
from services.board_lists import board_list, restricted_list
from services.board_steps import register_on_board, take_step
from services.board_todo import board_front
from services.board_types import Filters
from services.board_users import (
    BadBoardUser,
    BoardRole,
    BoardUser,
    Doorkeeper,
    demo_password,
    entry_of,
    new_user,
    read_board_users,
)
from services.case_view import case_json
from services.chain import canonical
from services.desk import coordinate
from services.intake import store
from services.office import Office
from services.receiver import receive_waiting
from services.run_links import Registered, registered, remember
from services.settings import Settings
from services.sweep import sweep
from tests.builders import AREA, LEAD, REPORT, Difficulty, report, standing, unrouted

READER = BoardUser("reader", BoardRole.READER, None, "")
DESK = BoardUser("desk", BoardRole.DESK, None, "")
CLERK = BoardUser("clerk", BoardRole.DESK, "R06", "")
HEAD = BoardUser("head", BoardRole.DESK, "R05", "")
PASSWORD = "correct horse battery"
FIRM = "禾城湖粲钠能有限公司"

At = Callable[[str], datetime]


def restricted(office: Office, **more: str) -> Difficulty:
    """A restricted difficulty that the desk registered on its own page, its category named: the rules dispatch it."""
    values = {
        "title": "并购意向未公开", "detail": "不得外传的说明", "enterprise": FIRM, "project": "P02", "category": "power", "severity": "1",
        "contact": "张某", "phone": "0573-81111111", "email": "mi@example.com", "restricted": "yes", **more,
    }  # fmt: skip
    done = register_on_board(office, CLERK, values, f"board-{len(everything(office))}")
    assert done.done, done.message
    return Difficulty(office, done.case)


def everything(office: Office) -> list[str]:
    """The codes of all cases."""
    with office.reading() as session:
        return list(session.scalars(select(Case.code).order_by(Case.id)))


def codes(office: Office, user: BoardUser, **filters: str) -> list[str]:
    """What a list shows."""
    return [row.code for row in board_list(office, user, Filters(**filters)).rows]


# -- lights ------------------------------------------------------------------------------------------------------------


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    now=st.integers(0, 345 * 24 * 60).map(lambda minutes: datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=minutes)), days=st.floats(-20, 20), status=st.sampled_from(Status),
    none=st.booleans(),
)  # fmt: skip
def test_lights_asked_of_the_database_are_those_of_the_domain(
    office: Office, now: datetime, days: float, status: Status, none: bool
) -> None:
    """At every moment, over weekends and holidays, SQL and `light_of` name the same light, and one light alone."""
    at = now
    due = None if none and status is not Status.CLOSED else at + timedelta(days=days)
    with Session(office.engine) as session:
        difficulty = session.scalars(select(Case).limit(1)).first() or _bare(session)
        session.flush()
        session.execute(
            update(Case).where(Case.id == difficulty.id).values(
                status=status, due=due, closed_at=at if status is Status.CLOSED else None, outcome="resolved", lead_id=LEAD
            )
        )  # fmt: skip
        found = edges(at, office.policy, office.time)
        expected = light_of(status, due, at, office.policy, office.time)
        assert session.scalar(select(light_column(found)).where(Case.id == difficulty.id)) == expected.value
        shown = [
            light
            for light in Light
            if session.scalar(select(Case.id).where(Case.id == difficulty.id, light_is(light, found)))
        ]
        assert shown == [expected]
        session.rollback()


def _bare(session: Session) -> Case:
    made = Case(
        code="X-1", document_number="X-1", kind="difficulty", status=Status.NEW, title="x", detail="", source="seed", severity=1,
        opened_at=datetime(2026, 1, 1, tzinfo=UTC), marks=[], handled_by=[], flags=[], policy_version="x",
    )  # fmt: skip
    session.add(made)
    return made


@pytest.mark.parametrize(
    "moment", ["2026-07-16 17:30", "2026-07-17 00:00", "2026-07-18 12:00", "2026-10-10 08:30", "2026-02-24 23:59"]
)
def test_lights_change_at_the_day_as_the_domain_says(office: Office, at: At, moment: str) -> None:
    """Just before, at and after each edge, make-up Saturdays and holidays included."""
    now = at(moment)
    found = edges(now, office.policy, office.time)
    with office.reading() as session:
        for edge in (found.red, found.yellow, found.blue, now):
            for due in (edge - timedelta(seconds=1), edge, edge + timedelta(seconds=1)):
                moments = literal(due, Moment)
                below = session.execute(
                    select(moments < literal(found.red, Moment), moments < literal(found.yellow, Moment), moments < literal(found.blue, Moment))
                ).one()  # fmt: skip
                said = Light.RED if below[0] else Light.YELLOW if below[1] else Light.BLUE if below[2] else Light.GREEN
                assert said is light_of(Status.IN_PROGRESS, due, now, office.policy, office.time), (edge, due)


# -- lists -------------------------------------------------------------------------------------------------------------


def test_a_list_is_narrowed_by_each_filter(office: Office) -> None:
    """Status, unit as lead or supporter, rung, project, category, kind, holder and search find the same case."""
    difficulty = report(office)
    other = unrouted(
        office,
        title="Fire lane BLOCKED 100%",
        project="P05",
        enterprise={"name": "Bright Co", "email": "b@example.com"},
    )
    for wanted in (
        {"status": "in_progress"}, {"unit": LEAD}, {"unit": "D14"}, {"rung": "3"}, {"project": "P02"}, {"category": "power"},
        {"holder": LEAD}, {"q": "第二路"}, {"q": "湖粲"}, {"q": difficulty.code.lower()},
    ):  # fmt: skip
        assert codes(office, READER, **wanted) == [difficulty.code], wanted
    for wanted in (
        {"status": "new"},
        {"unit": "-"},
        {"holder": "desk"},
        {"q": "fire LANE"},
        {"q": "BRIGHT"},
        {"q": "100%"},
    ):
        assert codes(office, READER, **wanted) == [other.code], wanted
    for nothing in (
        {"status": "closed"},
        {"kind": "factor"},
        {"light": "red"},
        {"q": "1_0"},
        {"unit": "' or 1=1 --"},
        {"rung": "x"},
    ):
        assert codes(office, READER, **nothing) == [], nothing


def test_a_list_is_narrowed_by_area_class_and_days(office: Office, at: At) -> None:
    """Days are the office's, both inclusive; a day that is none, an area or class that is unknown narrows to nothing."""
    at("2026-07-16 00:30")
    first = report(office).code
    at("2026-07-17 23:30")
    second = report(office).by_head("amend", case_class="hard", reason="涉及多家").code
    assert codes(office, DESK, area=AREA) == codes(office, DESK, area=AREA, since="2026-07-16", until="2026-07-17")
    assert set(codes(office, DESK, area=AREA)) == {first, second}
    assert codes(office, DESK, area="A01") == codes(office, DESK, area="x") == []
    assert codes(office, DESK, case_class="hard") == [second]
    assert (
        codes(office, DESK, since="2026-07-17")
        == codes(office, DESK, since="2026-07-17", until="2026-07-17")
        == [second]
    )
    assert codes(office, DESK, until="2026-07-16") == [first]
    for nonsense in ("x", "2026-02-30", "9999-12-31"):
        assert codes(office, DESK, since=nonsense) == []


def test_the_front_shows_lights_by_project_and_withheld_ones_to_the_desk_alone(office: Office, at: At) -> None:
    """A project says whose case it is: for readers it has no case whose reporter is not to be named."""
    report(office)
    hidden = report(office)
    with office.writing() as session:
        session.execute(update(Reporter).where(Reporter.case_id == hidden.id).values(withheld=True))
    restricted(office)
    at("2026-08-10 09:00")
    for user, cases in ((DESK, 2), (READER, 1)):
        front = board_front(office, user)
        assert [(line.value, line.counts, line.total) for line in front.projects] == [("P02", {"red": cases}, cases)]


def test_the_front_says_whose_delay_it_is(office: Office, at: At) -> None:
    """A supporter's while it has not answered, else the lead's; together they are the days that the case is late."""
    code = report(office).code
    at("2026-08-05 09:00")
    front = board_front(office, READER)
    [row] = front.urgent
    why = front.why[code]
    assert sum(days for _, days in why.owners) == row.late == 4
    assert {clock.what.zh for clock in why.clocks}


def test_a_clock_whose_step_was_not_taken_is_on_the_front(office: Office, at: At) -> None:
    """Half an hour after it was due the sweep must have taken it; a restricted case is not named there."""
    report(office)
    restricted(office)
    at("2026-07-30 09:00")
    found = {kind.name: kind for kind in board_front(office, DESK).todo}["set_aside"]
    assert found.count >= 2
    assert any("保密事项" in item.text.zh and item.link == "/board/restricted" for item in found.items)
    sweep(office)
    assert "set_aside" not in {kind.name for kind in board_front(office, DESK).todo}


def test_a_replied_case_waits_for_the_enterprise_and_a_closed_one_is_looked_for(office: Office) -> None:
    """Holders are as the pages say; what is closed is not on the list of what is open, but is found."""
    replied, closed = standing(office, Status.REPLIED), standing(office, Status.CLOSED)
    assert codes(office, READER, holder="enterprise") == [replied.code]
    assert codes(office, READER) == [replied.code]
    assert codes(office, READER, light="closed") == [closed.code]
    assert codes(office, READER, q=closed.code) == [closed.code]


def test_pages_follow_each_other_without_gap_or_double(office: Office, at: At) -> None:
    """Paged by key over several lights and equal due moments, every case comes once, the most urgent first."""
    for day in (
        "2026-07-01 09:00",
        "2026-07-01 09:00",
        "2026-07-10 09:00",
        "2026-07-15 10:00",
        "2026-07-15 10:00",
        "2026-07-16 09:00",
    ):
        at(day)
        report(office)
    unrouted(office)
    at("2026-07-20 09:00")
    whole = board_list(office, READER, Filters())
    page = board_list(office, READER, Filters(), most=2)
    seen = [row.code for row in page.rows]
    while page.after:
        page = board_list(office, READER, Filters(after=page.after), most=2)
        assert page.rows
        seen += [row.code for row in page.rows]
    assert seen == [row.code for row in whole.rows]
    assert len(set(seen)) == 7
    order = [light.value for light in (Light.RED, Light.YELLOW, Light.BLUE, Light.GREEN)]
    assert [row.light for row in whole.rows] == sorted((row.light for row in whole.rows), key=order.index)
    assert sum(one.count for one in whole.counters) == 7


def test_counters_and_groups_agree_with_the_list(office: Office, at: At) -> None:
    """What a number links to has as many rows."""
    for status in Status:
        standing(office, status)
    at("2026-07-31 09:00")
    front = board_front(office, READER)
    for counter in front.counters:
        assert len(codes(office, READER, light=counter.light.value)) == counter.count
    for line in front.rungs:
        assert len(codes(office, READER, rung=line.value)) == line.total
        for light, number in line.counts.items():
            assert len(codes(office, READER, rung=line.value, light=light)) == number


# -- restricted cases and withheld identities --------------------------------------------------------------------------


def test_a_restricted_case_is_on_no_list_of_anybody_and_on_no_page_of_a_reader(office: Office, at: At) -> None:
    """No list, count, search, group or link shows it; for a reader there is no such case."""
    open_one, secret = report(office), restricted(office)
    for user in (READER, DESK):
        for filters in (
            {},
            {"q": secret.code},
            {"q": "并购"},
            {"unit": LEAD},
            {"project": "P02"},
            {"category": "power"},
            {"light": "green"},
        ):
            assert secret.code not in codes(office, user, **filters), filters
        front = board_front(office, user)
        assert sum(one.count for one in front.counters) == 1
        assert sum(line.total for line in (*front.units,)) == 1
        assert all(secret.code not in str(part) for part in (front.urgent, front.todo))
    assert case_page(office, READER, secret.code) is None
    assert board_front(office, READER).restricted == 0
    assert board_front(office, DESK).restricted == 1
    assert [row.code for row in restricted_list(office)[0]] == [secret.code]
    found = case_page(office, DESK, secret.code)
    assert found is not None
    assert found.links == ()
    assert {form.action.name for form in found.forms} >= {"amend", "reassign", "call_consultation", "withdraw"}
    assert open_one.status == "in_progress"


def test_registering_the_same_form_twice_is_one_case(office: Office) -> None:
    """The form's nonce is the command's id; the registrar is known, not asserted."""
    values = {"title": "停水", "enterprise": FIRM, "email": "p02@example.com", "withheld": "yes"}
    first, again = (register_on_board(office, CLERK, values, "board-1") for _ in range(2))
    assert first.case == again.case
    [event] = case_events(office, first.case, "reported")
    assert event["actor"] == {"party": "clerk", "channel": "board", "account": "R06"}
    with office.reading() as session:
        assert session.scalar(select(Reporter.withheld)) is True
        assert session.scalar(select(Case.restricted)) is False


def case_events(office: Office, code: str, action: str) -> list[dict[str, Any]]:
    """The lines of a case's history of a name."""
    found = case_json(office, code)
    assert found is not None
    return [event for event in found["events"] if event["action"] == action]


def test_a_webhook_cannot_say_that_its_report_is_restricted(office: Office) -> None:
    """Restricting and withholding are the desk's to say; a report of theirs would vanish from every list."""
    difficulty = report(office, restricted=True, withheld=True, by="R05")
    assert codes(office, READER) == [difficulty.code]
    assert not difficulty.case.restricted


def test_a_step_on_a_restricted_case_is_recorded_under_the_person(office: Office) -> None:
    """A clerk acts as clerk, the head as head; who has no account is asserted; nobody gets a capacity that they do not hold."""
    secret = restricted(office, category="")
    assert secret.status == "new"
    refused = take_step(office, CLERK, secret.code, "decline", {"reason": "不属受理范围"})
    assert refused is not None
    assert not refused.done
    assert {one.what.en for one in refused.allowed} >= {"Dispatch", "Decline"}
    done = take_step(
        office, CLERK, secret.code, "dispatch", {"lead": LEAD, "supporters": "D14,D03", "case_class": "complex"}
    )
    assert done is not None
    assert done.done, done.message
    assert secret.case.supporters == ("D14", "D03")
    take_step(office, HEAD, secret.code, "reassign", {"lead": "D14", "reason": "归口"})
    take_step(office, DESK, secret.code, "reassign", {"lead": LEAD, "reason": "归口"})
    actors = [event["actor"] for event in secret.events("dispatch", "reassign")]
    assert actors == [
        {"party": "clerk", "channel": "board", "account": "R06"},
        {"party": "desk_head", "channel": "board", "account": "R05"},
        {"party": "desk_head", "channel": "board", "asserted": True},
    ]


def test_what_an_enterprise_said_needs_its_speaker(office: Office) -> None:
    """A clerk records for an enterprise with who spoke and how; without, the field is named."""
    secret = restricted(office)
    missing = take_step(office, CLERK, secret.code, "appeal", {"reason": "影响投产"})
    assert missing is not None
    assert (missing.done, missing.field) == (False, "spoken_for")
    done = take_step(
        office, CLERK, secret.code, "appeal", {"reason": "影响投产", "spoken_for": "王某", "through": "phone"}
    )
    assert done is not None
    assert done.done, done.message
    assert secret.events("appeal")[0]["actor"]["spoken_for"] == "王某 (phone)"


def test_steps_on_our_page_are_for_restricted_cases_alone(office: Office) -> None:
    """Every other case is handled in the engine's UI."""
    assert take_step(office, DESK, report(office).code, "amend", {"severity": "2", "reason": "x"}) is None


def test_a_run_refuses_a_restricted_case_and_does_not_name_it(office: Office) -> None:
    """The run's results are kept beyond its holders: the refusal says where to go, without the code."""
    secret, plain = restricted(office), report(office)
    results = coordinate(office, "amend", [secret.code, plain.code], {"severity": "3", "reason": "临近节点"}, "run-1")
    assert [(row.case, row.done) for row in results] == [(plain.code, True), ("—", False)]
    assert secret.code not in str(results)
    assert secret.case.severity == 1


def test_a_sweep_counts_a_restricted_case_and_does_not_name_it(office: Office, at: At) -> None:
    """Neither its code nor to whom its notices went is in the report that a run leaves."""
    secret = restricted(office)
    at("2026-08-10 09:00")
    steps = sweep(office).steps
    assert steps
    assert {step.case for step in steps} == {"—"}
    assert {step.to for step in steps} == {()}
    assert secret.told("supervision_notice")


def test_a_batch_of_reports_counts_a_restricted_one_and_does_not_name_it(office: Office) -> None:
    """What the receiver tells of a batch goes into a run's name, tags and table."""
    body = {**REPORT, "restricted": True}
    store(office, "board", "k", Trust.DESK, DeliveryState.WAITING, canonical(body).encode(), "application/json")
    done = receive_waiting(office)
    assert (done.cases, done.restricted, done.dispatched) == ((), 1, 1)


def test_restricted_and_other_cases_are_not_merged(office: Office) -> None:
    """Whoever holds the one would learn of the other: the target is as if it were not there."""
    secret, plain = restricted(office), report(office)
    done = take_step(office, DESK, secret.code, "merge", {"target": plain.code})
    assert done is not None
    assert (done.done, done.field) == (False, "target")
    [refused] = coordinate(office, "merge", [plain.code], {"target": secret.code}, "run-1")
    assert not refused.done
    assert (secret.status, plain.status) == ("in_progress", "in_progress")


def test_a_withheld_reporter_is_named_to_the_desk_alone(office: Office) -> None:
    """Lists, pages, searches, mails and the JSON say neither enterprise, person, nor the project that is its own."""
    secret = restricted(office, restricted="", withheld="yes", title="要求保密的事项", spoken_for="")
    names = (FIRM, "张某", "0573-81111111", "mi@example.com", "P02", "湖粲")

    [row] = board_list(office, READER, Filters()).rows
    page = case_page(office, READER, secret.code)
    for said in (str(row), str(page)):
        assert not [name for name in names if name in said], said
    for q in (FIRM, "湖粲"):
        assert codes(office, READER, q=q) == []
    assert codes(office, READER, project="P02") == []
    assert codes(office, READER, q="要求保密") == [secret.code]

    assert codes(office, DESK, q=FIRM) == [secret.code]
    known = case_page(office, DESK, secret.code)
    assert known is not None
    assert known.head.enterprise is not None
    assert known.head.enterprise.zh == FIRM
    assert known.reporters[0].name == "张某"

    with office.reading() as session:
        mails = [row for row in session.scalars(select(Outbox)) if row.account_id is not None]
    assert {row.message for row in mails} >= {"assigned_lead", "assigned_supporter"}
    for mail in mails:
        assert not [name for name in names if name in str(mail.facts)], mail.facts
    assert not [name for name in names if name in str(case_json(office, secret.code))]


def test_readers_see_who_acted_and_no_texts(office: Office) -> None:
    """The history names persons for everybody; what they wrote is the desk's."""
    difficulty = report(office).by_lead("contact", text="内部电话记录")
    for user, seen in ((READER, False), (DESK, True)):
        page = case_page(office, user, difficulty.code)
        assert page is not None
        assert ("内部电话记录" in str(page.timeline)) is seen
        assert "联系企业" in str(page.timeline)


# -- what waits for the desk -------------------------------------------------------------------------------------------


def test_each_thing_to_do_is_on_the_front_of_the_desk_alone(office: Office, at: At) -> None:
    """New cases, rulings, consultations, follow-ups, unconfirmed and unreadable reports, refused mails."""
    for status in (Status.NEW, Status.DISPUTED, Status.CONSULTATION, Status.REPLIED):
        standing(office, status)
    store(office, "form", "a", Trust.PUBLIC, DeliveryState.UNCONFIRMED, b"{}", "application/json")
    store(office, "form", "b", Trust.SIGNED, DeliveryState.WAITING, b"\xff", "application/json")
    receive_waiting(office)
    with office.writing() as session:
        session.execute(
            update(Outbox).where(Outbox.id == 1).values(state=OutboxState.FAILED, problem="550 unknown user")
        )
    counts = {kind.name: kind.count for kind in board_front(office, DESK).todo}
    expected = {"triage": 1, "ruling": 1, "consultation": 1, "follow_up": 1, "reports": 1, "quarantined": 1, "mails": 1}
    assert counts.items() >= expected.items()
    assert board_front(office, READER).todo == ()


# -- links to the engine -----------------------------------------------------------------------------------------------


def test_run_links_are_the_steps_that_are_allowed_now(office: Office) -> None:
    """One for each step of the desk, spelt as its drop-down spells it; none before the engine registered."""
    difficulty = report(office)
    page = case_page(office, DESK, difficulty.code)
    assert page is not None
    assert page.links is None
    engine = Registered(
        "http://127.0.0.1:4200/",
        {"coordinate-difficulty": "id-1"},
        {"coordinate-difficulty": {"step": {"amend": "amend · 更正 / Amend"}}},
    )
    assert remember(office, engine)
    assert not remember(office, engine)
    with office.reading() as session:
        assert registered(session) == engine
    page = case_page(office, DESK, difficulty.code)
    assert page is not None
    assert page.links is not None
    steps = {link.step: link.address for link in page.links}
    assert {"amend", "reassign", "call_consultation", "track", "appeal"} <= set(steps)
    assert not {"dispatch", "decline", "conclude", "reply", "answer"} & set(steps)
    assert steps["amend"] == (
        "http://127.0.0.1:4200/deployments/deployment/id-1/run?parameters=%7B%22cases%22%3A%5B%22DIF-2026-0001%22%5D%2C"
        "%22step%22%3A%22amend%20%C2%B7%20%E6%9B%B4%E6%AD%A3%20%2F%20Amend%22%7D"
    )
    reader = case_page(office, READER, difficulty.code)
    assert reader is not None
    assert reader.links == ()


# -- users -------------------------------------------------------------------------------------------------------------


def test_users_are_read_from_lines_or_a_file(office: Office) -> None:
    """A hash has $, comma, = and +: entries end at a space or a line break, and a file may have remarks."""
    made = [new_user("anna", "desk", "R06", PASSWORD), new_user("李主任", "reader", "-", PASSWORD)]
    said = " ".join(map(entry_of, made))
    path = office.settings.data / "board.users"
    path.write_text("# who\n" + "\n".join(map(entry_of, made)) + "\n", encoding="utf-8")
    assert list(read_board_users(said).values()) == list(read_board_users(str(path)).values()) == made
    assert read_board_users("") == {}


@pytest.mark.parametrize(
    "entry",
    [
        "anna:boss:-:{hash}",
        "anna:desk:{hash}",
        ":desk:-:{hash}",
        "an/na:desk:-:{hash}",
        "anna:desk:-:plain",
        "anna:desk:R 6:{hash}",
    ],
)
def test_an_entry_that_cannot_be_right_refuses_the_start_and_is_named(office: Office, entry: str) -> None:
    """The message says which and what, never the hash."""
    user = new_user("ok", "reader", "-", PASSWORD)
    with pytest.raises(BadBoardUser) as caught:
        read_board_users(f"{entry_of(user)} {entry.format(hash=user.hash)}")
    assert "entry 2" in str(caught.value)
    assert user.hash not in str(caught.value)
    assert "plain" not in str(caught.value)


def test_the_demo_has_its_users_where_nobody_is_named_and_on_this_machine_alone(settings: Settings) -> None:
    """A password made at first start, readable by its owner; a network gets nobody that it did not name."""
    password = demo_password(settings)
    assert password == demo_password(settings)
    assert (settings.data / "board.password").stat().st_mode & 0o777 == 0o600
    door = Doorkeeper(settings, demo=True)
    assert door.admit("desk", password, here=True) is not None
    assert door.admit("desk", password, here=False) is None
    assert door.admit("desk", "wrong", here=True) is None
    assert Doorkeeper(settings, demo=False).admit("desk", password, here=True) is None
    open_to_all = settings.model_copy(update={"host": "0.0.0.0"})
    assert Doorkeeper(open_to_all, demo=True).admit("desk", password, here=True) is None
    named = settings.model_copy(update={"board_users": entry_of(new_user("anna", "reader", "-", PASSWORD))})
    assert Doorkeeper(named, demo=True).admit("desk", password, here=True) is None
    assert Doorkeeper(named, demo=True).admit("anna", PASSWORD, here=False) is not None


def test_figures_of_the_day_need_no_case(office: Office) -> None:
    """An empty office has a board."""
    assert board_front(office, DESK).urgent == ()
    assert board_list(office, READER, Filters()).rows == ()
    assert office.today() == date(2026, 7, 16)
