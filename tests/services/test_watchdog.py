"""The watchdog: what needs the operator is told once, told again when it comes back, and said to be over; no case is named."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from domain.policy import Role
from models.clock import Clock
from models.directory import Account, AccountRole
from models.intake import DeliveryState, Trust
from models.office import Outbox, OutboxState, PolicyVersion
from services.health import Trouble, health, problems, stale_runs, well
from services.intake import store
from services.office import Office, open_office
from services.settings import Settings
from services.sweep import sweep
from services.watchdog import keep_watch, signal, watch
from tests.builders import report
from tests.mailroom import deliver_all

At = Callable[[str], datetime]
LATE_CLOCKS = update(Clock).where(Clock.next_action_at.is_not(None))


def told(office: Office, message: str = "watchdog_found") -> list[str]:
    """The Chinese names of the problems in the mails owed to the operator, mail by mail."""
    with office.reading() as session:
        rows = session.scalars(select(Outbox).where(Outbox.message == message).order_by(Outbox.id)).all()
    assert {row.address for row in rows} <= {office.policy.mail.operator}
    return [" / ".join(one["label"]["zh"] for one in row.facts["lines"]) for row in rows]


def vacate(office: Office, role: Role) -> list[dict[str, Any]]:
    """Nobody holds the role any more; who held it."""
    with office.writing() as session:
        rows = [
            {"account_id": row.account_id, "role": row.role, "unit_id": row.unit_id}
            for row in session.scalars(select(AccountRole).where(AccountRole.role == role))
        ]
        session.execute(delete(AccountRole).where(AccountRole.role == role))
    return rows


def hold_again(office: Office, rows: list[dict[str, Any]]) -> None:
    """The same people hold the role again."""
    with office.writing() as session:
        session.add_all([AccountRole(**row) for row in rows])


def test_an_office_that_does_its_work_has_no_problem(office: Office) -> None:
    """Nothing is told, nothing is over."""
    look = watch(office)
    assert (look.problems, look.told, look.over, look.well) == ((), (), (), True)
    assert told(office) == []


def test_a_problem_is_told_once_said_to_be_over_and_told_again_when_it_comes_back(office: Office, at: At) -> None:
    """However often the watchdog looks."""
    held = vacate(office, Role.CLERK)
    assert watch(office).told == ("role dispatch_clerk",)
    at("2026-07-16 10:15")
    assert watch(office).told == ()
    assert len(told(office)) == 1
    hold_again(office, held)
    assert watch(office).over == ("role dispatch_clerk",)
    assert watch(office).over == ()
    assert told(office, "watchdog_over") == told(office)
    vacate(office, Role.CLERK)
    assert watch(office).told == ("role dispatch_clerk",)
    assert len(told(office)) == 2


def test_two_that_watch_at_once_tell_once(settings: Settings, office: Office) -> None:
    """The web app and the worker both watch."""
    vacate(office, Role.CLERK)
    others = [open_office(settings) for _ in range(2)]
    barrier, looks = threading.Barrier(2), []

    def run(mine: Office) -> None:
        mine.fixed = office.fixed
        barrier.wait(timeout=10)
        looks.append(watch(mine))

    threads = [threading.Thread(target=run, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    for other in others:
        other.close()
    assert sorted(look.told for look in looks) == [(), ("role dispatch_clerk",)]
    assert len(told(office)) == 1


def test_work_that_waits_is_told_when_a_later_look_still_finds_it(office: Office, at: At) -> None:
    """A start after a weekend is late with everything for a moment: that is no alarm, a sweep that never comes is."""
    report(office)
    deliver_all(office)
    at("2026-08-05 10:00")
    first = watch(office)
    assert (first.well, first.told, [one.kind for one in first.problems]) == (False, (), [Trouble.CLOCKS])
    at("2026-08-05 10:15")
    assert watch(office).told == ("clocks",)
    sweep(office)
    deliver_all(office)
    assert watch(office).over == ("clocks",)


def test_what_passes_before_it_was_told_is_not_said_to_be_over(office: Office, at: At) -> None:
    """Nobody hears of the end of what they never heard of."""
    report(office)
    deliver_all(office)
    at("2026-08-05 10:00")
    watch(office)
    sweep(office)
    deliver_all(office)
    assert (watch(office).over, told(office), told(office, "watchdog_over")) == ((), [], [])


def test_mail_that_was_tried_and_still_waits_is_stuck(office: Office, at: At) -> None:
    """Each try puts a mail off, so it is never late: its age tells."""
    report(office)
    with office.writing() as session:
        session.execute(
            update(Outbox).values(attempts=3, not_before=datetime.fromisoformat("2026-07-16T15:00:00+08:00"))
        )
    at("2026-07-16 11:00")
    assert problems(office) == ()
    at("2026-07-16 12:30")
    assert [one.kind for one in problems(office)] == [Trouble.MAIL_STUCK]


def test_refused_mail_and_unreadable_deliveries_are_found(office: Office) -> None:
    """Neither makes the office ill: what is due is done."""
    report(office)
    with office.writing() as session:
        session.execute(update(Outbox).values(state=OutboxState.FAILED))
    store(office, "standard", "q1", Trust.SIGNED, DeliveryState.QUARANTINED, b"?", "application/json")
    look = watch(office)
    assert (look.told, look.well) == (("mail_failed", "quarantine"), True)
    said = health(office)
    assert (said["ok"], said["problems"]) == (True, {"mail_failed": 1, "quarantine": 1})


def test_a_calendar_year_that_is_not_announced_is_missing_from_november(office: Office, at: At) -> None:
    """DOMAIN 6: the schedule of the next year appears in late autumn."""
    at("2026-10-31 10:00")
    assert problems(office) == ()
    at("2026-11-02 10:00")
    assert [one.key for one in problems(office)] == ["calendar_year 2027"]


@pytest.mark.sqlite
def test_a_full_disk_is_found(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before writing fails."""
    monkeypatch.setattr("services.health.LEAST_SPACE", 10**18)
    assert [one.kind for one in problems(office)] == [Trouble.DISK]


