"""What must never be seen: a restricted case beyond its holders, a withheld reporter beyond the desk, one reporter by another.

Holders are the desk, the units that lead, support or owe something in the case, those who stand on its rung or decide on
it, and its reporters. Each test is one way in which a name has got out of a system like this one.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from domain.lifecycle import Party
from domain.refusals import Refused
from models.audit import HeadDigest
from models.case import Case, Event, EventText
from models.office import Outbox, OutboxState
from services.casebook import open_casebook
from services.desk import coordinate, register
from services.figures import figures
from services.heads import digest_today
from services.health import health
from services.identities import UNNAMED
from services.links import find_expired, mint
from services.matters import systemic_matters
from services.office import Office
from services.outbox import claim
from services.page_types import ActPage, LinkRefused, TrackPage
from services.pages import act, act_page, new_link, track_act, track_page
from services.receiver import receive_waiting
from services.same_cause import link_same_cause
from services.similar import likely_duplicates
from services.sweep import sweep
from tests.builders import DESK, LEAD, PLANNING, REPORT, ROADS, Difficulty, report

TITLE, DETAIL = "金丝雀项目用电保密事项", "金丝雀车间的用电负荷不得外传。"
FIRM, WHO, PHONE, MAIL = "禾城金丝雀装备有限公司", "金联络", "0573-86543210", "canary@example.com"
CANARIES = (FIRM, "金丝雀", WHO, PHONE, MAIL)
OTHER = {"name": "禾城鸳汀冷链有限公司", "contact": "联络员", "email": "p06@example.com"}


def told(office: Office, **said: object) -> Difficulty:
    """A difficulty that the desk registers, e.g. restricted=True or withheld=True."""
    firm = {"name": FIRM, "contact": WHO, "email": MAIL, "phone": PHONE}
    body = {**REPORT, "enterprise": firm, "project": "", "title": TITLE, "detail": DETAIL, **said}
    result = register(office, body, f"board-{json.dumps(said, ensure_ascii=False, sort_keys=True)}", channel="board")
    assert result.done, result.message
    return Difficulty(office, result.case)


def restricted(office: Office) -> Difficulty:
    """A restricted power difficulty that the rules dispatched, of a reporter whose identity is withheld as well."""
    it = told(office, restricted=True)
    with office.reading() as session:
        assert session.scalar(select(Case.restricted).where(Case.code == it.code))
    return it


def link(it: Difficulty, account: str, party: Party, unit: str | None = None) -> str:
    """A personal link to a case, as a mail would carry it."""
    with it.office.writing() as session:
        return mint(
            session,
            it.office,
            {"party": party.value, "unit": unit},
            case_id=it.id,
            delivery_id=None,
            account=account,
            contact=None,
        )


def seen(page: object) -> str:
    """All that stands on a page."""
    return repr(page)


def mails(office: Office) -> list[Outbox]:
    """Every mail that was ever owed."""
    with office.reading() as session:
        return list(session.scalars(select(Outbox).order_by(Outbox.id)))


def addresses(it: Difficulty) -> set[str]:
    """To whom mails about a case, or that name it, are owed."""
    return {
        row.address for row in mails(it.office)
        if row.case_id == it.id or it.code in json.dumps(row.facts) or TITLE in json.dumps(row.facts, ensure_ascii=False)
    }  # fmt: skip


def of_unit(office: Office, unit: str) -> set[str]:
    """The addresses of a unit's people."""
    with office.reading() as session:
        people = open_casebook(office, session).people
    return {person.email for person in people.persons.values() if person.unit == unit}


def elsewhere(it: Difficulty) -> str:
    """The histories of all other cases, with their texts."""
    with it.office.reading() as session:
        events = session.execute(
            select(Event.facts, EventText.text)
            .outerjoin(EventText, (EventText.case_id == Event.case_id) & (EventText.seq == Event.seq))
            .where(Event.case_id != it.id)
        ).all()
    return json.dumps([[facts, text] for facts, text in events], ensure_ascii=False)


def names(it: Difficulty, said: str) -> list[str]:
    """What of a case stands in a text."""
    return [word for word in (it.code, TITLE, *CANARIES) if word in said]


# -- restricted: mails -------------------------------------------------------------------------------------------------


