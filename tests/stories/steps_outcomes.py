"""What must be true in the written stories: dates, notices, rungs, mails and refusals, as people would check them."""

from __future__ import annotations

from typing import Any

from pytest_bdd import then

from services.event_words import event_label
from tests.stories.stage import Stage, on_clock
from tests.stories.words import UNITS, Firm, SaidMoment, sentence

# -- the case ----------------------------------------------------------------------------------------------------------


@then(sentence("the case is {status:Status}"))
def _(stage: Stage, status: str) -> None:
    assert stage.case["status"] == status


@then(sentence("the case is closed as {outcome:Outcome}"))
def _(stage: Stage, outcome: str) -> None:
    case = stage.case
    assert (case["status"], case["outcome"]) == ("closed", outcome)


@then(sentence("the case of {firm:Firm} is closed as {outcome:Outcome}"))
def _(stage: Stage, firm: Firm, outcome: str) -> None:
    case = stage.case_of(stage.cases[firm.email])
    assert (case["status"], case["outcome"]) == ("closed", outcome)


@then(sentence("it is in round {number:d}"))
def _(stage: Stage, number: int) -> None:
    assert stage.case["round"] == number


@then(sentence("it is in cycle {number:d}"))
def _(stage: Stage, number: int) -> None:
    assert stage.case["cycle"] == number


@then(sentence("it stands on rung {number:d}"))
def _(stage: Stage, number: int) -> None:
    assert stage.case["rung"] == number


@then(sentence("its light is {light:Light}"))
def _(stage: Stage, light: str) -> None:
    assert stage.case["light"] == light


@then(sentence("its class is {case_class:Class}"))
def _(stage: Stage, case_class: str) -> None:
    assert stage.case["class"] == case_class


@then(sentence("{unit:Unit} leads"))
def _(stage: Stage, unit: str) -> None:
    assert stage.case["lead"] == unit


@then(sentence("{unit:Unit} leads, supported by {units:Units}"))
def _(stage: Stage, unit: str, units: list[str]) -> None:
    case = stage.case
    assert (case["lead"], sorted(case["supporters"])) == (unit, sorted(units))


@then("nobody leads it yet")
def _(stage: Stage) -> None:
    assert stage.case["lead"] is None


@then(sentence("it has the ratings {result:d} and {attitude:d}"))
def _(stage: Stage, result: int, attitude: int) -> None:
    assert stage.case["ratings"] == {"result": result, "attitude": attitude}


@then("it is unrated")
def _(stage: Stage) -> None:
    assert stage.case["ratings"] == {"result": None, "attitude": None}


# -- dates -------------------------------------------------------------------------------------------------------------


@then(sentence("the closing date is {moment:Moment}"))
def _(stage: Stage, moment: SaidMoment) -> None:
    expected = stage.moment(moment)
    case = stage.case
    assert (on_clock(case["due"]), stage.due("close"), case["estimated"]) == (expected, expected, False)


@then(sentence("the closing date is {moment:Moment}, estimated"))
def _(stage: Stage, moment: SaidMoment) -> None:
    expected = stage.moment(moment)
    case = stage.case
    assert (on_clock(case["due"]), stage.due("close"), case["estimated"]) == (expected, expected, True)


@then(sentence("the original closing date is still {moment:Moment}"))
def _(stage: Stage, moment: SaidMoment) -> None:
    assert on_clock(stage.case["original_due"]) == stage.moment(moment)


@then("nobody can say when it will be closed")
def _(stage: Stage) -> None:
    assert stage.case["due"] is None


@then(sentence("the {clock:Clock} is due {moment:Moment}"))
def _(stage: Stage, clock: str, moment: SaidMoment) -> None:
    assert stage.due(clock).replace(second=0) == stage.moment(moment)


@then(sentence("the {clock:Clock} of {unit:Unit} is due {moment:Moment}"))
def _(stage: Stage, clock: str, unit: str, moment: SaidMoment) -> None:
    assert stage.due(clock, unit) == stage.moment(moment)


@then(sentence("no {clock:Clock} is owed"))
def _(stage: Stage, clock: str) -> None:
    assert stage.running(clock) == []


@then("no clock runs any more")
def _(stage: Stage) -> None:
    assert [clock["kind"] for clock in stage.case["clocks"] if clock["state"] in ("running", "paused")] == []


# -- notices -----------------------------------------------------------------------------------------------------------


def _notices(stage: Stage, clock: str, colour: str | None = None) -> list[dict[str, Any]]:
    stage.post()
    return [n for n in stage.case["notices"] if n["clock"] == clock and colour in (None, n["colour"])]


@then(sentence("a {colour:Colour} notice about the {clock:Clock} went out on {moment:Moment}"))
def _(stage: Stage, colour: str, clock: str, moment: SaidMoment) -> None:
    stage.notice = _notices(stage, clock, colour)[-1]
    assert on_clock(stage.notice["issued_at"]) == stage.moment(moment)


