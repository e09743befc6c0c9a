"""The table of clocks: which run where, what starts and ends them, what a pause does, and when each colour goes out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clocks import CLOCKS, Happening, Moment, always, due_at_pause, replay
from domain.lifecycle import Party, Status
from domain.policy import Colour, Limit, Unit
from models.clock import ClockEvent
from services.case_files import read_moments
from services.office import Office
from services.sweep import sweep
from tests.builders import PLANNING, ROADS, Difficulty, local, moment, report, standing, unrouted

# Which clocks run where (the specification's paragraph). Beside it: a decision is waited for in every status, and a case on
# the top rung owes its monthly report in every open one but replied.
WORK = {"close", "plan", "interim", "contact", "answer", "rung_stay", "duty"}
RUN_IN = {
    "new": {"triage", "duty"},
    "in_progress": WORK | {"sign_for", "return_window"},
    "disputed": WORK | {"ruling"},
    "consultation": WORK | {"sign_for", "consultation"},
    "suspended": {"suspension_review", "awaiting_enterprise", "resume", "duty"},
    "tracking": {"interim", "tracking_end", "contact", "answer", "duty"},
    "replied": {"follow_up"},
    "closed": {"promised"},
}

# Owner, notices, whether a suspension pauses it.
SPECIFIED = {
    "triage": ("clerk", "yellow red"), "sign_for": ("lead", "yellow"), "contact": ("lead", "yellow"), "return_window": ("lead", ""),
    "ruling": ("desk_head", "yellow"), "answer": ("supporter", "blue yellow red"), "plan": ("lead", "yellow"),
    "interim": ("lead", "yellow red"), "close": ("lead", "blue yellow red"), "rung_stay": ("lead", ""),
    "consultation": ("desk_head", "yellow red"), "approval_step": ("approver", "blue yellow red"), "awaiting_enterprise": ("enterprise", ""),
    "resume": ("clock", ""), "suspension_review": ("desk_head", "yellow"), "tracking_end": ("desk_head", "blue yellow red"),
    "follow_up": ("clerk", "yellow red"), "duty": ("duty_unit", "blue yellow red"), "promised": ("lead", "blue"),
}  # fmt: skip


@pytest.mark.parametrize("status", RUN_IN)
def test_which_clocks_run_where(status: str) -> None:
    """Entering a status ends the others."""
    always = {"approval_step", "city_report", "factor_stage", "needed_by", "grant_expiry"}
    assert {name for name, row in CLOCKS.items() if Status(status) in row.runs_in} - always == RUN_IN[status]


@pytest.mark.parametrize("name", SPECIFIED)
def test_the_row_is_the_specified_one(name: str) -> None:
    """Owner and colours; red climbs for close, an interim report in tracking and a consultation, and for nothing else."""
    owner, colours = SPECIFIED[name]
    row = CLOCKS[name]
    assert (row.owner.value, [c.value for c in row.colours]) == (owner, colours.split())
    assert row.climbs == (frozenset({Colour.RED}) if name in ("close", "interim", "consultation") else frozenset())
    assert row.red_in == (frozenset({Status.TRACKING}) if name == "interim" else None)


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.SUSPENDED])
def test_no_other_clock_is_open_in_a_status(office: Office, status: Status) -> None:
    """A case in each status, by its own actions."""
    it = standing(office, status)
    assert it.open_clocks() <= RUN_IN[status.value]


def test_entering_a_status_supersedes_the_others_on_record(office: Office) -> None:
    """Each has an end in its own history."""
    it = report(office).by_firm("withdraw")
    ended = {c["kind"] for c in it.json["clocks"] if c["state"] == "superseded"}
    assert ended == {"sign_for", "contact", "return_window", "close", "interim", "answer", "rung_stay"}
    with office.reading() as session:
        rows = session.query(ClockEvent).filter(ClockEvent.what == Happening.ENDED, ClockEvent.reason == "superseded")
        assert {r.at for r in rows} >= {office.now()}


# -- colours ------------------------------------------------------------------------------------------------------------------------


def colours(it: Difficulty, kind: str, subject: str = "") -> list[tuple[str, str]]:
    """The notices of a kind of clock: colour and moment."""
    owners = {subject} if subject else {n["owner"] for n in it.json["notices"]}
    return [
        (n["colour"], local(n["issued_at"])) for n in it.json["notices"] if n["clock"] == kind and n["owner"] in owners
    ]


def walk(it: Difficulty, first: str, last: str) -> None:
    """Sweep at every opening and just before, day by day."""
    at, until = moment(it.office, f"{first} 08:29"), moment(it.office, f"{last} 18:00")
    while at < until:
        for minutes in (0, 1, 60):
            it.office.fixed = at + timedelta(minutes=minutes)
            sweep(it.office)
        at += timedelta(days=1)


def test_triage_turns_yellow_and_red_and_red_goes_to_the_desks_head(office: Office) -> None:
    """One working day has no blue: yellow at the opening of the first working day after it, red of the third."""
    it = unrouted(office)
    walk(it, "2026-07-16", "2026-07-24")
    assert colours(it, "triage") == [("yellow", "Mon 2026-07-20 08:30"), ("red", "Wed 2026-07-22 08:30")]
    yellow, red = [{r["account"] for r in n["to"]} for n in it.json["notices"]]
    assert (yellow, "R05" in red) == ({"R06"}, True)
    assert (it.status, it.case.rung) == ("new", 1)


def test_answer_and_close_have_all_three_colours(office: Office) -> None:
    """Three working days: blue at half; ten: two working days ahead. Only the closing day's red climbs."""
    it = report(office).by_lead("contact").act("answer", Party.SUPPORTER, ROADS)
    walk(it, "2026-07-17", "2026-07-24")
    assert colours(it, "answer", PLANNING) == [
        ("blue", "Mon 2026-07-20 09:29"), ("yellow", "Wed 2026-07-22 08:30"), ("red", "Fri 2026-07-24 08:30"),
    ]  # fmt: skip
    assert it.case.rung == 3
    walk(it, "2026-07-27", "2026-08-04")
    assert colours(it, "close") == [
        ("blue", "Tue 2026-07-28 08:30"), ("yellow", "Fri 2026-07-31 08:30"), ("red", "Tue 2026-08-04 08:30"),
    ]  # fmt: skip
    assert it.case.rung == 4


