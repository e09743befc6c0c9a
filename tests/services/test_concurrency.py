"""Two at once, each with connections of its own, on both databases: nothing is lost, nothing is doubled, the other is told."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from models.case import Case, Event
from models.clock import ClockEvent, Notice
from models.directory import Contact, Enterprise
from models.engine import make_engine
from models.intake import Delivery, DeliveryState, Trust
from models.office import Outbox, OutboxState
from services.audit import verify
from services.case_view import case_json
from services.chain import canonical
from services.desk import StepResult, accept_reports, coordinate, register
from services.form import submit_form
from services.intake import store
from services.numbers import draw
from services.office import Office, open_office
from services.outbox import deliver
from services.page_types import Done
from services.pages import act
from services.receiver import receive_waiting
from services.settings import Settings
from services.sweep import sweep
from tests.mailroom import Mail, deliver_all
from tests.notifications.conftest import MailServer

pytestmark = [pytest.mark.timeout(180), pytest.mark.each_database]
T = TypeVar("T")

REPORT = {
    "enterprise": {"name": "禾城湖粲钠能有限公司", "contact": "项目联络员", "phone": "0573-80000000", "email": "p02@example.com"},
    "project": "P02", "category": "power", "severity": 2, "title": "第二路电源无廊道", "detail": "需跨越在建道路。",
}  # fmt: skip


def at_once(office: Office, *works: Callable[[Office], T]) -> list[T]:
    """Let each work with an office of its own begin at the same moment; what they returned, in their order."""
    start = threading.Barrier(len(works))
    results: dict[int, T] = {}
    problems: list[BaseException] = []

    def run(place: int, work: Callable[[Office], T]) -> None:
        mine = open_office(office.settings.model_copy())
        mine.fixed = office.fixed
        try:
            start.wait(30)
            results[place] = work(mine)
        except BaseException as problem:  # raised again below, in the test's own thread
            problems.append(problem)
        finally:
            mine.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert not any(thread.is_alive() for thread in threads)
    if problems:
        raise problems[0]
    return [results[place] for place in range(len(works))]


def wait_for_receiver(office: Office, count: int) -> None:
    """`count` reports of as many firms that nobody knows yet, two of each."""
    for n in range(count):
        firm = {"name": f"新企业{n // 2}", "email": f"firm{n // 2}@example.com"}
        body = canonical({**REPORT, "enterprise": firm, "title": f"第{n}件"}).encode()
        store(office, "desk", f"key-{n}", Trust.DESK, DeliveryState.WAITING, body, "application/json")


def codes(office: Office) -> list[str]:
    """The codes of all cases, in order."""
    with office.reading() as session:
        return list(session.scalars(select(Case.code).order_by(Case.code)))


def test_two_receivers_open_each_report_once(office: Office) -> None:
    """Every report one case, numbers without gap or double, a firm met by both is one firm."""
    wait_for_receiver(office, 24)

    def receive(mine: Office) -> int:
        taken = 0
        while done := receive_waiting(mine, 5).taken:
            taken += done
        return taken

    assert sum(at_once(office, receive, receive)) + receive(office) == 24
    assert codes(office) == [f"DIF-2026-{n:04d}" for n in range(1, 25)]
    with office.reading() as session:
        assert session.scalar(select(func.count()).where(Enterprise.name.like("新企业%"))) == 12
        assert session.scalar(select(func.count()).where(Contact.email.like("firm%"))) == 12
        assert {row.state for row in session.scalars(select(Delivery))} == {DeliveryState.DONE}
        owed = session.execute(select(Outbox.key, Outbox.message)).tuples().all()
    # Beside the four of each report, one word to the desk that they may be the same matter: once a day.
    assert Counter(message == "likely_duplicate" for _, message in owed) == {False: 24 * 4, True: 1}
    assert verify(office).findings == ()


def test_two_sweeps_take_each_step_once(office: Office, at: Callable[[str], datetime]) -> None:
    """Together they take what one would have taken; numbers have no gap, no notice is issued twice."""
    wait_for_receiver(office, 12)
    receive_waiting(office)
    at("2026-08-04 09:00")
    alone = Counter((s.case, s.clock, s.step) for s in sweep(office, dry_run=True).steps)
    assert len(alone) > 12
    reports = at_once(office, sweep, sweep)
    assert Counter((s.case, s.clock, s.step) for report in reports for s in report.steps) == alone
    assert sweep(office).steps == ()
    with office.reading() as session:
        numbers = sorted(int(n.split("〕")[1].removesuffix("号")) for n in session.scalars(select(Notice.number)))
        taken = list(session.execute(select(ClockEvent.clock_id, ClockEvent.round, ClockEvent.cycle, ClockEvent.step).where(ClockEvent.step.is_not(None))))  # fmt: skip
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(taken) == len(set(taken))
    assert verify(office).findings == ()


def test_a_sweep_and_the_desk_at_the_same_cases_never_deadlock(office: Office, at: Callable[[str], datetime]) -> None:
    """The desk instructs all cases, in whatever order it names them, while the sweep climbs with them."""
    wait_for_receiver(office, 10)
    receive_waiting(office)
    at("2026-08-04 09:00")
    names = codes(office)

    def desk(order: list[str], command: str) -> Callable[[Office], int]:
        return lambda mine: sum(r.done for r in coordinate(mine, "amend", order, {"severity": 3}, command))

    at_once(
        office, lambda mine: len(sweep(mine).steps), desk(names, "run-1"), desk(names[::-1], "run-2"),
        lambda mine: len(sweep(mine).steps),
    )  # fmt: skip
    assert sweep(office).steps == ()
    assert verify(office).findings == ()


def test_two_deliverers_send_each_mail_once(office: Office) -> None:
    """One server, two connections, each message in one of them."""
    for n in range(20):
        submit_form(office, _form(n), "zh")
    server = MailServer()
    server.start()
    office.settings.smtp_url = server.url()
    try:

        def send(mine: Office) -> int:
            sent = 0
            while done := deliver(mine, 3).sent:
                sent += done
            return sent

        assert sum(at_once(office, send, send)) + send(office) == 20
    finally:
        server.stop()
    arrived = Counter(to for _, found, _ in server.received for to in found)
    assert arrived == Counter(f"new{n}@example.com" for n in range(20))
    with office.reading() as session:
        assert {row.state for row in session.scalars(select(Outbox))} == {OutboxState.SENT}


def _form(n: int) -> dict[str, str]:
    return {
        "enterprise": "禾城新客科技有限公司", "contact": "王先生", "email": f"new{n}@example.com", "category": "power", "severity": "1",
        "title": "临时用电不足", "detail": "", "nonce": f"n-{n}",
    }  # fmt: skip


def token(mails: list[Mail], message: str) -> str:
    """The token of the first mail of that message."""
    return next(m for m in mails if m.message == message).links[0].rsplit("/", 1)[1]


def test_of_two_approvers_at_once_one_wins_and_the_other_is_told_who_decided(office: Office) -> None:
    """A head agrees and refuses from two devices at once: one decision stands, and the second answer names it."""
    wait_for_receiver(office, 1)
    receive_waiting(office)
    lead = token(deliver_all(office), "assigned_lead")
    assert act(office, lead, "contact", {"how": "电话", "text": "已联系"}).done
    assert act(office, lead, "reply", {"outcome": "partial", "text": "一路已通", "document": "鸳供〔2026〕3号"}).done
    head = token(deliver_all(office), "approval_asked")

    def press(action: str, fields: dict[str, str]) -> Callable[[Office], Done]:
        return lambda mine: act(mine, head, action, fields)

    answers = at_once(office, press("approve", {}), press("refuse", {"reason": "需补充附件"}))
    assert sorted(a.done for a in answers) == [False, True]
    refused = next(a for a in answers if not a.done)
    assert "Already done by" in refused.message.en
    assert "2026-07-16 10:00" in refused.message.en
    with office.reading() as session:
        decided = session.scalars(select(Event.action).where(Event.action.in_(("approve", "refuse")))).all()
    assert len(decided) == 1
    assert verify(office).findings == ()


def test_of_two_clerks_who_dispatch_the_same_case_one_is_refused(office: Office) -> None:
    """The case has one lead, and the second clerk reads what is allowed instead."""
    code = register(office, REPORT | {"category": "unclear"}, "run-0").case

    def dispatch(lead: str, command: str) -> Callable[[Office], list[StepResult]]:
        return lambda mine: coordinate(mine, "dispatch", [code], {"lead": lead, "case_class": "complex"}, command)

    results = [r for [r] in at_once(office, dispatch("D14", "run-1"), dispatch("D10", "run-2"))]
    assert sorted(r.done for r in results) == [False, True]
    assert "Allowed now" in next(r.message for r in results if not r.done)
    case = case_json(office, code)
    assert case is not None
    assert case["lead"] == ("D14" if results[0].done else "D10")
    assert [e["action"] for e in case["events"]].count("dispatch") == 1


def test_a_command_asked_for_twice_at_once_is_done_once(office: Office) -> None:
    """The worker that was thought dead and the one that took over: one step, one answer for both."""
    code = register(office, REPORT | {"category": "unclear"}, "run-0").case

    def dispatch(mine: Office) -> list[StepResult]:
        return coordinate(mine, "dispatch", [code], {"lead": "D14", "case_class": "complex"}, "run-1")

    first, second = at_once(office, dispatch, dispatch)
    assert first == second
    assert first[0].done


def test_two_merges_into_each_other_leave_one_case_open(office: Office) -> None:
    """Neither waits for the other for ever, and no two cases are merged in a circle."""
    one, other = (register(office, REPORT | {"title": t}, t).case for t in ("a", "b"))

    def merge(code: str, target: str) -> Callable[[Office], list[StepResult]]:
        return lambda mine: coordinate(mine, "merge", [code], {"target": target, "reason": "同类"}, f"run-{code}")

    results = [r for [r] in at_once(office, merge(one, other), merge(other, one))]
    assert sorted(r.done for r in results) == [False, True]
    assert verify(office).findings == ()


def test_a_report_accepted_and_dismissed_at_once_is_decided_once(office: Office) -> None:
    """Two clerks at the desk's list: one word counts."""
    receipt = submit_form(office, _form(1), "zh").receipt
    results = at_once(
        office,
        lambda mine: accept_reports(mine, [receipt], "run-1"),
        lambda mine: accept_reports(mine, [receipt], "run-2"),
    )
    assert sorted(r.done for [r] in results) == [False, True]
    assert receive_waiting(office).taken == 1
    assert len(codes(office)) == 1


def test_the_first_number_of_a_year_is_drawn_once(office: Office) -> None:
    """Eight who draw at once before the series exists get eight numbers."""

    def one(mine: Office) -> int:
        with mine.writing() as session:
            return draw(session, "trial", 2027)[0]

    assert sorted(at_once(office, *[one] * 8)) == list(range(1, 9))


def test_several_processes_that_open_a_new_installation_at_once_set_it_up_once(
    empty_database: str, settings: Settings
) -> None:
    """Web app and worker start together: policy and calendar are there once, and both go on."""
    from models.migrate import upgrade

    upgrade(empty_database)
    new = settings.model_copy(update={"database_url": empty_database})
    start, opened = threading.Barrier(4), list[str]()

    def run() -> None:
        start.wait(30)
        office = open_office(new)
        opened.append(office.policy.version)
        office.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(opened) == 4
    engine = make_engine(empty_database)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM policy_version").scalar_one() == 1
    engine.dispose()
