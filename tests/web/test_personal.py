"""The pages behind personal links: looking changes nothing, acting needs the page's own form, and a link gives what it says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import and_, select, update
from starlette.testclient import TestClient

from models.case import Event, EventText
from models.office import AccessLink
from services.case_view import case_json
from services.links import hash_token
from services.office import Office
from services.sweep import sweep
from tests.mailroom import deliver_all
from tests.web.conftest import Page, mail_of, opened, path_in, press, read, reported

pytestmark = pytest.mark.sqlite

CODE = "DIF-2026-0001"
HOSTILE = """<script>alert(1)</script>"'&{{ 7919*7907 }}"""


def case(office: Office) -> dict[str, object]:
    """The case as machines see it."""
    found = case_json(office, CODE)
    assert found is not None
    return found


def expire(office: Office, path: str, *, revoked: bool = False) -> None:
    """Let a link end."""
    now = office.real_now()
    values = {"revoked_at": now} if revoked else {"expires_at": now - timedelta(seconds=1)}
    with office.writing() as session:
        token = hash_token(path.rsplit("/", 1)[1])
        session.execute(update(AccessLink).where(AccessLink.token_hash == token).values(**values))


def test_a_report_goes_the_whole_way_through_its_pages(client: TestClient, office: Office) -> None:
    """Confirmed, signed for, answered, signed off, disputed, handled again, confirmed: each step by a page's own form."""
    mails = opened(client, office)
    track = path_in(mail_of(mails, "case_opened"))
    lead = path_in(mail_of(mails, "assigned_lead"))
    supporter = path_in(mail_of(mails, "assigned_supporter", "jtj"))
    assert "供电公司" in read(client, track).text
    assert "2026年7月30日（周四）17:30" in read(client, track).text

    assert "sign_for" in read(client, lead).actions
    assert "已记录：签收" in press(client, lead, "sign_for").text
    assert "sign_for" not in read(client, lead).actions
    press(client, lead, "contact", how="电话", text="已约定现场查看")
    press(client, supporter, "answer", text="管位可从人行道下穿过")
    press(client, lead, "reply", outcome="resolved", text="8月5日前完成", document="鸳供〔2026〕12号")
    assert case(office)["status"] == "in_progress"

    sign = path_in(mail_of(deliver_all(office), "approval_asked"))
    assert "8月5日前完成" in read(client, sign).text
    assert "已记录：同意" in press(client, sign, "approve").text
    assert "已作出决定" in read(client, sign).text
    assert read(client, sign).actions == set()

    asked = read(client, track)
    assert "问题解决了吗？" in asked.text
    assert "8月5日前完成" in asked.text
    press(client, track, "dispute", reason="仍未通电")
    assert (case(office)["status"], case(office)["round"], case(office)["rung"]) == ("in_progress", 2, 4)
    assert "第2轮" in read(client, track).text

    deliver_all(office)
    press(client, lead, "reply", outcome="resolved", text="已通电", document="鸳供〔2026〕15号")
    press(client, path_in(mail_of(deliver_all(office), "approval_asked")), "approve")
    press(client, track, "confirm", result="5", attitude="4", text="谢谢")
    assert (case(office)["status"], case(office)["ratings"]) == ("closed", {"result": 5, "attitude": 4})
    assert "非常满意" in read(client, track).text


def test_looking_changes_nothing(client: TestClient, office: Office, state: Callable[[], list[str]]) -> None:
    """A mail scanner that opens every link, with GET or HEAD, leaves every row as it was."""
    confirm = reported(client, office)
    pages = [confirm]
    before = state()
    for path in pages * 2:
        assert client.get(path).status_code == client.head(path).status_code == 200
    assert state() == before
    mails = opened(client, office, title="另一件")
    pages = [path_in(mail) for mail in mails]
    assert len(pages) == 4
    before = state()
    for path in (*pages, f"{pages[0]}?lang=en", f"{pages[0]}?action=sign_for"):
        assert client.get(path).status_code == client.head(path).status_code == 200
    assert state() == before