@then(sentence("it went to {persons:Persons}"))
def _(stage: Stage, persons: list[str]) -> None:
    told = {m.to for m in stage.mails if m.message == "supervision_notice" and stage.notice["number"] in m.subject}
    assert told == set(persons)


@then(sentence("{unit:Unit} answers for it, {days:d} working days late"))
@then(sentence("{unit:Unit} answers for it, {days:d} working day late"))
def _(stage: Stage, unit: str, days: int) -> None:
    assert (stage.notice["owner"], stage.notice["overdue_days"]) == (unit, days)


@then(sentence("{person:Person} answers for it as approver, {days:d} working day late"))
def _(stage: Stage, person: str, days: int) -> None:
    """The delay is the approver's, and so that of the unit in which they sit."""
    assert stage.notice["owner"] == stage.unit_of(person)
    assert stage.notice["overdue_days"] == days


@then(sentence("no notice about the {clock:Clock} went out"))
def _(stage: Stage, clock: str) -> None:
    assert _notices(stage, clock) == []


@then("the overdue working days belong to:")
def _(stage: Stage, datatable: list[list[str]]) -> None:
    """A table of units and of the overdue working days of the closing date that each answers for."""
    assert stage.overdue() == {UNITS[unit][0]: int(days) for unit, days in datatable}


# -- mails and pages ---------------------------------------------------------------------------------------------------


def _says(stage: Stage, address: str, words: str) -> None:
    mails = stage.news(address)
    assert any(words in mail.subject or words in mail.text for mail in mails), [mail.subject for mail in mails]


@then(sentence('the mail to {person:Person} says "{words}"'))
def _(stage: Stage, person: str, words: str) -> None:
    _says(stage, person, words)


@then(sentence('the mail to {firm:Firm} says "{words}"'))
def _(stage: Stage, firm: Firm, words: str) -> None:
    _says(stage, firm.email, words)


@then(sentence("{person:Person} gets no mail"))
def _(stage: Stage, person: str) -> None:
    assert [mail.subject for mail in stage.news(person)] == []


@then(sentence("{firm:Firm} gets no mail"))
def _(stage: Stage, firm: Firm) -> None:
    assert [mail.subject for mail in stage.news(firm.email)] == []


@then(sentence("{person:Person} may only look"))
def _(stage: Stage, person: str) -> None:
    page = stage.page_of(person)
    assert page is not None
    assert [button.action.name for button in page.buttons] == []


@then(sentence("{person:Person} can open the case no more"))
def _(stage: Stage, person: str) -> None:
    assert stage.page_of(person) is None


@then(sentence('the desk was shown "{words}"'))
def _(stage: Stage, words: str) -> None:
    assert any(words in line.zh for line in stage.shown), stage.shown


@then("the board shows it to the desk alone")
def _(stage: Stage) -> None:
    listed, restricted = stage.listed()
    assert (stage.code in listed, stage.code in restricted) == (False, True)


@then("no run named it")
def _(stage: Stage) -> None:
    stage.settle()
    assert stage.named
    assert stage.code not in stage.named


@then(sentence('{firm:Firm} reads on its page: "{words}"'))
def _(stage: Stage, firm: Firm, words: str) -> None:
    assert words in str(stage.tracking_page(firm))


# -- refusals and history ----------------------------------------------------------------------------------------------


@then(sentence('that is refused: "{words}"'))
def _(stage: Stage, words: str) -> None:
    assert words in stage.refusal().words


@then(sentence('what is allowed now is "{what}", by {who:Party}, until {moment:Moment}'))
def _(stage: Stage, what: str, who: str, moment: SaidMoment) -> None:
    assert stage.told is not None
    until = f"{stage.moment(moment):%Y-%m-%d %H:%M}"
    assert (what, who, until) in [(a.what.en, ", ".join(p.en for p in a.by), a.until) for a in stage.told.allowed]


@then(sentence('what is allowed now is "{what}", by {who:Party}'))
def _(stage: Stage, what: str, who: str) -> None:
    assert stage.told is not None
    assert (what, who, None) in [(a.what.en, ", ".join(p.en for p in a.by), a.until) for a in stage.told.allowed]


@then("the answer does not name it")
def _(stage: Stage) -> None:
    assert stage.told is not None
    assert stage.code not in stage.told.words


@then(sentence("the history says that {person:Person} approved for {principal:Person}"))
def _(stage: Stage, person: str, principal: str) -> None:
    actor = next(e["actor"] for e in reversed(stage.case["events"]) if e["action"] == "approve")
    assert (actor["account"], actor["principal"]) == (stage.account(person), stage.account(principal))


@then("the history tells:")
def _(stage: Stage, datatable: list[list[str]]) -> None:
    """A table of what happened and who did it, in order; other lines may stand between."""
    lines = iter([(event_label(e["action"]).en, stage.who(e["actor"])) for e in stage.case["events"]])
    for what, who in datatable:
        assert (what, who) in lines, f"{what} by {who} is missing, or in another place"
