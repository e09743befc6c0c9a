"""Factor guarantees through real mails and their links: a land, a power and a finance request walk their whole chains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from domain.factor import STAGE_LABELS, StageState
from services.audit import verify
from services.factor_form import submit_factor
from services.factor_view import factor_json
from services.guarantees import advance, request
from services.office import Office
from services.page_types import ActPage, Done
from services.pages import act, act_page, confirm_report, track_act, track_page
from services.receiver import receive_waiting
from services.sweep import sweep
from tests.mailroom import Mail, deliver_all

At = Callable[[str], datetime]

LAND = {
    "type": "land",
    "item": "工业用地供应",
    "quantity": "118",
    "unit": "亩",
    "needed_by": "2027-06-30",
    "project": "P07",
}
POWER = {
    "type": "power", "item": "10千伏双电源永久供电", "quantity": "16", "unit": "MVA", "needed_by": "2027-03-31", "project": "P02",
    "attributes": {"supply": "dual"},
}  # fmt: skip
FINANCE = {
    "type": "finance", "item": "项目银团贷款", "quantity": "60000", "unit": "万元", "needed_by": "2027-03-31", "project": "P02",
}  # fmt: skip

PLANNING, POWER_CO, FINANCE_BUREAU = "zgj-fzr", "gongdian-fzr", "czjr-fzr"


def token(mail: Mail) -> str:
    """The personal link's token in a mail."""
    return next(link for link in mail.links if "/act/" in link or "/track/" in link).rsplit("/", 1)[1]


@dataclass
class Walk:
    """A request on its way: the mails that came, and the newest link of each person who is asked to decide."""

    office: Office
    code: str
    mails: list[Mail] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    number: int = 0

    def post(self) -> list[Mail]:
        """Deliver what is owed; the newest links to decide are kept."""
        new = deliver_all(self.office)
        self.mails += new
        self.asked |= {m.to.split("@")[0]: token(m) for m in new if m.message == "approval_asked"}
        return new

    def link(self, who: str, message: str) -> str:
        """The newest link that somebody got in that kind of mail."""
        self.post()
        return token([m for m in self.mails if m.to.startswith(who) and m.message == message][-1])

    def decide(self, who: str, action: str, **fields: str) -> Done:
        """Decide through the newest link of a person."""
        self.post()
        return act(self.office, self.asked[who], action, fields)

    def page(self, who: str) -> ActPage:
        """The page behind the newest link of a person who is asked."""
        self.post()
        page = act_page(self.office, self.asked[who])
        assert isinstance(page, ActPage)
        return page

    def state(self) -> dict[str, Any]:
        """The request as machines see it; its ledger always balances."""
        found = factor_json(self.office, self.code)
        assert found is not None
        assert found["granted"] + found["gap"] == found["requested"]
        return found

    def open(self) -> list[str]:
        """The stages that are open now."""
        return [s["code"] for s in self.state()["stages"] if s["state"] in ("open", "returned")]

    def desk(self, step: str, **fields: str) -> None:
        """The desk records something from paper."""
        self.number += 1
        [done] = advance(self.office, step, [self.code], fields, f"{self.code}-{self.number}")
        assert done.done, done.message


def asked_for(office: Office, data: dict[str, Any]) -> Walk:
    """A request opened by the desk."""
    opened = request(office, data, f"request-{data['type']}")
    assert opened.done, opened.message
    walk = Walk(office, opened.case)
    walk.post()
    return walk