def test_a_form_without_the_page_s_seal_does_nothing(
    client: TestClient, office: Office, state: Callable[[], list[str]]
) -> None:
    """Acting takes the page's own form: neither a link checker that posts nor the seal of another page is enough."""
    mails = opened(client, office)
    lead, supporter = (
        path_in(mail_of(mails, name, to)) for name, to in (("assigned_lead", ""), ("assigned_supporter", "jtj"))
    )
    foreign = read(client, supporter).form("answer")["seal"]
    before = state()
    for sent in (
        {},
        {"action": "sign_for"},
        {"action": "sign_for", "seal": "x"},
        {"action": "sign_for", "seal": foreign},
    ):
        assert client.post(lead, data=sent).status_code == 403
    seal = read(client, lead).form("sign_for")["seal"]
    elsewhere = {"origin": "https://elsewhere.example"}
    assert client.post(lead, data={"action": "sign_for", "seal": seal}, headers=elsewhere).status_code == 403
    assert state() == before


def test_what_the_rules_refuse_is_told_with_what_is_allowed(
    client: TestClient, office: Office, state: Callable[[], list[str]]
) -> None:
    """An action that was on an older copy of the page: 409, why not, and what may be done until when."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    form = read(client, lead).form("sign_for")
    press(client, lead, "sign_for")
    before = state()
    answer = client.post(lead, data={"action": "confirm", "seal": form["seal"]})
    assert answer.status_code == 409
    assert "目前可以" in answer.text
    for action in ("sign_for", "dispatch", "approve", "no-such", ""):
        assert client.post(lead, data={"action": action, "seal": form["seal"]}).status_code == 409
    assert state() == before


def test_a_missing_field_is_named_and_what_was_typed_stays(client: TestClient, office: Office) -> None:
    """422; the form stands open with the mistake at its field."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    form = read(client, lead).form("contact")
    answer = client.post(lead, data=form | {"how": HOSTILE, "": ""})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert "请填写“沟通内容”" in page.text
    assert [f["id"] for _, f in page.tags if f.get("aria-invalid") == "true"] == ["contact-text"]
    [how] = [f for _, f in page.tags if f.get("id") == "contact-how"]
    assert how["value"] == HOSTILE
    assert "<script" not in answer.text


def test_what_people_write_is_text_on_every_page(client: TestClient, office: Office) -> None:
    """Nothing that anybody typed becomes markup or a template, on nobody's page."""
    mails = opened(client, office, title=HOSTILE, detail=HOSTILE, contact=HOSTILE, enterprise=f"{HOSTILE} 有限公司")
    track, lead = (path_in(mail_of(mails, name)) for name in ("case_opened", "assigned_lead"))
    press(client, lead, "contact", how=HOSTILE, text=HOSTILE)
    press(client, track, "supplement", text=HOSTILE)
    press(client, lead, "reply", outcome="explained", text=HOSTILE, document=HOSTILE, policy=HOSTILE)
    sign = path_in(mail_of(deliver_all(office), "approval_asked"))
    press(client, sign, "approve", text=HOSTILE)
    for path in (track, lead, sign):
        html = client.get(path).text
        assert "<script" not in html
        assert "&lt;script&gt;" in html
        # The addresses of style sheets hold digests, in which any two figures may stand.
        assert "62615533" not in html


def test_the_step_that_is_owed_stands_open(client: TestClient, office: Office) -> None:
    """One glance tells an officer what to do next: sign for it, then contact the enterprise, then reply."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    for action, typed in (("sign_for", {}), ("contact", {"how": "电话", "text": "已联系"}), ("reply", {})):
        page = read(client, lead)
        assert next(form["action"] for form in page.forms) == action
        if typed or action == "sign_for":
            press(client, lead, action, **typed)


def test_what_is_not_owed_stands_folded(client: TestClient, office: Office) -> None:
    """While the reply awaits its signature nothing is expected of the lead: a return is possible, but not put forward."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    press(client, lead, "contact", how="电话", text="已联系")
    press(client, lead, "reply", outcome="resolved", text="8月5日前完成", document="12号")
    page = read(client, lead)
    assert "send_back" in page.actions
    assert next(form["action"] for form in page.forms) == "report"
    assert [tag for tag, found in page.tags if tag == "details" and "open" in found] == []


