"""A consultation gives three duties: one is done, one is done late, one is not done at all."""

from __future__ import annotations

from sqlalchemy import select

from domain.lifecycle import Party
from domain.policy import Role
from models.directory import Account
from services.office import Office
from services.page_types import ActPage
from services.pages import act, act_page
from tests.builders import PLANNING, ROADS, Difficulty, holder, report
from tests.mailroom import Mail, deliver_all


def page_of(office: Office, mail: Mail) -> tuple[str, ActPage]:
    """The token of a mail's link, and the officer's page behind it."""
    token = mail.links[0].rsplit("/", 1)[1]
    page = act_page(office, token)
    assert isinstance(page, ActPage)
    return token, page


def box(office: Office, role: Role, unit: str) -> str:
    """The mailbox of a unit's officer or head."""
    account = holder(office, role, unit)
    with office.reading() as session:
        return str(session.scalar(select(Account.email).where(Account.id == account)))


def days(it: Difficulty, first: int, last: int) -> None:
    """Sweep at opening and after closing of each day of July."""
    for day in range(first, last + 1):
        it.sweep_at(f"2026-07-{day:02d} 08:30")
        it.sweep_at(f"2026-07-{day:02d} 17:40")


def colours(it: Difficulty, unit: str) -> list[tuple[str, str]]:
    """The notices that a unit got for its duties: colour and day."""
    return [
        (n["colour"], n["issued_at"][:10]) for n in it.json["notices"] if n["clock"] == "duty" and n["owner"] == unit
    ]


def test_three_duties(office: Office) -> None:
    """Blue two days ahead; yellow the day after, red on the third; one rung up for each that was not done in time, once."""
    it = report(office).by_lead("contact")
    for unit in (ROADS, PLANNING):
        it.act("answer", Party.SUPPORTER, unit)
    it.by_head("call_consultation", participants=[ROADS, PLANNING, "D10"])
    it.at("2026-07-17 10:00").by_head(
        "conclude", duties=f"{ROADS};出具路由;2026-07-24\n{PLANNING};核定红线;2026-07-24\nD10;开挖许可;2026-07-24"
    )
    deliver_all(office)

    # Roads reports its duty done in time, through the link that came with the minutes.
    days(it, 20, 21)
    it.at("2026-07-21 10:00").act("fulfil", Party.SUPPORTER, ROADS)
    days(it, 22, 24)
    assert colours(it, ROADS) == []
    assert colours(it, PLANNING) == colours(it, "D10") == [("blue", "2026-07-22")]

    # Two days pass: each of the two that were not done moved the case up, once.
    assert it.case.rung == 5
    assert [e["facts"]["cause"].split(":")[2] for e in it.events("climbed")] == [f"{PLANNING}#2", "D10#3"]

    # The guest reports on Monday, late; planning never does.
    days(it, 27, 27)
    mail = next(m for m in reversed(deliver_all(office)) if m.to == box(office, Role.LIAISON, "D10"))
    token, page = page_of(office, mail)
    assert (mail.message, [b.action.name for b in page.buttons]) == ("supervision_notice", ["fulfil"])
    assert {"核定红线", "开挖许可"} <= {c.about.zh for c in page.clocks if c.about is not None}
    assert act(office, token, "fulfil", {"text": "许可已发"}).done
    days(it, 28, 31)
    assert colours(it, "D10") == [("blue", "2026-07-22"), ("yellow", "2026-07-27")]
    assert colours(it, PLANNING) == [("blue", "2026-07-22"), ("yellow", "2026-07-27"), ("red", "2026-07-29")]
    duties = {c["subject"]: c["state"] for c in it.json["clocks"] if c["kind"] == "duty" and c["limit"] is None}
    assert duties == {f"{ROADS}#1": "met", f"{PLANNING}#2": "running", "D10#3": "met"}
    assert sum(1 for e in it.events("climbed") if "duty" in e["facts"]["cause"]) == 2


def test_the_head_answers_a_red_notice_through_its_link(office: Office) -> None:
    """The red one goes to the head and the deputy chief: the head explains, both of the desk and above read it."""
    it = report(office).by_lead("contact")
    it.act("answer", Party.SUPPORTER, PLANNING)
    days(it, 22, 24)
    head = box(office, Role.UNIT_HEAD, ROADS)
    [mail] = [m for m in deliver_all(office) if m.to == head and "红色" in m.subject]
    token, page = page_of(office, mail)
    [fulfil] = [b for b in page.buttons if b.action.name == "fulfil"]
    assert [field.name for field in fulfil.fields] == ["text"]
    assert "Answer the red notice (supporter's answer)" in {c.about.en for c in page.clocks if c.about is not None}
    assert act(office, token, "fulfil", {"text": "路由方案正在修改"}).done
    told = [m for m in deliver_all(office) if m.message == "case_update"]
    assert len(told) == 2
    assert all("路由方案正在修改" in m.text for m in told)