def test_mails_of_a_restricted_case_go_to_its_holders_alone(office: Office) -> None:
    """Through dispute, ruling, notices and a climb: nobody but the desk, the units with a part, the ladder and the reporter."""
    it = restricted(office)
    it.by_lead("send_back").by_head("rule")
    it.sweep_at("2026-07-24 09:00")
    it.sweep_at("2026-08-10 09:00")
    it.at("2026-08-10 10:00").replied().by_firm("dispute")
    with office.reading() as session:
        people = open_casebook(office, session).people
    ladder = {people.persons[a].email for a in ("R01", "R02", "R05", "R06")}
    holders = of_unit(office, LEAD) | of_unit(office, ROADS) | of_unit(office, PLANNING) | of_unit(office, DESK)
    assert addresses(it) <= holders | ladder | {MAIL}
    assert MAIL in addresses(it)


def test_the_supervisors_digest_and_the_watchdog_name_no_case(office: Office) -> None:
    """The daily digest of all heads covers a restricted case and says figures alone; so does the health page."""
    it = restricted(office)
    digest_today(office)
    with office.reading() as session:
        assert session.scalars(select(HeadDigest)).one().cases == 1
    said = [json.dumps(row.facts, ensure_ascii=False) for row in mails(office) if row.message == "head_digest"]
    assert said
    assert [names(it, one) for one in (*said, json.dumps(health(office)))] == [[] for _ in range(len(said) + 1)]


# -- restricted: runs, logs, figures -----------------------------------------------------------------------------------


def test_runs_count_a_restricted_case_and_never_name_it(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """The receiver's result, the sweep's steps, dry or not, and the log: Prefect keeps them beyond our redaction."""
    caplog.set_level(logging.DEBUG)
    it = restricted(office)
    plain = report(office)
    assert names(it, repr(receive_waiting(office))) == []
    it.at("2026-08-10 09:00")
    for dry in (True, False):
        done = sweep(office, dry_run=dry)
        assert {step.case for step in done.steps} == {UNNAMED, plain.code}
        assert names(it, repr(done)) == []
        assert all(step.to == () for step in done.steps if step.case == UNNAMED)
    # What the database is asked is not written down in operation.
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith(("sqlalchemy", "aiosqlite"))]
    assert names(it, "\n".join(ours)) == []


def test_a_run_on_a_restricted_case_is_refused_without_its_name(office: Office) -> None:
    """Nothing is done, nothing is said of it; and no run tells a restricted code from the target of a merge."""
    it, plain = restricted(office), report(office)
    before = it.events()
    for n, step in enumerate(("reassign", "amend", "escalate", "nonsense")):
        [result] = coordinate(office, step, [f" {it.code.lower()} "], {"lead": ROADS, "reason": "x"}, f"run-{n}")
        assert not result.done
        assert names(it, repr(result).upper()) == []
    assert it.events() == before
    [known] = coordinate(office, "merge", [plain.code], {"target": it.code}, "run-8")
    [unknown] = coordinate(office, "merge", [plain.code], {"target": "DIF-2026-9999"}, "run-9")
    assert known.message.replace(it.code, "") == unknown.message.replace("DIF-2026-9999", "")


def test_no_suggestion_matter_or_figure_shows_a_restricted_case(office: Office) -> None:
    """Neither as a likely duplicate, on a page or in a mail, nor in what recurs, nor in any unit's or category's line."""
    it = restricted(office)
    others = [told(office, project=project) for project in ("P02", "P03", "P04")]
    with office.reading() as session:
        for other in others:
            assert it.code not in {like.code for like in likely_duplicates(session, office, other.id)}
        assert names(it, repr([m.cases for m in systemic_matters(session, office)])).count(it.code) == 0
        july = (date(2026, 7, 1), date(2026, 7, 31))
        found = figures(session, office, *july)
    assert found.received == len(others)
    assert sum(part.received for part in found.categories) == len(others)
    assert next(part.received for part in found.units if part.code == LEAD) == len(others)
    assert it.code not in json.dumps([row.facts for row in mails(office) if row.case_id != it.id])
    with pytest.raises(Refused):
        link_same_cause(office, [others[0].code, it.code], "cmd-1", it.actor(Party.CLERK))