def test_two_approvals_are_told_apart(client: TestClient, office: Office) -> None:
    """A reply to be signed and more time to be granted are two deadlines, each named by what is asked."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    press(client, lead, "ask_extension", date="2026-08-06", reason="等待管廊设计", progress="已完成勘察")
    press(client, lead, "reply", outcome="resolved", text="8月5日前完成", document="12号")
    for language, names in (
        ("zh", ("审批：答复签发", "审批：延期申请")),
        ("en", ("Approval: sign-off of the reply", "Approval: extension")),
    ):
        text = read(client, f"{lead}?lang={language}").text
        for name in names:
            assert text.count(name) == 2, name


def test_a_new_date_is_not_called_a_date_of_resuming(client: TestClient, office: Office) -> None:
    """Each fact has the name that it had in the form in which it was asked for."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    press(client, lead, "ask_extension", date="2026-08-06", reason="等待管廊设计", progress="已完成勘察")
    head = path_in(mail_of(deliver_all(office), "approval_asked"))
    for language, name, other in (("zh", "新的完成日期", "预计恢复日期"), ("en", "New date", "Expected resume date")):
        text = read(client, f"{head}?lang={language}").text
        assert name in text
        assert other not in text


def test_a_low_rating_is_told_what_it_does(client: TestClient, office: Office) -> None:
    """Whoever rates the result as bad reads that the case goes on, not only thanks; and the history says no "confirmed"."""
    mails = opened(client, office)
    lead, track = (path_in(mail_of(mails, name)) for name in ("assigned_lead", "case_opened"))
    press(client, lead, "reply", outcome="resolved", text="8月5日前完成", document="12号")
    press(client, path_in(mail_of(deliver_all(office), "approval_asked")), "approve")
    page = press(client, track, "confirm", result="2", attitude="3")
    assert "视为未解决，我们将继续办理" in page.text
    assert "确认办结" not in page.text
    assert "（不满意）" in page.text


def test_the_enterprise_sees_no_internal_remark(client: TestClient, office: Office) -> None:
    """What units say among themselves stays among them."""
    mails = opened(client, office)
    track, lead = (path_in(mail_of(mails, name)) for name in ("case_opened", "assigned_lead"))
    press(client, lead, "report", text="内部情况：预算未落实")
    press(client, path_in(mail_of(mails, "assigned_supporter", "jtj")), "answer", text="内部答复")
    assert "内部" not in read(client, track).text
    assert "内部情况：预算未落实" in read(client, lead).text


@pytest.mark.parametrize("page", ["track", "act"])
def test_a_forged_link_leads_nowhere(client: TestClient, page: str) -> None:
    """404 with what to do; the page offers no new link."""
    for token in ("forged", "x" * 3000, "<b>", "%00", "％", "null"):
        answer = client.get(f"/{page}/{token}")
        assert answer.status_code == 404, token
        assert "链接无效" in answer.text
        assert "/link/new" not in answer.text
        assert client.head(f"/{page}/{token}").status_code == 404


def test_a_link_works_for_its_own_kind_of_page_only(client: TestClient, office: Office) -> None:
    """An officer's token opens no enterprise's page, and the other way round."""
    mails = opened(client, office)
    lead, track = (path_in(mail_of(mails, name)) for name in ("assigned_lead", "case_opened"))
    assert client.get(lead.replace("/act/", "/track/")).status_code == 404
    assert client.get(track.replace("/track/", "/act/")).status_code == 404