def test_of_runs_nothing_is_over_for_who_cannot_see_them(office: Office) -> None:
    """The web app looks without the engine; what the engine's look told is not over for it."""
    assert watch(office, stale_runs(2), unseen=()).told == ("runs",)
    assert watch(office).over == ()
    assert watch(office, stale_runs(0), unseen=()).over == ("runs",)


@pytest.mark.sqlite
def test_the_operator_gets_the_mail_in_words(office: Office) -> None:
    """Over SMTP; with the problem in the subject and the remedy in the body."""
    vacate(office, Role.CLERK)
    watch(office)
    [mail] = deliver_all(office)
    assert (mail.message, mail.to) == ("watchdog_found", office.policy.mail.operator)
    assert "无人担任" in mail.subject
    assert "请在人员名录中补充" in mail.text


class Monitor(HTTPServer):
    """An outside monitor that counts who tells it that they are alive."""

    heard = 0
    status = 200


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    """A monitor listening at this machine."""

    class Hear(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.heard += 1
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = Monitor(("127.0.0.1", 0), Hear)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


@pytest.mark.sqlite
def test_an_outside_monitor_hears_of_good_looks_only(office: Office, monitor: Monitor, at: At) -> None:
    """Silence is the alarm: of a look that finds work undone nothing is sent."""
    office.settings.heartbeat_url = f"http://127.0.0.1:{monitor.server_port}/secret"
    assert signal(office, watch(office))
    report(office)
    at("2026-08-05 10:00")
    assert not signal(office, watch(office))
    assert monitor.heard == 1


@pytest.mark.sqlite
def test_a_monitor_that_fails_is_only_logged(
    office: Office, monitor: Monitor, caplog: pytest.LogCaptureFixture
) -> None:
    """Its address is a secret and does not stand in the log."""
    monitor.status = 500
    office.settings.heartbeat_url = f"http://127.0.0.1:{monitor.server_port}/secret"
    assert not signal(office, watch(office))
    office.settings.heartbeat_url = "no address at all"
    assert not signal(office, watch(office))
    said = [one.getMessage() for one in caplog.records if one.name == "expedite.watchdog"]
    assert len(said) == 2
    assert not any("secret" in one or "no address" in one for one in said)


@pytest.mark.sqlite
def test_the_watch_of_the_web_app_ends_when_it_is_told_to(office: Office) -> None:
    """And looks meanwhile, however a look ends."""
    vacate(office, Role.CLERK)
    stopped = threading.Event()
    thread = threading.Thread(target=keep_watch, args=(office, stopped, 0.05), daemon=True)
    thread.start()
    for _ in range(100):
        if told(office):
            break
        stopped.wait(0.05)
    stopped.set()
    thread.join(timeout=5)
    assert (thread.is_alive(), len(told(office))) == (False, 1)


def test_no_case_is_named(office: Office, at: At) -> None:
    """What the watchdog keeps and sends are figures and roles."""
    it = report(office)
    at("2026-08-05 10:00")
    watch(office)
    at("2026-08-05 10:15")
    watch(office)
    with office.reading() as session:
        facts = [str(row) for row in session.scalars(select(Outbox.facts).where(Outbox.message == "watchdog_found"))]
        assert session.scalar(select(func.count()).where(Outbox.message == "watchdog_found")) == 1
    assert not any(it.code in one for one in facts)


def test_an_office_whose_first_sweep_is_still_to_come_says_that_it_starts(office: Office, at: At) -> None:
    """An older register is late with everything; after twice a sweep's time nothing excuses it, nor after a first sweep."""
    report(office)
    deliver_all(office)
    with office.writing() as session:
        # What a register brings along was due long ago.
        session.execute(LATE_CLOCKS.values(next_action_at=office.now() - timedelta(days=30)))
        session.execute(update(PolicyVersion).values(adopted_at=office.now()))
    said = health(office)
    assert (said["ok"], said["starting"], said["lag_seconds"]["clocks"]) == (True, True, 30 * 86400.0)
    assert well(problems(office)), "what people are told agrees with what machines are"
    at("2026-07-16 10:19")
    assert health(office)["ok"]
    at("2026-07-16 10:21")
    said = health(office)
    assert (said["ok"], said["starting"]) == (False, False)
    assert not well(problems(office))


def test_the_office_clock_and_the_machine_s_are_told_apart(office: Office, at: At) -> None:
    """In a demo they are months apart: the last sweep is given by each, beside what that clock says now."""
    at("2026-07-16 10:00")
    assert health(office)["last_sweep"] is None
    sweep(office)
    said = health(office)
    assert said["now"].startswith("2026-07-16T10:00")
    ours, real = (datetime.fromisoformat(said[key]) for key in ("now", "last_sweep")), said["real"]
    now, swept = ours
    assert timedelta() <= now - swept < timedelta(minutes=2)
    assert (
        timedelta()
        <= datetime.fromisoformat(real["now"]) - datetime.fromisoformat(real["last_sweep"])
        < timedelta(minutes=2)
    )
    assert abs(datetime.fromisoformat(real["now"]) - office.real_now()) < timedelta(minutes=2)


def test_what_a_sweep_has_left_is_late_from_the_first_hour(office: Office) -> None:
    """The excuse of a start ends with the first sweep."""
    sweep(office)
    report(office)
    deliver_all(office)
    with office.writing() as session:
        session.execute(LATE_CLOCKS.values(next_action_at=office.now() - timedelta(days=30)))
        session.execute(update(PolicyVersion).values(adopted_at=office.now()))
    said = health(office)
    assert (said["ok"], said["starting"]) == (False, False)


@pytest.mark.parametrize(
    ("locale", "word"), [("zh", "\u7cfb\u7edf\u8fd0\u884c\u63d0\u9192"), ("en", "The system needs you")]
)
def test_the_operator_reads_their_own_language(office: Office, locale: str, word: str) -> None:
    """That of the account whose mailbox the policy names; Chinese for a mailbox that is nobody's."""
    with office.writing() as session:
        session.execute(update(Account).where(Account.email == office.policy.mail.operator).values(locale=locale))
    vacate(office, Role.CLERK)
    watch(office)
    [mail] = [mail for mail in deliver_all(office) if mail.message == "watchdog_found"]
    assert word in mail.subject