def test_follow_up_turns_yellow_and_red_and_red_goes_to_the_desks_head(office: Office) -> None:
    """Two working days after the reply."""
    it = report(office).replied()
    walk(it, "2026-07-17", "2026-07-24")
    assert colours(it, "follow_up") == [("yellow", "Tue 2026-07-21 08:30"), ("red", "Thu 2026-07-23 08:30")]
    assert "R05" in {r["account"] for r in it.json["notices"][-1]["to"]}


def test_an_interim_report_that_is_late_climbs_in_tracking_only(office: Office) -> None:
    """In progress it turns yellow and no more."""
    working, tracked = report(office), report(office)
    tracked.by_head("track", date="2026-07-21").decide()
    for day in ("2026-07-22", "2026-07-24", "2026-07-27"):
        working.sweep_at(f"{day} 08:30")
    assert [c for c, _ in colours(working, "interim")] == ["yellow"]
    assert [c for c, _ in colours(tracked, "interim")] == ["yellow", "red"]
    assert (working.case.rung, tracked.case.rung) == (3, 4)


def test_a_consultation_that_is_not_concluded_climbs(office: Office) -> None:
    """Yellow, then red with one rung up."""
    it = report(office).by_head("call_consultation")
    for day in ("2026-07-24", "2026-07-28"):
        it.sweep_at(f"{day} 08:30")
    assert [c for c, _ in colours(it, "consultation")] == ["yellow", "red"]
    assert (it.case.rung, it.status) == (4, "consultation")


def test_a_duty_climbs_when_it_is_due_and_goes_on_to_red(office: Office) -> None:
    """At its day, once; the colours go to the unit named."""
    it = report(office).act("instruct", Party.CHIEF, None, unit="D10", date="2026-07-20")
    it.sweep_at("2026-07-20 17:29")
    assert it.case.rung == 3
    it.sweep_at("2026-07-20 17:31")
    assert it.case.rung == 4
    for day in ("2026-07-21", "2026-07-23", "2026-07-27"):
        it.sweep_at(f"{day} 08:30")
    assert [n["colour"] for n in it.json["notices"] if n["owner"] == "D10"] == ["blue", "yellow", "red"]
    assert it.case.rung == 4