def test_an_expired_link_offers_a_new_one(client: TestClient, office: Office) -> None:
    """The new link goes to the same person by mail, is never shown, and works."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    form = read(client, lead).form("sign_for")
    expire(office, lead)
    answer = client.get(lead)
    assert answer.status_code == 410
    assert "链接已过期" in answer.text
    assert client.post(lead, data=form).status_code == 410
    [ask] = [each for each in Page(answer.text).forms if each[""] == "/link/new"]
    sent = client.post("/link/new", data=ask)
    assert sent.status_code == 200
    assert "/act/" not in sent.text
    mail = mail_of(deliver_all(office), "new_link")
    assert mail.to == "gongdian-lly@example.org"
    assert "sign_for" in read(client, path_in(mail)).actions


def test_a_revoked_link_offers_none(client: TestClient, office: Office) -> None:
    """Who no longer has the matter cannot ask for a way back in."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    expire(office, lead, revoked=True)
    answer = client.get(lead)
    assert answer.status_code == 410
    assert "链接已失效" in answer.text
    assert "/link/new" not in answer.text
    assert client.post("/link/new", data={"token": lead.rsplit("/", 1)[1]}).status_code == 410
    assert deliver_all(office) == []


@pytest.mark.parametrize("token", ["", "forged", "x" * 5000])
def test_a_new_link_for_a_forged_one_is_refused(client: TestClient, token: str) -> None:
    """Nobody can make the office write to anybody."""
    assert client.post("/link/new", data={"token": token}).status_code == 410


def test_asking_for_links_is_slowed_down(client: TestClient) -> None:
    """Nobody's mailbox is filled by pressing a button."""
    answers = [client.post("/link/new", data={"token": "x"}).status_code for _ in range(6)]
    assert answers == [410] * 5 + [429]


def test_guessing_is_slowed_down_and_a_right_link_is_not(client: TestClient, office: Office) -> None:
    """Wrong links beyond thirty a minute are asked to wait; a colleague behind the same address is let through."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    statuses = [client.get(f"/act/guess{n}").status_code for n in range(32)]
    assert statuses == [404] * 30 + [429] * 2
    assert client.get(lead).status_code == 200


def test_punctuation_behind_an_address_does_no_harm(client: TestClient, office: Office) -> None:
    """Mail programs take the full stop behind an address for a part of it."""
    confirm = reported(client, office)
    for stray in (".", "。", ")", "）", "，", "%E3%80%82", ">"):
        assert client.get(confirm + stray).status_code == 200, stray


def test_an_act_that_ends_its_own_link_is_not_called_a_mistake(client: TestClient, office: Office) -> None:
    """Whoever sent a case back reads that it was done, although the link is closed by it."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    form = read(client, lead).form("sign_for")
    done = client.post(lead, data=form, follow_redirects=False)
    assert done.status_code == 303
    expire(office, lead, revoked=True)
    after = client.get(lead)
    assert after.status_code == 200
    assert "已记录：签收" in after.text
    assert client.get(lead).status_code == 410


@pytest.mark.parametrize("note", ["", "x", "x.y", "eyJ1bnRpbCI6OTk5OTk5OTk5OX0=.AAAA", "é.é"])
def test_a_note_that_we_did_not_write_is_not_shown(client: TestClient, office: Office, note: str) -> None:
    """Nobody can make our page say that something was done."""
    confirm = reported(client, office)
    answer = client.get(confirm, headers={"cookie": f"said={note}".encode()})
    assert answer.status_code == 200
    assert "已完成" not in answer.text


def test_a_note_is_shown_once_and_on_its_own_page(client: TestClient, office: Office) -> None:
    """What was done on one case is not told on another."""
    mails = opened(client, office)
    lead, supporter = path_in(mail_of(mails, "assigned_lead")), path_in(mail_of(mails, "assigned_supporter", "jtj"))
    client.post(lead, data=read(client, lead).form("sign_for"), follow_redirects=False)
    assert "已完成" not in read(client, supporter).text
    assert "已完成" in read(client, lead).text
    assert "已完成" not in read(client, lead).text


