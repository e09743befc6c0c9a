"""The table of actions against its specification, both written out; and what must never happen, by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from domain.case import Actor, Case
from domain.draft import Draft
from domain.lifecycle import ACTIONS, DESK_STEPS, Kind, Party, Status
from domain.refusals import Refused
from domain.rules import EFFECTS, check, offered
from services.case_files import Surroundings
from services.office import Office
from services.people import People, load_people
from tests.builders import ACCOUNTS, Difficulty, moment, report, standing

OPEN = "new in_progress disputed consultation suspended tracking replied"
BUT_REPLIED = "new in_progress disputed consultation suspended tracking"
AT_WORK = "in_progress disputed consultation tracking"
ANY = f"{OPEN} closed"

# The rows of the specification: from, by, to ("" stays). A desk head may do what a clerk may.
SPECIFIED: dict[str, tuple[str, str, str]] = {
    "dispatch": ("new", "rule clerk", "in_progress"),
    "settle_on_spot": ("new", "commissioner clerk", "replied"),
    "decline": ("new", "desk_head", "closed"),
    "merge": (BUT_REPLIED, "clerk", "closed"),
    "amend": (OPEN, "clerk", ""),
    "instruct": (OPEN, "deputy_chief chief", ""),
    "circular": (OPEN, "desk_head deputy_chief", ""),
    "fulfil": (BUT_REPLIED, "duty_unit", ""),
    "sign_for": ("in_progress consultation", "lead", ""),
    "contact": (AT_WORK, "lead supporter commissioner", ""),
    "send_back": ("in_progress", "lead", "disputed in_progress"),
    "rule": ("disputed", "desk_head clock", "in_progress"),
    "reassign": ("in_progress consultation tracking", "desk_head", "in_progress"),
    "answer": (AT_WORK, "supporter", ""),
    "report": (AT_WORK, "lead", ""),
    "supplement": (OPEN, "enterprise commissioner", "in_progress"),
    "ask_extension": ("in_progress", "lead", ""),
    "ask_suspension": ("in_progress", "lead", "suspended"),
    "review": ("suspended", "desk_head", ""),
    "resume": ("suspended", "clerk clock", "in_progress"),
    "no_response": ("suspended", "clock", "replied"),
    "call_consultation": ("in_progress disputed", "desk_head", "consultation"),
    "move_consultation": ("consultation", "desk_head", ""),
    "conclude": ("consultation", "desk_head", "in_progress"),
    "track": ("in_progress", "desk_head", "tracking"),
    "untrack": ("tracking", "desk_head", "in_progress"),
    "reply": ("in_progress tracking", "lead", "replied"),
    "record_follow_up": ("replied", "clerk commissioner desk_head", "closed in_progress new"),
    "confirm": ("replied", "enterprise", "closed in_progress new"),
    "dispute": ("replied closed", "enterprise", "in_progress new closed"),
    "lapse": ("replied", "clock", "closed"),
    "appeal": (BUT_REPLIED, "enterprise", ""),
    "escalate": (BUT_REPLIED, "clock unit_head", ""),
    "report_to_city": (BUT_REPLIED, "desk_head", ""),
    "withdraw": (BUT_REPLIED, "enterprise", "closed"),
    "deliver": ("closed", "lead", "replied"),
    "reopen": ("closed", "clock desk_head", "in_progress new"),
    "approve": (ANY, "approver clock", ""),
    "refuse": (ANY, "approver clock", ""),
    "hand_back": (ANY, "approver", ""),
    "resubmit": (ANY, "lead desk_head", ""),
}

REQUIRED = {
    "dispatch": "lead case_class", "settle_on_spot": "outcome text", "decline": "reason", "merge": "target", "amend": "reason",
    "instruct": "text", "circular": "reason", "fulfil": "text", "sign_for": "", "contact": "how text", "send_back": "reason basis suggested",
    "rule": "lead reason", "reassign": "lead reason", "answer": "text", "report": "text", "supplement": "text",
    "ask_extension": "date reason progress", "ask_suspension": "cause date reason", "review": "text", "resume": "",
    "no_response": "", "call_consultation": "participants date", "move_consultation": "date reason", "conclude": "minutes", "track": "reason date",
    "untrack": "case_class", "reply": "outcome text document", "record_follow_up": "answer", "confirm": "result attitude",
    "dispute": "reason", "lapse": "", "appeal": "reason", "escalate": "reason", "withdraw": "", "deliver": "text document",
    "reopen": "reason", "report_to_city": "text document", "approve": "", "refuse": "reason", "hand_back": "reason", "resubmit": "text",
}  # fmt: skip

WITH_APPROVAL = {
    "ask_extension": "extension", "ask_suspension": "suspension", "track": "tracking", "reply": "sign_off", "deliver": "delivery",
}  # fmt: skip


@pytest.mark.parametrize("name", SPECIFIED)
def test_the_row_is_the_specified_one(name: str) -> None:
    """From, by and to of each action are those of the specification."""
    sources, by, to = (set(cell.split()) for cell in SPECIFIED[name])
    row = ACTIONS[name]
    assert {s.value for s in row.sources} == sources
    assert {p.value for p in row.by} == by | ({"desk_head"} if "clerk" in by else set())
    assert {t.value for t in row.targets} == to


@pytest.mark.parametrize("name", REQUIRED)
def test_the_row_needs_what_is_specified(name: str) -> None:
    """The fields without which an action is refused, and the approval that it waits for."""
    row = ACTIONS[name]
    assert [f.name for f in row.fields if f.required] == REQUIRED[name].split()
    assert (row.approval.value if row.approval else None) == WITH_APPROVAL.get(name)


def test_no_action_is_more_and_none_is_missing() -> None:
    """The table is whole, and every row does something."""
    assert {name for name, row in ACTIONS.items() if Kind.DIFFICULTY in row.kinds} == set(SPECIFIED)
    assert set(ACTIONS) == set(EFFECTS)


def test_there_are_eight_statuses() -> None:
    """Rung, round, cycle, approvals and lights are facts beside the status."""
    assert {s.value for s in Status} == set(ANY.split())


def test_every_action_and_status_has_a_name_in_both_languages() -> None:
    """Buttons, menus and refusals are read from the table."""
    assert all(
        row.label.zh and row.label.en and all(f.label.zh and f.label.en for f in row.fields) for row in ACTIONS.values()
    )


def test_the_prefect_ui_offers_only_steps_of_the_desk() -> None:
    """What a unit, an approver or a leader decides is not among them; what an enterprise says, the desk may record."""
    never = "approve refuse reply sign_for contact send_back answer report ask_extension ask_suspension deliver instruct fulfil " \
        "escalate no_response lapse"  # fmt: skip
    assert not set(never.split()) & set(DESK_STEPS)
    assert {"supplement", "confirm", "dispute", "appeal", "withdraw", "dispatch", "rule", "reopen"} <= set(DESK_STEPS)


# -- every refusal, over one case in each status ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """A case as the rules see it, to be looked at only."""

    office: Office
    case: Case
    people: People

    def by(self, party: Party) -> Draft:
        """A draft by somebody in a capacity, with the part in the case that belongs to it."""
        case = self.case
        unit = {
            Party.LEAD: case.lead,
            Party.UNIT_HEAD: case.lead,
            Party.SUPPORTER: next(iter(case.supporters), None),
        }.get(party)
        contact = case.reporters[0] if party is Party.ENTERPRISE else None
        actor = Actor(party, "link", account=ACCOUNTS.get(party, "X99"), contact=contact, unit=unit)
        assert self.office.fixed is not None
        with self.office.reading() as session:
            place = Surroundings(session, self.people, self.office.in_force)
        return Draft(case, self.office.fixed, actor, self.office.policy, self.office.time, place)


def look(it: Difficulty) -> Look:
    """The present state of a case."""
    with it.office.reading() as session:
        return Look(it.office, it.case, load_people(session, it.office.policy))


@pytest.fixture(scope="module")
def eight(shared: Office) -> dict[str, Look]:
    """One case in each status."""
    shared.fixed = moment(shared, "2026-07-16 10:00")
    return {status.value: look(standing(shared, status)) for status in Status}


@pytest.mark.parametrize("status", ANY.split())
@pytest.mark.parametrize("name", SPECIFIED)
def test_an_action_is_refused_from_every_other_status_and_to_every_other_party(
    name: str, status: str, eight: dict[str, Look]
) -> None:
    """The refusal names the action and what is allowed now; each allowed action starts in this status."""
    sources, parties, _ = (set(cell.split()) for cell in SPECIFIED[name])
    for party in Party:
        draft = eight[status].by(party)
        if status in sources and party.value in parties | ({"desk_head"} if "clerk" in parties else set()):
            continue
        with pytest.raises(Refused) as caught:
            check(draft, name)
        expected = {"not_from_here"} if status not in sources else {"not_by_you", "speaker_missing"}
        assert caught.value.code in expected
        assert name in str(caught.value) or caught.value.code == "speaker_missing"
        assert caught.value.allowed
        assert all(status in SPECIFIED[a.action][0].split() for a in caught.value.allowed)
        assert name not in {a.name for a in offered(draft)}


ALLOWED = {
    "new": "dispatch settle_on_spot decline merge amend instruct supplement appeal escalate withdraw",
    "in_progress": "merge amend instruct sign_for contact send_back reassign answer report supplement ask_extension ask_suspension "
    "call_consultation track reply appeal escalate withdraw",
    "disputed": "merge amend instruct contact rule answer report supplement call_consultation appeal escalate withdraw",
    "consultation": "merge amend instruct sign_for contact reassign answer report supplement move_consultation conclude appeal escalate withdraw",
    "suspended": "merge amend instruct supplement review resume appeal escalate withdraw",
    "tracking": "merge amend instruct contact reassign answer report supplement untrack reply appeal escalate withdraw",
    "replied": "amend instruct supplement record_follow_up confirm dispute",
    "closed": "reopen",
}


@pytest.mark.parametrize("status", ALLOWED)
def test_a_refusal_says_exactly_what_is_allowed(status: str, eight: dict[str, Look]) -> None:
    """Only what could really be done: no answer to nothing asked, no delivery of nothing promised, no dispute of a rated case."""
    draft = eight[status].by(Party.OBSERVER)
    with pytest.raises(Refused) as caught:
        check(draft, "merge" if status == "closed" else "nothing like it")
    assert {a.action for a in caught.value.allowed} == set(ALLOWED[status].split())


def test_a_refusal_says_until_when(eight: dict[str, Look]) -> None:
    """Where a clock limits an action, its due moment stands beside it."""
    with pytest.raises(Refused) as caught:
        check(eight["in_progress"].by(Party.OBSERVER), "confirm")
    until = {a.action: a.until for a in caught.value.allowed}
    assert (until["sign_for"], until["send_back"], until["reply"]) == (
        "2026-07-16 17:30",
        "2026-07-17 17:30",
        "2026-07-30 17:30",
    )
    assert until["withdraw"] is None
    assert "send_back (by lead, until 2026-07-17 17:30)" in str(caught.value)


# -- what must never happen ------------------------------------------------------------------------------------------------

FORBIDDEN_MOVES = [
    ("new", "disputed"), ("new", "consultation"), ("new", "suspended"), ("new", "tracking"), ("disputed", "suspended"),
    ("disputed", "tracking"), ("disputed", "replied"), ("consultation", "suspended"), ("consultation", "tracking"),
    ("consultation", "replied"), ("consultation", "disputed"), ("suspended", "tracking"), ("suspended", "disputed"),
    ("suspended", "consultation"), ("tracking", "suspended"), ("tracking", "disputed"), ("tracking", "consultation"),
    ("replied", "suspended"), ("replied", "tracking"), ("replied", "consultation"), ("replied", "disputed"),
    ("closed", "suspended"), ("closed", "tracking"), ("closed", "consultation"), ("closed", "disputed"),
    ("in_progress", "new"), ("disputed", "new"), ("consultation", "new"), ("suspended", "new"), ("tracking", "new"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target"), FORBIDDEN_MOVES)
def test_no_row_leads_there(source: str, target: str) -> None:
    """Moves that no action may make, whatever the table says."""
    rows = [
        a.name
        for a in ACTIONS.values()
        if Status(source) in (a.moves_from or a.sources) and Status(target) in a.targets and source != target
    ]
    # `supplement` ends a suspension only.
    assert [name for name in rows if name != "supplement"] == []


@pytest.mark.parametrize("outcome", ["merged", "withdrawn", "reasonable_explanation", "rated"])
def test_a_final_case_stays_closed_but_for_the_desk_heads_reason(outcome: str, office: Office) -> None:
    """Merged, withdrawn, explained by the deputy chief, or rated: no enterprise, unit, clerk or clock moves it any more."""
    it = report(office)
    match outcome:
        case "merged":
            it.by_clerk("merge", target=report(office).code)
        case "withdrawn":
            it.by_firm("withdraw")
        case "rated":
            it.replied().by_firm("confirm")
        case _:
            for _ in range(3):
                it.replied().by_firm("dispute")
            it.decide("refuse")
    closed = look(it)
    assert closed.case.status is Status.CLOSED
    for name in ACTIONS:
        for party in Party:
            if (name, party) in {("reopen", Party.DESK_HEAD), ("reopen", Party.CLOCK)}:
                continue
            with pytest.raises(Refused):
                check(closed.by(party), name)
    it.by_head("reopen")
    assert (it.status, it.case.cycle) == ("in_progress", 2)


WHO_MAY_NOT = [
    ("decline", Party.CLERK), ("rule", Party.CLERK), ("reassign", Party.CLERK), ("reopen", Party.CLERK), ("conclude", Party.CLERK), ("move_consultation", Party.CLERK),
    ("track", Party.CLERK), ("untrack", Party.CLERK), ("dispatch", Party.LEAD), ("rule", Party.LEAD), ("confirm", Party.LEAD),
    ("confirm", Party.CLERK), ("dispute", Party.LEAD), ("approve", Party.LEAD), ("approve", Party.CLERK),
    ("approve", Party.DESK_HEAD), ("reply", Party.SUPPORTER), ("reply", Party.UNIT_HEAD), ("reply", Party.DESK_HEAD),
    ("ask_extension", Party.SUPPORTER), ("instruct", Party.DESK_HEAD), ("withdraw", Party.LEAD), ("lapse", Party.CLERK),
    ("no_response", Party.DESK_HEAD), ("resume", Party.LEAD), ("appeal", Party.LEAD), ("escalate", Party.LEAD),
    ("deliver", Party.UNIT_HEAD), ("reopen", Party.ENTERPRISE), ("merge", Party.ENTERPRISE), ("amend", Party.LEAD),
    ("approve", Party.OBSERVER), ("supplement", Party.OBSERVER), ("dispatch", Party.ENTERPRISE),
]  # fmt: skip


@pytest.mark.parametrize(("name", "party"), WHO_MAY_NOT)
def test_who_may_not(name: str, party: Party) -> None:
    """Decisions that belong to somebody else."""
    assert party not in ACTIONS[name].by


def test_a_clerk_records_for_an_enterprise_only_with_its_speaker(office: Office) -> None:
    """Channel and speaker are on record, and the enterprise is told."""
    it = report(office)
    clerk = Actor(Party.CLERK, "prefect", asserted=True)
    assert it.refused("appeal", clerk).code == "speaker_missing"
    result = it.attempt("appeal", replace(clerk, spoken_for="项目联络员(电话)"))
    assert result.done
    assert it.events("appeal")[0]["actor"]["spoken_for"] == "项目联络员(电话)"
    assert it.events("appeal")[0]["actor"]["channel"] == "prefect"
    assert "The desk recorded this on your behalf" in [f["what"]["en"] for f in it.told_facts("enterprise_update")]


def test_an_unknown_action_is_refused_with_what_is_allowed(office: Office) -> None:
    """Nothing that the table does not name can happen."""
    refusal = report(office).refused("delete", Party.DESK_HEAD)
    assert refusal.code == "unknown_action"
    assert refusal.allowed
