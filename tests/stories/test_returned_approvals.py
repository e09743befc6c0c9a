"""Approvals that are returned to their asker, and decided by substitutes: the same engine for replies and stages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from models.directory import Substitution
from services.case_view import case_json
from services.desk import coordinate, register
from services.factor_view import factor_json
from services.guarantees import request
from services.office import Office
from services.page_types import ActPage
from services.pages import act, act_page
from tests.mailroom import Mail, deliver_all

At = Callable[[str], datetime]

REPORT = {
    "enterprise": {"name": "禾城湖粲钠能有限公司", "contact": "项目联络员", "email": "p02@example.com"}, "project": "P02",
    "category": "power", "severity": 1, "title": "第二路电源无廊道", "detail": "",
}  # fmt: skip


def token(mails: list[Mail], who: str, message: str) -> str:
    """The newest personal link of somebody in that kind of mail."""
    mail = [m for m in mails if m.to.startswith(who) and m.message == message][-1]
    return next(link for link in mail.links if "/act/" in link).rsplit("/", 1)[1]


def state(office: Office, code: str) -> dict[str, Any]:
    """The case as machines see it."""
    found = case_json(office, code)
    assert found is not None
    return found


def test_a_sign_off_is_returned_supplemented_and_asked_again(office: Office, at: At) -> None:
    """While the asker supplements the step's clock stands still; then the head is asked once more, and signs."""
    code = register(office, REPORT, "run-1").case
    mails = deliver_all(office)
    lead = token(mails, "gongdian-lly", "assigned_lead")
    assert act(office, lead, "reply", {"outcome": "resolved", "text": "已通", "document": "1号"}).done
    head = token(deliver_all(office), "gongdian-fzr", "approval_asked")
    page = act_page(office, head)
    assert isinstance(page, ActPage)
    assert {"approve", "refuse", "hand_back"} <= {b.action.name for b in page.buttons}
    assert not act(office, head, "hand_back", {}).done
    assert act(office, head, "hand_back", {"reason": "请附现场照片"}).done
    assert not act(office, head, "approve", {}).done
    told = [m for m in deliver_all(office) if m.message == "approval_decided"]
    assert [m.to for m in told] == ["gongdian-lly@example.org"]
    assert "请附现场照片" in told[0].text
    [clock] = [c for c in state(office, code)["clocks"] if c["kind"] == "approval_step"]
    assert clock["state"] == "paused"

    at("2026-07-20 16:00")
    found = act_page(office, lead)
    assert isinstance(found, ActPage)
    assert "resubmit" in {b.action.name for b in found.buttons}
    assert act(office, lead, "resubmit", {"text": "照片已附"}).done
    assert not act(office, lead, "resubmit", {"text": "再附"}).done
    [again] = [c for c in state(office, code)["clocks"] if c["kind"] == "approval_step"]
    assert again["state"] == "running"
    assert again["due"] > clock["due"]
    head = token(deliver_all(office), "gongdian-fzr", "approval_asked")
    assert act(office, head, "approve", {}).done
    assert state(office, code)["status"] == "replied"


def test_the_desk_supplements_what_it_asked_itself(office: Office) -> None:
    """Moving a case to tracking is asked by the desk's head: returned, the desk asks again from its own page."""
    code = register(office, REPORT, "run-1").case
    assert coordinate(office, "track", [code], {"reason": "待省批复", "date": "2026-08-14"}, "run-2")[0].done
    asked = [m for m in deliver_all(office) if m.message == "approval_asked"][-1]
    deputy = next(link for link in asked.links if "/act/" in link).rsplit("/", 1)[1]
    assert act(office, deputy, "hand_back", {"reason": "请写明进度"}).done
    assert not coordinate(office, "resubmit", [code], {"text": ""}, "run-3")[0].done
    assert coordinate(office, "resubmit", [code], {"text": "已写明"}, "run-4")[0].done
    asked = [m for m in deliver_all(office) if m.message == "approval_asked"][-1]
    assert act(office, next(x for x in asked.links if "/act/" in x).rsplit("/", 1)[1], "approve", {}).done
    assert state(office, code)["status"] == "tracking"


def test_a_substitute_decides_a_stage_and_is_named_beside_the_principal(office: Office) -> None:
    """From the first to the last day of the absence; the history names both."""
    with office.writing() as session:
        session.add(
            Substitution(absent_id="H03", substitute_id="L03", first_day=date(2026, 7, 16), last_day=date(2026, 7, 20))
        )
    opened = request(
        office,
        {"type": "land", "item": "用地", "quantity": "30", "needed_by": "2027-06-30", "project": "P07"},
        "run-1",
    )
    link = token(deliver_all(office), "zgj-lly", "approval_asked")
    page = act_page(office, link)
    assert isinstance(page, ActPage)
    assert page.principal is not None
    assert act(office, link, "pass_stage", {}).done
    found = factor_json(office, opened.case)
    assert found is not None
    actor = next(e["actor"] for e in found["events"] if e["action"] == "pass_stage")
    assert (actor["account"], actor["principal"]) == ("L03", "H03")
    # Plan conformity is asked of the officer first: who has decided one step is not asked for the next.
    mails = deliver_all(office)
    assert act(office, token(mails, "zgj-lly", "approval_asked"), "pass_stage", {}).done
    asked = [m.to for m in deliver_all(office) if m.message == "approval_asked"]
    assert asked
    assert "zgj-lly@example.org" not in asked
