"""The round trip through real mails and their links: report, handle, sign, dispute, handle again, confirm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import text

from services.case_view import case_json
from services.form import submit_form
from services.office import Office
from services.page_types import ActPage, LinkRefused
from services.pages import act, act_page, confirm_report, track_act, track_page
from services.receiver import receive_waiting
from services.sweep import sweep
from tests.everything import everything
from tests.mailroom import Mail, deliver_all

REPORT = {
    "enterprise": "禾城湖粲钠能有限公司", "contact": "项目联络员", "email": "p02@example.com", "project": "P02", "category": "power",
    "severity": "2", "title": "第二路电源无廊道", "detail": "需跨越在建道路。", "nonce": "n-1",
}  # fmt: skip

CODE = "DIF-2026-0001"


def token(mail: Mail) -> str:
    """The personal link's token in a mail."""
    return next(link for link in mail.links if "/act/" in link or "/track/" in link).rsplit("/", 1)[1]


def to(mails: list[Mail], address: str, message: str) -> Mail:
    """The one mail of that kind to that address."""
    [mail] = [m for m in mails if m.to == address and m.message == message]
    return mail


def opened(office: Office) -> tuple[list[Mail], str]:
    """A confirmed report and the mails of its dispatch, with the tracking token."""
    submit_form(office, REPORT, "zh")
    for mail in deliver_all(office):
        confirm_report(office, token(mail))
    assert receive_waiting(office).cases == (CODE,)
    mails = deliver_all(office)
    return mails, token(to(mails, "p02@example.com", "case_opened"))


def state(office: Office) -> dict[str, object]:
    """The case as machines see it."""
    found = case_json(office, CODE)
    assert found is not None
    return found


def officer(office: Office, link: str) -> ActPage:
    """An officer's page."""
    page = act_page(office, link)
    assert isinstance(page, ActPage)
    return page


def dump(office: Office) -> object:
    """Everything that the database holds."""
    with office.reading() as session:
        return everything(session)


def replied(office: Office) -> tuple[str, str, list[Mail]]:
    """A case up to its signed reply: (lead's token, tracking token, the mails of the sign-off)."""
    mails, track = opened(office)
    lead = token(to(mails, "gongdian-lly@example.org", "assigned_lead"))
    assert act(office, lead, "contact", {"how": "电话", "text": "已联系"}).done
    assert act(office, lead, "reply", {"outcome": "partial", "text": "一路已通", "document": "鸳供〔2026〕3号"}).done
    head = token(to(deliver_all(office), "gongdian-fzr@example.org", "approval_asked"))
    assert act(office, head, "approve", {}).done
    return lead, track, deliver_all(office)


