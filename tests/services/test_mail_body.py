"""What leaves the office: nothing of a restricted matter, and the description only where the policy says so."""

from __future__ import annotations

from services.desk import register
from services.office import Office
from services.policy_versions import adopt
from tests.builders import REPORT
from tests.mailroom import Mail, deliver_all

TITLE, DETAIL = "金丝雀项目用电保密事项", "金丝雀车间的用电负荷\uff0c夜间不足。"


def sent(office: Office, **said: object) -> list[Mail]:
    """The mails that a report registered by the desk brings."""
    deliver_all(office)
    result = register(office, {**REPORT, "title": TITLE, "detail": DETAIL, **said}, "board-1", channel="board")
    assert result.done, result.message
    return [mail for mail in deliver_all(office) if str(result.case) in mail.subject]


def full(office: Office) -> Office:
    """The office with full bodies in its policy, adopted as an operator does it."""
    text = office.settings.policy.read_text("utf-8")
    assert text.count("body_detail: brief") == 1
    adopt(office, text.replace("body_detail: brief", "body_detail: full"), recalculate=False, by="operator")
    return office


def test_a_brief_mail_names_the_matter_and_leaves_the_description_behind_its_link(office: Office) -> None:
    """The default: a title, who, until when."""
    mails = sent(office)
    assert mails
    assert all(TITLE in mail.text and "夜间不足" not in mail.text + mail.html for mail in mails)


def test_a_full_mail_tells_officers_the_description_and_no_reporter(office: Office) -> None:
    """Of two reporters neither reads the other's words by mail."""
    mails = sent(full(office))
    telling = {mail.to for mail in mails if "夜间不足" in mail.text}
    assert telling
    assert REPORT["enterprise"]["email"] not in telling
    assert any(mail.to == REPORT["enterprise"]["email"] for mail in mails)


def test_no_mail_of_a_restricted_case_carries_a_word_of_it(office: Office) -> None:
    """Mails are kept by servers and phones: of a restricted case they say the code, even where bodies are full."""
    mails = sent(full(office), restricted=True)
    assert mails
    for mail in mails:
        for form in (mail.subject, mail.text, mail.html):
            assert "金丝雀" not in form
            assert str(REPORT["enterprise"]["name"]) not in form