def test_a_ruling_not_made_in_time_makes_the_fallback_unit_lead(office: Office) -> None:
    """The area leads, one rung up; the late desk head has a yellow notice."""
    it = report(office).by_lead("send_back")
    it.sweep_at("2026-07-17 17:31")
    assert (it.status, it.case.lead, it.case.rung, it.clock("ruling")["state"]) == ("in_progress", "A02", 4, "expired")
    assert [c for c, _ in colours(it, "ruling")] == ["yellow"]
    assert [e["facts"]["cause"] for e in it.events("climbed")] == ["no_ruling:1"]


def test_not_signed_for_counts_as_received(office: Office) -> None:
    """The clocks run whether or not it is signed for; it can still be signed for, and turns yellow."""
    it = report(office)
    it.sweep_at("2026-07-16 17:31")
    assert len(it.events("counts_as_received")) == 1
    it.sweep_at("2026-07-17 08:30")
    assert colours(it, "sign_for") == [("yellow", "Fri 2026-07-17 08:30")]
    assert it.by_lead("sign_for").clock("sign_for")["state"] == "met"


def test_the_return_window_lapses_silently(office: Office) -> None:
    """No notice, only the right is gone."""
    it = report(office)
    it.sweep_at("2026-07-17 17:31")
    assert (it.clock("return_window")["state"], colours(it, "return_window")) == ("expired", [])


def test_after_an_outage_only_the_highest_colour_is_issued(office: Office) -> None:
    """Three weeks without a sweep: one notice a clock, the skipped ones recorded as skipped, one climb."""
    it = report(office)
    it.sweep_at("2026-08-06 10:00")
    assert [c for c, _ in colours(it, "close")] == ["red"]
    with office.reading() as session:
        [close] = [c.id for c in it.case.clocks if c.kind == "close"]
        moments = read_moments(session, close or 0)
    assert [m.step for m in moments if m.what is Happening.SKIPPED] == ["blue", "yellow"]
    assert [m.step for m in moments if m.what is Happening.STEP] == ["red"]
    assert it.case.rung == 4
    assert it.clock("close")["steps"] == ["blue", "red", "yellow"]


def test_an_extension_does_not_issue_blue_twice(office: Office) -> None:
    """Reminded on the 28th; after the extension yellow is next."""
    it = report(office)
    it.sweep_at("2026-07-28 08:30")
    it.by_lead("ask_extension").decide().decide()
    for day in ("2026-08-04", "2026-08-05", "2026-08-07"):
        it.sweep_at(f"{day} 08:30")
    assert [c for c, _ in colours(it, "close")] == ["blue", "yellow"]


def test_a_redo_has_colours_of_its_own(office: Office) -> None:
    """A step happens once a clock, round and cycle."""
    it = report(office)
    it.sweep_at("2026-07-28 08:30")
    it.replied().by_firm("dispute")
    it.sweep_at("2026-07-31 08:30")
    assert [(n["colour"], n["round"]) for n in it.json["notices"] if n["clock"] == "close"] == [
        ("blue", 1),
        ("blue", 2),
    ]


def test_the_desks_head_owes_a_monthly_report_at_the_top(office: Office) -> None:
    """Month after month while it stands there, also when it was dispatched there; not while it is replied."""
    it = unrouted(office).by_clerk("dispatch", rung="7")
    assert it.due("city_report") == "Sun 2026-08-16 23:59"
    it.sweep_at("2026-08-17 08:30")
    assert [c["state"] for c in it.json["clocks"] if c["kind"] == "city_report"] == ["expired", "running"]
    assert it.replied().open_clocks() == {"follow_up"}
    assert "city_report" in it.by_firm("dispute").open_clocks()


# -- the fold ----------------------------------------------------------------------------------------------------------------------


def test_what_is_stored_is_what_the_clocks_own_history_gives(office: Office) -> None:
    """Started, paused, resumed, recalculated, extended, passed on: replayed, each open clock is due when its row says."""
    it = report(office).at("2026-07-16 11:00").by_lead("ask_suspension").decide()
    it.at("2026-07-21 15:00").by_clerk("resume").by_head("amend", case_class="hard", severity="3")
    it.by_lead("ask_extension", date="2026-08-20").decide().decide().at("2026-07-22 09:00").by_head("reassign")
    it.by_lead("ask_suspension", date="2026-08-14").decide().at("2026-07-27 10:00").by_clerk("resume")
    checked = 0
    with office.reading() as session:
        for clock in it.case.clocks:
            replayed = replay(read_moments(session, clock.id or 0), always(office.time))
            assert replayed is not None
            assert (clock.kind, replayed.at) == (clock.kind, clock.due)
            checked += 1
    assert checked >= 6