def test_a_clerk_accepts_a_report_that_waits(client: TestClient, office: Office, at: Callable[[str], object]) -> None:
    """The desk's mail leads to the report; accepted, it is settled for everybody."""
    confirm = reported(client, office)
    at("2026-07-20 09:00")
    sweep(office)
    clerk = path_in(next(mail for mail in deliver_all(office) if mail.message == "report_waiting"))
    page = read(client, clerk)
    assert "第二路电源没有电力通道" in page.text
    [form] = [each for each in page.forms if "seal" in each]
    accepted = client.post(clerk, data={"seal": form["seal"], "action": "accept"})
    assert "已受理" in accepted.text
    assert client.post(clerk, data={"seal": form["seal"], "action": "dismiss"}).status_code == 409
    assert "正在登记" in read(client, confirm).text


def test_the_page_speaks_the_person_s_language_unless_they_choose(client: TestClient, office: Office) -> None:
    """A mail in Chinese leads to a page in Chinese whatever the browser prefers, and the switch is one press away."""
    confirm = reported(client, office)
    assert 'lang="zh-CN"' in client.get(confirm, headers={"accept-language": "en"}).text
    assert "Please confirm your report" in client.get(f"{confirm}?lang=en").text
    assert "Please confirm your report" in client.get(confirm).text


def test_a_late_case_says_so_in_words(client: TestClient, office: Office, at: Callable[[str], object]) -> None:
    """Colour is never alone: a shape and words stand beside it, and how many working days it is late."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    at("2026-08-05 10:00")
    page = read(client, lead)
    assert "红灯" in page.text
    assert "■" in page.text
    assert "已逾期4个工作日" in page.text


def test_no_link_is_made_by_looking(client: TestClient, office: Office) -> None:
    """Tokens are in mails alone: no page shows another one."""
    mails = opened(client, office)
    for mail in mails:
        path = path_in(mail)
        others = {path_in(each) for each in mails} - {path}
        html = client.get(path).text
        assert not [each for each in others if each in html]
    with office.reading() as session:
        hashes = set(session.scalars(select(AccessLink.token_hash)))
    assert all(hash_token(path_in(mail).rsplit("/", 1)[1]) in hashes for mail in mails)


def test_a_form_sent_twice_from_one_page_is_one_action(client: TestClient, office: Office) -> None:
    """Two clicks on "appeal" climb one rung and say the same; the page's next showing may act again; other words are another action."""
    track = path_in(mail_of(opened(client, office), "case_opened"))
    form = read(client, track).form("appeal") | {"reason": "停工三天了"}
    where = form.pop("")
    answers = [client.post(where, data=form, follow_redirects=True) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("已记录" in answer.text for answer in answers)
    assert case(office)["rung"] == 4

    form = read(client, track).form("supplement") | {"text": "补充红线图"}
    where = form.pop("")
    for text in ("补充红线图", "补充红线图", "补充地勘报告"):
        assert client.post(where, data=form | {"text": text}).status_code == 200
    assert said_of(office, "supplement") == ["补充红线图", "补充地勘报告"]
    press(client, track, "supplement", text="补充红线图")
    assert said_of(office, "supplement") == ["补充红线图", "补充地勘报告", "补充红线图"]


def test_a_second_click_reads_done_even_where_the_first_one_ended_the_link(client: TestClient, office: Office) -> None:
    """An officer who sends a case back loses it: the impatient second click is not told that the link is wrong."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    form = read(client, lead).form("send_back") | {"reason": "不属本单位职责", "basis": "三定方案", "suggested": "D14"}
    where = form.pop("")
    first, second = (client.post(where, data=form, follow_redirects=True) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert "已记录" in second.text
    assert len(said_of(office, "send_back", "reason")) == 1


def said_of(office: Office, action: str, name: str = "text") -> list[str]:
    """What was said with each event of an action, oldest first."""
    with office.reading() as session:
        found = session.scalars(
            select(EventText.text)
            .join(Event, and_(Event.case_id == EventText.case_id, Event.seq == EventText.seq))
            .where(Event.action == action)
            .order_by(Event.seq)
        )
        return [str((text or {})[name]) for text in found]