def test_a_case_goes_round_from_report_to_confirmation(office: Office) -> None:
    """Sign, contact, answer, reply, sign-off, "not solved", a second round one rung up, and "solved" with two ratings."""
    mails, track = opened(office)
    assert {(m.message, m.to) for m in mails} == {
        ("assigned_lead", "gongdian-lly@example.org"), ("assigned_supporter", "jtj-lly@example.org"),
        ("assigned_supporter", "zgj-lly@example.org"), ("case_opened", "p02@example.com"),
    }  # fmt: skip
    lead, roads = (
        token(to(mails, f"{who}-lly@example.org", kind))
        for who, kind in (("gongdian", "assigned_lead"), ("jtj", "assigned_supporter"))
    )
    page = officer(office, lead)
    assert [b.action.name for b in page.buttons][:3] == ["sign_for", "contact", "reply"]
    assert "send_back" in [b.action.name for b in page.buttons]
    assert page.contact[0][1] == "项目联络员"
    assert act(office, lead, "sign_for", {}).done
    assert act(office, lead, "contact", {"how": "电话", "text": "已了解情况"}).done
    assert [b.action.name for b in officer(office, roads).buttons] == ["contact", "answer"]
    assert act(office, roads, "answer", {"text": "可从管廊预留孔通过"}).done
    assert act(office, lead, "reply", {"outcome": "resolved", "text": "已确定廊道", "document": "鸳供〔2026〕3号"}).done
    assert state(office)["status"] == "in_progress"

    asked = to(deliver_all(office), "gongdian-fzr@example.org", "approval_asked")
    head = token(asked)
    assert "已确定廊道" not in asked.text
    assert "已确定廊道" in str(officer(office, head).asked)
    assert act(office, head, "approve", {"text": "同意"}).done
    after = officer(office, head).done_already
    assert after is not None
    assert after.who.zh == "供电公司分管负责人"
    assert state(office)["status"] == "replied"

    signed = deliver_all(office)
    assert to(signed, "p02@example.com", "reply_to_confirm").links
    assert to(signed, "tjb-fb@example.org", "follow_up_due").links
    shown = track_page(office, track)
    assert shown.case is not None
    assert "鸳供〔2026〕3号" in str(shown.reply)
    assert [b.action.name for b in shown.buttons][:2] == ["confirm", "dispute"]

    assert track_act(office, track, "dispute", {"reason": "第二路仍未通电", "result": "2", "attitude": "4"}).done
    again = state(office)
    assert (again["status"], again["round"], again["rung"], again["due"]) == (
        "in_progress",
        2,
        4,
        "2026-07-23T17:30:00+08:00",
    )
    assert again["original_due"] == "2026-07-30T17:30:00+08:00"
    assert to(deliver_all(office), "gongdian-lly@example.org", "redo_started").links

    assert act(office, lead, "reply", {"outcome": "resolved", "text": "已通电", "document": "鸳供〔2026〕9号"}).done
    assert act(office, token(to(deliver_all(office), "gongdian-fzr@example.org", "approval_asked")), "approve", {}).done
    assert track_act(office, track, "confirm", {"result": "5", "attitude": "5"}).done
    closed = state(office)
    assert (closed["status"], closed["outcome"], closed["round"], closed["ratings"]) == (
        "closed", "resolved", 2, {"result": 5, "attitude": 5},
    )  # fmt: skip
    assert {m.message for m in deliver_all(office)} >= {"case_closed"}


def test_looking_changes_nothing(office: Office) -> None:
    """Opening any page, as link scanners do, leaves every table as it was."""
    mails, track = opened(office)
    before = dump(office)
    for mail in mails:
        (track_page if "/track/" in mail.links[0] else act_page)(office, token(mail))
    track_page(office, track)
    assert dump(office) == before


def test_every_mail_of_a_case_stands_in_one_thread_and_says_it_is_automatic(office: Office) -> None:
    """The code in the subject, one root in References, Auto-Submitted, and ids of their own."""
    mails, _ = opened(office)
    assert all(CODE in m.subject for m in mails)
    assert {m.references for m in mails} == {(f"<{CODE.lower()}@example.org>",)}
    assert {m.auto_submitted for m in mails} == {"auto-generated"}
    assert len({m.message_id for m in mails}) == len(mails)


def test_a_low_rating_is_a_dispute_whatever_the_button_said(office: Office) -> None:
    """A result at or below the policy's line sends the case back."""
    _, track, _ = replied(office)
    assert track_act(office, track, "confirm", {"result": "2", "attitude": "5"}).done
    assert (state(office)["status"], state(office)["round"]) == ("in_progress", 2)


def test_the_asker_cannot_sign_and_one_decision_is_enough(office: Office) -> None:
    """The lead's own link decides nothing; the head's decides once."""
    mails, _ = opened(office)
    lead = token(to(mails, "gongdian-lly@example.org", "assigned_lead"))
    act(office, lead, "reply", {"outcome": "resolved", "text": "好了", "document": "1"})
    assert not act(office, lead, "approve", {}).done
    head = token(to(deliver_all(office), "gongdian-fzr@example.org", "approval_asked"))
    assert not act(office, head, "reply", {"outcome": "resolved", "text": "x", "document": "1"}).done
    assert not act(office, head, "refuse", {}).done
    assert act(office, head, "refuse", {"reason": "请补充佐证"}).done
    assert not act(office, head, "approve", {}).done
    assert state(office)["status"] == "in_progress"
    assert "请补充佐证" in to(deliver_all(office), "gongdian-lly@example.org", "approval_decided").text