def test_no_other_cases_history_names_a_restricted_case(office: Office) -> None:
    """Merged neither way: whoever holds the one would learn of the other, and its reporters would become readers."""
    it, plain = restricted(office), report(office)
    assert (
        it.refused("merge", Party.CLERK, None, target=plain.code).code
        == plain.refused("merge", Party.CLERK, None, target=it.code).code
    )
    it.by_lead("send_back").by_head("rule")
    it.sweep_at("2026-08-10 09:00")
    assert names(it, elsewhere(it)) == []


def test_two_restricted_cases_can_be_merged(office: Office) -> None:
    """What would keep the desk from its work is no secrecy."""
    it = restricted(office)
    second = told(office, restricted=True, title="另一件")
    second.by_clerk("merge", target=it.code)
    assert second.status == "closed"


# -- restricted: links -------------------------------------------------------------------------------------------------


def test_a_unit_that_lost_its_part_sees_a_restricted_case_no_more(office: Office) -> None:
    """Officer, head and observer of the former lead: the page is gone, nothing can be done there, no new link is sent."""
    it = restricted(office)
    tokens = [
        link(it, account or "R06", party, LEAD)
        for account, party in (
            (it.actor(Party.LEAD).account, Party.LEAD),
            (it.actor(Party.UNIT_HEAD).account, Party.UNIT_HEAD),
            (it.actor(Party.LEAD).account, Party.OBSERVER),
        )
    ]
    assert all(isinstance(act_page(office, token), ActPage) for token in tokens)
    it.by_lead("sign_for").by_head("reassign")
    for token in tokens:
        with pytest.raises(LinkRefused):
            act_page(office, token)
        with pytest.raises(LinkRefused):
            act(office, token, "escalate", {"reason": "x"})
        assert new_link(office, token) is False
        with office.reading() as session:
            assert find_expired(session, token) is None
    assert it.case.lead == ROADS


def test_a_mail_that_was_late_opens_nothing(office: Office) -> None:
    """Owed while the unit led, sent after it lost its part: its link leads nowhere."""
    it = restricted(office)
    it.by_lead("sign_for").by_head("reassign")
    mine = of_unit(office, LEAD)
    claimed = [letter for letter in claim(office, "test", 500) if letter.address in mine]
    letters = [part for letter in claimed for part in letter.parts if part.case_id == it.id]
    assert {letter.message for letter in letters} >= {"assigned_lead", "case_update"}
    for letter in letters:
        with pytest.raises(LinkRefused):
            act_page(office, letter.links["act"].rsplit("/", 1)[1])


def test_who_still_has_a_part_keeps_their_link(office: Office) -> None:
    """A supporter, the new lead, a unit that owes a duty, and the desk."""
    it = restricted(office)
    it.act("instruct", Party.DEPUTY_CHIEF, None, unit="D01", date="2026-08-03", text="请出具意见")
    for account, party, unit in (
        (it.actor(Party.LEAD).account, Party.LEAD, it.case.lead),
        (it.actor(Party.SUPPORTER, PLANNING).account, Party.SUPPORTER, PLANNING),
        (it.actor(Party.DUTY_UNIT, "D01").account, Party.DUTY_UNIT, "D01"),
        ("R05", Party.DESK_HEAD, None),
        ("R02", Party.DEPUTY_CHIEF, None),
    ):
        assert isinstance(act_page(office, link(it, account or "", party, unit)), ActPage)


# -- withheld reporters ------------------------------------------------------------------------------------------------


def test_a_withheld_reporter_is_named_in_no_officials_mail(office: Office) -> None:
    """Neither enterprise nor person, phone or address, to whomever it goes but the reporter: notices, approvals, climbs."""
    it = told(office, withheld=True, title="用电事项", detail="需要增容。")
    it.by_lead("sign_for").by_lead("contact").by_lead("ask_extension").decide().decide("refuse")
    it.sweep_at("2026-08-10 09:00")
    it.at("2026-08-10 10:00").replied().by_firm("dispute", reason="仍未解决")
    others = [row for row in mails(office) if row.case_id == it.id and row.address != MAIL]
    assert len({row.message for row in others}) >= 6
    leaks = [
        (row.message, word) for row in others for word in CANARIES if word in json.dumps(row.facts, ensure_ascii=False)
    ]
    assert leaks == []


