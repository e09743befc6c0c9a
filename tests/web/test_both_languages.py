"""Names on pages and in mails: never a code, never both languages in one line, and each in its reader's own."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from models.directory import Account, Project
from services.office import Office
from services.receiver import receive_waiting
from tests.mailroom import deliver_all
from tests.web.conftest import mail_of, opened, path_in, press, read, reported
from tests.web.test_factor import ASKED

pytestmark = pytest.mark.sqlite

NAMES = {
    "zh": ("用电", "湖粲钠离子电池及系统项目一期", "较急"),
    "en": ("Power", "Hucan Sodium-ion Battery", "Urgent"),
}
JOINED = re.compile(r"[\u4e00-\u9fff）] / [A-Za-z]")


def texts(client: TestClient, path: str) -> dict[str, str]:
    """A page's text in both languages."""
    return {language: read(client, f"{path}?lang={language}").text for language in ("zh", "en")}


def test_the_reporter_confirms_names_and_no_codes(client: TestClient, office: Office) -> None:
    """What is to be confirmed is what the form showed: the kind, the project and the urgency by their names."""
    for language, text in texts(client, reported(client, office)).items():
        for name in NAMES[language]:
            assert name in text
        assert not re.search(r"\bpower\b|\bP02\b", text)


@pytest.mark.parametrize("public", [True, False])
def test_a_project_that_is_not_public_is_named_to_no_stranger(client: TestClient, office: Office, public: bool) -> None:
    """Whoever guesses a code learns no name from the page on which they confirm."""
    with office.writing() as session:
        project = session.get_one(Project, "P01")
        project.facts = {**project.facts, "public": public}
        name = project.name_zh
    assert (name in read(client, reported(client, office, project="P01")).text) is public


def test_the_head_reads_what_is_asked_in_one_language(client: TestClient, office: Office) -> None:
    """The approval, the unit and the outcome are named in the reader's language alone."""
    lead = path_in(mail_of(opened(client, office), "assigned_lead"))
    press(client, lead, "reply", outcome="resolved", text="8月5日前完成", document="12号")
    said = texts(client, path_in(mail_of(deliver_all(office), "approval_asked")))
    assert "答复签发" in said["zh"]
    assert "Sign-off of the reply" in said["en"]
    assert "Sign-off" not in said["zh"]
    assert "供电公司" in said["zh"]
    assert "Power Supply" in said["en"]
    for text in said.values():
        assert not JOINED.search(text)


def test_the_reply_s_outcome_is_named_in_one_language(client: TestClient, office: Office) -> None:
    """The enterprise reads how the matter was settled in its own language."""
    mails = opened(client, office)
    lead, track = (path_in(mail_of(mails, name)) for name in ("assigned_lead", "case_opened"))
    press(client, lead, "reply", outcome="resolved", text="8月5日前完成", document="12号")
    press(client, path_in(mail_of(deliver_all(office), "approval_asked")), "approve")
    said = texts(client, track)
    assert "办成" in said["zh"]
    assert "Solved" in said["en"]
    for text in said.values():
        assert not JOINED.search(text)


def test_a_request_s_stage_is_named_in_one_language(client: TestClient, office: Office) -> None:
    """Which stage is to be decided, on the body's page, in its mail and in the enterprise's history."""
    form = read(client, "/factor").forms[0]
    client.post(form.pop(""), data=form | ASKED, follow_redirects=False)
    confirm = path_in(mail_of(deliver_all(office), "confirm_report"))
    asked = texts(client, confirm)
    assert "118 亩" in asked["zh"]
    assert "用地" in asked["zh"]
    press(client, confirm, "confirm_report")
    receive_waiting(office)
    mail = mail_of(deliver_all(office), "approval_asked")
    assert not JOINED.search(mail.text)
    assert "需求登记" in mail.text
    for path in (path_in(mail), confirm):
        for language, text in texts(client, path).items():
            assert not JOINED.search(text)
            assert ("需求登记" in text) is (language == "zh")


def test_an_officer_s_mail_names_the_project_in_their_language(client: TestClient, office: Office) -> None:
    """Who reads English is told the project by its English name."""
    with office.writing() as session:
        session.execute(update(Account).values(locale="en"))
    mail = mail_of(opened(client, office), "assigned_lead")
    assert "Hucan Sodium-ion Battery" in mail.text
    assert "湖粲钠离子电池及系统项目一期" not in mail.text