def test_a_land_request_walks_its_ten_stages(office: Office, at: At) -> None:
    """In turn, side by side, by link and from paper: 82 of 118 mu first, the rest at the end; then it is closed."""
    walk = asked_for(office, LAND)
    assert walk.state()["status"] == "registered"
    assert walk.open() == ["demand"]
    shown = walk.page(PLANNING)
    assert shown.factor is not None
    assert (shown.factor.requested, shown.factor.gap, shown.factor.stages[0].state) == ("118", "118", "open")
    assert [b.action.name for b in shown.buttons] == ["pass_stage", "grant", "hand_back", "reject_stage"]
    assert "stage" not in {f.name for b in shown.buttons for f in b.fields}

    assert walk.decide(PLANNING, "pass_stage", text="已登记").done
    assert walk.state()["status"] == "in_progress"
    # Plan conformity is decided by the officer, then by the head.
    assert walk.decide("zgj-lly", "pass_stage").done
    assert walk.open() == ["plan_check"]
    assert walk.decide(PLANNING, "pass_stage").done
    # Quota and farmland balance stand side by side, in two units.
    assert walk.open() == ["quota", "balance"]
    assert walk.decide("nyslj-fzr", "pass_stage").done
    assert walk.open() == ["quota"]
    assert walk.decide(PLANNING, "pass_stage").done
    assert walk.open() == ["acquisition"]
    walk.desk("pass_stage", document="征收公告1号")
    assert walk.open() == ["conversion"]

    part = {"quantity": "82", "document": "浙土字〔2026〕第1号", "conditions": "两年内动工"}
    assert walk.decide(PLANNING, "grant", **part).done
    assert (walk.state()["status"], walk.state()["gap"], walk.open()) == ("partial", 36, ["conversion"])
    assert walk.decide(PLANNING, "pass_stage").done
    for stage in ("terms", "listing", "contract"):
        assert walk.open() == [stage]
        assert walk.decide(PLANNING, "pass_stage").done
    assert walk.open() == ["handover"]
    refused = walk.decide(PLANNING, "pass_stage")
    assert (refused.done, refused.field) == (False, "quantity")
    assert "36 亩" in refused.message.en
    assert walk.decide(PLANNING, "pass_stage", quantity="2.4", measure="ha", document="浙土字〔2026〕第2号").done

    done = walk.state()
    assert (done["status"], done["gap"], done["case_status"], done["outcome"], done["light"]) == (
        "fulfilled", 0, "closed", "resolved", "closed"
    )  # fmt: skip
    assert [s["state"] for s in done["stages"]] == ["done"] * 10
    assert [c["kind"] for c in done["clocks"] if c["state"] in ("running", "paused")] == []
    assert [g["quantity"] for g in done["grants"]] == [82, 36]
    assert "case_closed" in {m.message for m in walk.post()}


def test_a_power_request_is_returned_rejected_and_climbs(office: Office, at: At) -> None:
    """Returned for a supplement, the stage's clock stands still; rejected with its basis, it climbs; taken up again, it goes on."""
    walk = asked_for(office, POWER)
    assert (walk.state()["requested"], walk.state()["unit"]) == (16000, "kVA")
    assert walk.decide(POWER_CO, "pass_stage").done
    first = next(s for s in walk.state()["stages"] if s["code"] == "plan_reply")
    assert first["limit"] == "30 working_days"

    assert walk.decide(POWER_CO, "hand_back", reason="缺用电设备清单").done
    returned = walk.state()
    stage = next(s for s in returned["stages"] if s["code"] == "plan_reply")
    assert (stage["state"], stage["paused"]) == ("returned", True)
    assert not walk.decide(POWER_CO, "pass_stage").done
    told = walk.link("p02", "enterprise_update")
    page = track_page(office, told)
    assert page.factor is not None
    assert "缺用电设备清单" in str(page.timeline)
    at("2026-07-23 10:00")
    assert track_act(office, told, "supplement", {"text": "清单已补"}).done
    again = next(s for s in walk.state()["stages"] if s["code"] == "plan_reply")
    assert (again["state"], again["paused"]) == ("open", False)
    assert again["due"] > stage["due"]

    assert walk.state()["rung"] == 3
    assert walk.decide(POWER_CO, "reject_stage", reason="廊道未定", basis="供电营业规则").done
    rejected = walk.state()
    assert (rejected["status"], rejected["rung"], walk.open()) == ("rejected", 4, [])
    assert "climbed" in {m.message for m in walk.post()}
    assert [c["kind"] for c in rejected["clocks"] if c["state"] == "running"] == ["needed_by", "rung_stay"]
    walk.desk("reopen_stage", reason="廊道已协调")
    assert walk.open() == ["plan_reply"]
    assert walk.decide(POWER_CO, "pass_stage", quantity="8000", document="供电方案答复单第一路").done

    for code in ("design_review", "grid_works", "user_works", "mid_check"):
        assert walk.open() == [code]
        assert walk.decide(POWER_CO, "pass_stage").done
    # Completion is inspected by the officer or the head: one of them is enough, the other finds it decided.
    assert walk.open() == ["completion_check"]
    walk.post()
    other = walk.asked[POWER_CO]
    assert walk.decide("gongdian-lly", "pass_stage").done
    assert not act(office, other, "pass_stage", {}).done
    assert walk.open() == ["energised"]
    assert walk.decide(POWER_CO, "pass_stage", quantity="8000", document="供电方案答复单第二路").done
    assert walk.state()["status"] == "fulfilled"
    assert verify(office).findings == ()