def test_a_withheld_reporter_is_on_no_officials_page(office: Office) -> None:
    """The lead's, a supporter's, the head's and the deputy chief's page show the matter and not whose it is."""
    it = told(office, withheld=True, title="用电事项", detail="需要增容。")
    for account, party, unit in (
        (it.actor(Party.LEAD).account, Party.LEAD, it.case.lead),
        (it.actor(Party.SUPPORTER, ROADS).account, Party.SUPPORTER, ROADS),
        (it.actor(Party.UNIT_HEAD).account, Party.UNIT_HEAD, it.case.lead),
        ("R02", Party.DEPUTY_CHIEF, None),
    ):
        page = act_page(office, link(it, account or "", party, unit))
        assert isinstance(page, ActPage)
        assert page.contact == ()
        assert "需要增容" in seen(page)
        assert [word for word in CANARIES if word in seen(page)] == []


def test_a_withheld_reporter_is_not_told_to_who_is_merged_in(office: Office) -> None:
    """The second reporter sees where the matter stands and the reply; not who else reported, nor what they wrote."""
    it = told(office, withheld=True, title="用电事项")
    it.by_firm("supplement", text="金丝雀车间补充")
    second = report(office, enterprise=OTHER, project="P06", title="用电事项")
    second.by_clerk("merge", target=it.code)
    page = track_page(office, reader(it, OTHER["email"]))
    assert isinstance(page, TrackPage)
    assert page.case is not None
    assert page.case.detail == ""
    assert [word for word in CANARIES if word in seen(page)] == []
    own = track_page(office, reader(it, MAIL))
    assert "金丝雀车间补充" in seen(own)
    facts = [json.dumps(row.facts, ensure_ascii=False) for row in mails(office) if row.address == OTHER["email"]]
    assert [word for word in CANARIES for one in facts if word in one] == []


def test_reporters_of_one_matter_do_not_read_each_other(office: Office) -> None:
    """Even where nobody is withheld: another enterprise's detail and words are its own; the desk's record of them too."""
    it = told(office, title="用电事项")
    it.by_firm("supplement", text="金丝雀车间补充")
    second = report(office, enterprise=OTHER, project="P06", title="用电事项")
    second.by_clerk("merge", target=it.code)
    page = track_page(office, reader(it, OTHER["email"]))
    assert DETAIL not in seen(page)
    assert "金丝雀车间补充" not in seen(page)


def reader(it: Difficulty, address: Any) -> str:
    """The tracking link in the last mail of a case to a reporter."""
    with it.office.writing() as session:
        row = session.scalars(
            select(Outbox).where(Outbox.case_id == it.id, Outbox.address == address).order_by(Outbox.id.desc())
        ).first()
        assert row is not None, f"no mail to {address}"
        return mint(
            session, it.office, row.grant or {}, case_id=it.id, delivery_id=None, account=None, contact=row.contact_id
        )


# -- merged reporters stay informed ------------------------------------------------------------------------------------


def test_merged_reporters_get_the_targets_news_and_its_reply_and_rate_nothing(office: Office) -> None:
    """Both are told of the merge; updates, reply and closing go to both; the first reporter alone rates."""
    target = report(office)
    merged = report(office, enterprise=OTHER, project="P06")
    merged.by_clerk("merge", target=target.code)
    second = OTHER["email"]
    assert merged.told("case_closed")[0] == second
    assert target.told("enterprise_update").count(second) == 1
    with office.writing() as session:
        for row in session.scalars(select(Outbox)):
            row.state = OutboxState.VOID
    target.by_lead("sign_for").by_head("reassign").replied()
    assert second in target.told("reply_to_confirm")
    assert target.told("enterprise_update").count(second) == 2
    token = reader(target, second)
    page = track_page(office, token)
    assert page.principal is False
    assert {button.action.name for button in page.buttons} <= {"supplement", "withdraw"}
    for action, values in (("confirm", {"result": "1", "attitude": "1"}), ("dispute", {"reason": "不满意"})):
        assert track_act(office, token, action, values).done is False
    assert target.status == "replied"
    target.by_firm("confirm")
    assert target.told("case_closed").count(second) == 1
    assert asdict(target.case)["rating_result"] == 5
