"""A second click is no mistake: whoever comes to what was done before is told by whom and when, in a frame that is not red."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from starlette.testclient import TestClient

from services.milestones import set_milestone
from services.office import Office
from services.receiver import receive_waiting
from services.seed import DEMO, seed
from services.sweep import sweep
from tests.mailroom import deliver_all
from tests.web.conftest import mail_of, opened, path_in, press, read, reported
from tests.web.test_factor import ASKED

pytestmark = pytest.mark.sqlite
REPLY = {"outcome": "resolved", "text": "已通电", "document": "鸳供〔2026〕12号"}
RATED = {"result": "5", "attitude": "5"}


def seal_of(client: TestClient, path: str) -> str:
    """The seal of one showing of a page: a copy that stays open in another window."""
    return next(form["seal"] for form in read(client, path).forms if "seal" in form)


def second(client: TestClient, path: str, seal: str, action: str, **typed: str) -> str:
    """What a click in the window that stayed open is answered with: 409, in the neutral frame."""
    answer = client.post(path, data={"seal": seal, "action": action, **typed})
    text: str = answer.text
    assert answer.status_code == 409
    assert 'class="said said-before" role="status"' in text
    assert "said-not" not in text
    return text


def test_an_officer_s_steps(client: TestClient, office: Office) -> None:
    """Signed for, replied, signed off: each pressed again in a window that was open before."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    seal = seal_of(client, lead)
    press(client, lead, "sign_for")
    assert "已由供电公司" in second(client, lead, seal, "sign_for")
    press(client, lead, "reply", **REPLY)
    assert "提交答复" in second(client, lead, seal, "reply", **REPLY)
    head = path_in(mail_of(deliver_all(office), "approval_asked"))
    other = seal_of(client, head)
    press(client, head, "approve")
    for action in ("approve", "refuse"):
        assert "：同意。" in second(client, head, other, action, reason="再议")
    assert "提交答复" in second(client, lead, seal, "reply", **REPLY)


def test_an_enterprise_s_steps(client: TestClient, office: Office) -> None:
    """Its report confirmed twice, its rating given twice; no officer is named to it."""
    track = reported(client, office)
    seal = seal_of(client, track)
    press(client, track, "confirm_report")
    assert "已由企业" in second(client, track, seal, "confirm_report")
    receive_waiting(office)
    lead = path_in(mail_of(deliver_all(office), "assigned_lead"))
    press(client, lead, "reply", **REPLY)
    press(client, path_in(mail_of(deliver_all(office), "approval_asked")), "approve")
    seal = seal_of(client, track)
    press(client, track, "confirm", **RATED)
    assert "已由企业" in second(client, track, seal, "confirm", **RATED)


@pytest.mark.parametrize(("first", "says"), [("accept", "：受理。"), ("dismiss", "：不予立案。")])
def test_a_clerk_s_word_on_a_report_that_waits(
    client: TestClient, office: Office, at: Callable[[str], datetime], first: str, says: str
) -> None:
    """Two clerks with the same mail."""
    reported(client, office)
    at("2026-07-20 09:00")
    sweep(office)
    clerk = path_in(mail_of(deliver_all(office), "report_waiting"))
    seal = seal_of(client, clerk)
    client.post(clerk, data={"seal": seal_of(client, clerk), "action": first})
    for action in ("accept", "dismiss"):
        said = second(client, clerk, seal, action)
        assert says in said
        assert "2026-07-20 09:00" in said


def test_a_factor_s_stage(client: TestClient, office: Office) -> None:
    """A body that decided, in another window or through another of it, presses again."""
    form = read(client, "/factor").forms[0]
    client.post(form.pop(""), data=form | ASKED)
    press(client, path_in(mail_of(deliver_all(office), "confirm_report")), "confirm_report")
    receive_waiting(office)
    body = path_in(mail_of(deliver_all(office), "approval_asked"))
    seal = seal_of(client, body)
    press(client, body, "pass_stage")
    for action in ("pass_stage", "reject_stage"):
        assert "：同意。" in second(client, body, seal, action, reason="再议")


def test_a_ruling_on_a_planned_day(client: TestClient, office: Office, at: Callable[[str], datetime]) -> None:
    """Ruled once; the other window is told by whom."""
    at("2026-07-16 09:00")
    seed(office, [DEMO / "milestones.yaml"])
    asked = {
        "what": "change",
        "project": "P02",
        "node": "structure",
        "date": "2026-09-10",
        "reason": "桩基检测补测",
        "document": "12号",
    }
    assert set_milestone(office, asked, "ask").done
    ruling = path_in(mail_of(deliver_all(office), "milestone_change_asked"))
    seal = seal_of(client, ruling)
    client.post(ruling, data={"seal": seal_of(client, ruling), "action": "refuse", "remark": "按原计划"})
    assert "：不同意。" in second(client, ruling, seal, "approve")


def test_what_was_not_done_before_is_still_a_mistake(client: TestClient, office: Office) -> None:
    """A step that the case's standing does not allow, and that nobody took, is refused in red, with what is allowed."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    answer = client.post(lead, data={"seal": seal_of(client, lead), "action": "confirm", **RATED})
    assert answer.status_code == 409
    assert "said-not" in answer.text