def test_a_stage_that_nobody_decides_goes_red(office: Office, at: At) -> None:
    """Blue before, yellow and red after its day; the body's head gets the link to decide with each, and deciding ends it."""
    walk = asked_for(office, POWER)
    assert walk.decide(POWER_CO, "pass_stage").done
    steps = []
    for day in ("2026-08-26 09:00", "2026-08-31 09:00", "2026-09-02 09:00"):
        at(day)
        steps += [s.step for s in sweep(office).steps if (s.case, s.clock) == (walk.code, "factor_stage")]
    assert steps == ["blue", "yellow", "red"]
    assert walk.state()["light"] == "red"
    assert [n["colour"] for n in walk.state()["notices"]] == ["blue", "yellow", "red"]
    warned = [m for m in walk.post() if m.message == "supervision_notice" and m.to.startswith(POWER_CO)]
    assert warned
    assert act(office, token(warned[-1]), "pass_stage", {}).done
    assert walk.state()["light"] == "green"
    assert sweep(office).steps == ()


def test_a_finance_request_is_granted_drawn_expires_and_is_renewed(office: Office, at: At) -> None:
    """Approved, drawn and missing are three figures; a credit line that expires reopens the gap and the stage that granted it."""
    walk = asked_for(office, FINANCE)
    for _ in range(3):
        assert walk.decide(FINANCE_BUREAU, "pass_stage").done
    # Credit is approved by the bureau's head and the deputy chief side by side: both have to agree.
    assert walk.open() == ["credit_approval"]
    walk.post()
    deputy = next(
        m.to.split("@")[0]
        for m in reversed(walk.mails)
        if m.message == "approval_asked" and not m.to.startswith("czjr")
    )
    early = walk.decide(FINANCE_BUREAU, "pass_stage", quantity="36000", document="授信批复1号")
    assert (early.done, early.field) == (False, "quantity")
    assert walk.decide(FINANCE_BUREAU, "pass_stage").done
    assert walk.open() == ["credit_approval"]
    assert walk.decide(deputy, "pass_stage", quantity="36000", document="授信批复1号", expires="2026-12-31").done
    walk.desk("grant", stage="security", quantity="24000", document="授信批复2号")
    walk.desk("draw", grant="授信批复1号", quantity="12000")
    assert [walk.state()[k] for k in ("granted", "drawn", "gap", "status")] == [60000, 12000, 0, "fulfilled"]
    assert walk.decide(FINANCE_BUREAU, "pass_stage").done
    assert walk.decide(FINANCE_BUREAU, "pass_stage").done
    for _ in range(2):
        walk.desk("skip_stage", reason="贷款无需此环节")
    walk.desk("skip_stage", reason="贷款无需此环节")
    closed = walk.state()
    assert (closed["status"], closed["case_status"]) == ("fulfilled", "closed")
    assert [s["state"] for s in closed["stages"][-3:]] == ["skipped"] * 3

    at("2026-12-31 23:00")
    assert walk.state()["gap"] == 0
    at("2027-01-04 09:00")
    assert (walk.state()["gap"], walk.state()["status"]) == (36000, "partial")
    sweep(office)
    again = walk.state()
    assert (again["case_status"], walk.open(), again["drawn"]) == ("in_progress", ["credit_approval"], 0)
    assert again["events"][-1]["action"] != "closed"
    walk.desk("renew", grant="授信批复1号", document="续期1号", expires="2027-12-31")
    assert (walk.state()["gap"], walk.state()["drawn"]) == (0, 12000)
    walk.desk("pass_stage", document="授信批复续")
    assert walk.state()["case_status"] == "closed"


@pytest.mark.parametrize("stage", list(StageState))
def test_every_stage_state_has_a_name_for_people(stage: StageState) -> None:
    """Pages show a word, not a code."""
    assert STAGE_LABELS[stage].zh
    assert STAGE_LABELS[stage].en


def test_an_enterprise_asks_for_a_factor_on_its_form(office: Office) -> None:
    """The form's request waits for the confirmation by mail, is then opened once, and its page shows figures and stages."""
    form = LAND | {
        "unit": "", "enterprise": "禾城新客有限公司", "email": "new@example.com", "contact": "王", "nonce": "n" * 20, "note": "二期",
    }  # fmt: skip
    submit_factor(office, form, "zh")
    assert receive_waiting(office).cases == ()
    [ask] = [m for m in deliver_all(office) if m.message == "confirm_report"]
    confirm_report(office, token(ask))
    assert receive_waiting(office).cases == ("FAC-2026-0001",)
    page = track_page(office, token(ask))
    assert page.factor is not None
    assert (page.factor.requested, page.factor.unit, page.factor.status_code) == ("118", "亩", "registered")
    assert "supplement" in {b.action.name for b in page.buttons}