def test_a_link_dies_with_the_assignment(office: Office) -> None:
    """Sent back and ruled to another unit, the first lead's link is revoked and the new lead has one."""
    mails, _ = opened(office)
    lead = token(to(mails, "gongdian-lly@example.org", "assigned_lead"))
    fields = {"reason": "廊道属规划职责", "basis": "三定方案", "suggested": "D03"}
    assert act(office, lead, "send_back", fields).done
    desk = token(to(deliver_all(office), "tjb-zr@example.org", "ruling_needed"))
    assert act(office, desk, "rule", {"lead": "D03", "reason": "廊道由规划牵头"}).done
    assert state(office)["lead"] == "D03"
    with pytest.raises(LinkRefused) as refused:
        act_page(office, lead)
    assert refused.value.reason == "revoked"
    with pytest.raises(LinkRefused):
        act(office, lead, "contact", {"how": "x", "text": "x"})
    new = token(to(deliver_all(office), "zgj-lly@example.org", "assigned_lead"))
    assert not act(office, new, "send_back", {"reason": "x", "basis": "x", "suggested": "D08"}).done


@pytest.mark.parametrize("forged", ["", "x", "../../etc/passwd", "A" * 5000, "é\x00"])
def test_a_forged_link_leads_nowhere(office: Office, forged: str) -> None:
    """Guessing says nothing and does nothing."""
    opened(office)
    for look in (act_page, track_page):
        with pytest.raises(LinkRefused) as refused:
            look(office, forged)
        assert refused.value.reason == "unknown"


def test_an_enterprises_link_is_no_officers_link(office: Office) -> None:
    """Neither opens the other's page."""
    mails, track = opened(office)
    with pytest.raises(LinkRefused):
        act_page(office, track)
    with pytest.raises(LinkRefused):
        track_page(office, token(to(mails, "gongdian-lly@example.org", "assigned_lead")))


def test_an_expired_link_can_be_renewed_by_mail_only(office: Office) -> None:
    """The new link goes to the address on record, not to whoever asks."""
    from services.pages import new_link

    mails, _ = opened(office)
    lead = token(to(mails, "gongdian-lly@example.org", "assigned_lead"))
    with office.writing() as session:
        session.execute(text("UPDATE access_link SET expires_at = '2020-01-01 00:00:00.000000'"))
    with pytest.raises(LinkRefused) as refused:
        act_page(office, lead)
    assert (refused.value.reason, refused.value.renewable) == ("expired", True)
    assert new_link(office, lead)
    [mail] = deliver_all(office)
    assert (mail.message, mail.to) == ("new_link", "gongdian-lly@example.org")
    assert officer(office, token(mail)).buttons


def test_the_enterprise_sees_no_internal_remark(office: Office) -> None:
    """Answers of supporters, reasons of a return and names of officers stay inside."""
    mails, track = opened(office)
    roads = token(to(mails, "jtj-lly@example.org", "assigned_supporter"))
    act(office, roads, "answer", {"text": "内部意见:预算不足"})
    lead = token(to(mails, "gongdian-lly@example.org", "assigned_lead"))
    act(office, lead, "report", {"text": "内部进展"})
    shown = str(track_page(office, track))
    for hidden in ("内部", "联络员 ·", "example.org", "jtj"):
        assert hidden not in shown


def test_overdue_turns_yellow_then_red_and_climbs_once(office: Office, at: Callable[[str], datetime]) -> None:
    """The closing day passes: yellow the next working day, red on the third with one rung up; a second sweep adds nothing."""
    mails, _ = opened(office)
    act(office, token(to(mails, "gongdian-lly@example.org", "assigned_lead")), "contact", {"how": "电话", "text": "x"})
    colours: list[tuple[str, str]] = []
    for moment in ("2026-07-28 09:00", "2026-07-31 09:00", "2026-08-03 09:00", "2026-08-04 09:00"):
        at(moment)
        colours += [(moment[:10], s.step) for s in sweep(office).steps if s.clock == "close"]
        assert sweep(office).steps == ()
    assert colours == [("2026-07-28", "blue"), ("2026-07-31", "yellow"), ("2026-08-04", "red")]
    found = state(office)
    assert (found["rung"], found["light"]) == (4, "red")
    red = [m for m in deliver_all(office) if m.message == "supervision_notice" and "红色督办单" in m.subject + m.text]
    assert {"gongdian-fzr@example.org", "fqz-gy@example.org"} <= {m.to for m in red}