START = datetime(2026, 7, 16, 2, 0, tzinfo=UTC)
DAYS = Limit(10, Unit.WORKING_DAYS)


def at(day: int, hour: int = 10) -> datetime:
    """A moment in July 2026, in the office's zone."""
    return datetime(2026, 7, day, hour - 8, 0, tzinfo=UTC)


def test_a_paused_clock_is_due_at_no_moment(office: Office) -> None:
    """Yet what it was due at when the pause began is known."""
    moments = [Moment(START, Happening.STARTED, DAYS), Moment(at(20), Happening.PAUSED)]
    assert replay(moments, always(office.time)) is None
    paused = due_at_pause(moments, always(office.time))
    assert paused is not None
    assert office.time.local(paused.at).isoformat() == "2026-07-30T17:30:00+08:00"


def test_an_order_that_cannot_have_happened_is_an_error(office: Office) -> None:
    """Resumed without a pause, extended without a date, recalculated before it started, started without a limit."""
    for moments in (
        [Moment(START, Happening.STARTED, DAYS), Moment(at(20), Happening.RESUMED)],
        [Moment(START, Happening.STARTED, DAYS), Moment(at(20), Happening.EXTENDED)],
        [Moment(START, Happening.RECALCULATED, DAYS)],
        [Moment(START, Happening.STARTED)],
    ):
        with pytest.raises(ValueError, match=r".+"):
            replay(moments, always(office.time))


@given(begun=st.integers(17, 24), length=st.integers(0, 6), limit=st.integers(1, 15))
@settings(max_examples=60, deadline=None)
def test_a_change_of_rule_never_loses_time_waited(shared: Office, begun: int, length: int, limit: int) -> None:
    """Recalculated before, in or after a pause, a clock is due at the same moment."""
    pause = [Moment(at(begun), Happening.PAUSED), Moment(at(begun + length, 11), Happening.RESUMED)]
    change = Limit(limit, Unit.WORKING_DAYS)
    before = [Moment(START, Happening.STARTED, change), *pause]
    inside = [
        Moment(START, Happening.STARTED, DAYS),
        pause[0],
        Moment(at(begun), Happening.RECALCULATED, change),
        pause[1],
    ]
    after = [Moment(START, Happening.STARTED, DAYS), *pause, Moment(at(31), Happening.RECALCULATED, change)]
    assert (
        replay(before, always(shared.time)) == replay(inside, always(shared.time)) == replay(after, always(shared.time))
    )


@pytest.mark.parametrize(
    ("limit", "paused", "resumed", "due"),
    [
        (Limit(5, Unit.WORKING_DAYS), "2026-07-16 14:00", "2026-07-17 10:00", "2026-07-23 17:30"),
        (Limit(5, Unit.WORKING_DAYS), "2026-07-16 14:00", "2026-07-20 10:00", "2026-07-24 17:30"),
        (Limit(5, Unit.WORKING_DAYS), "2026-07-17 14:00", "2026-07-20 10:00", "2026-07-24 17:30"),
        (Limit(1, Unit.WORKING_DAYS), "2026-07-16 14:00", "2026-07-20 10:00", "2026-07-20 17:30"),
        (Limit(1, Unit.HALF_DAY), "2026-07-16 11:00", "2026-07-16 15:00", "2026-07-16 17:30"),
        (Limit(10, Unit.DAYS), "2026-07-16 14:00", "2026-07-18 10:00", "2026-07-27 23:59"),
    ],
)
def test_the_closing_of_the_start_day_is_not_waited_for_twice(
    shared: Office, limit: Limit, paused: str, resumed: str, due: str
) -> None:
    """The start day does not count; of the days after it, those on whose closing minute the clock was paused do not (LIFECYCLE, Time)."""
    moments = [
        Moment(START, Happening.STARTED, limit), Moment(moment(shared, paused), Happening.PAUSED),
        Moment(moment(shared, resumed), Happening.RESUMED),
    ]  # fmt: skip
    found = replay(moments, always(shared.time))
    assert found is not None
    assert f"{shared.time.local(found.at):%Y-%m-%d %H:%M}" == due
