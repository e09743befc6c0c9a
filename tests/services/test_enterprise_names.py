"""An enterprise is called by its English name where English is read, if it has one; its Chinese name is the one on record."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from models.directory import Account, Enterprise
from services.board_case import case_page
from services.board_users import BoardRole, BoardUser
from services.case_sheet import case_sheet
from services.milestone_view import plan_of
from services.office import Office
from tests.builders import report
from tests.mailroom import deliver_all

pytestmark = pytest.mark.sqlite
ENGLISH = "Hecheng Lake Sodium Energy"


@pytest.fixture
def firm(office: Office) -> str:
    """The Chinese name of the enterprise whose case is open; its English name is ENGLISH."""
    with office.writing() as session:
        session.execute(update(Enterprise).values(name_en=ENGLISH))
        session.execute(update(Account).where(Account.id == "L08").values(locale="en"))
        return session.scalars(select(Enterprise.name).where(Enterprise.name.contains("湖粲"))).one()


def test_a_mail_names_it_in_the_language_of_its_reader(office: Office, firm: str) -> None:
    """The lead's liaison reads English, the supporters' Chinese."""
    report(office)
    mails = {mail.message: mail for mail in deliver_all(office) if mail.message.startswith("assigned")}
    assert ENGLISH in mails["assigned_lead"].text
    assert firm not in mails["assigned_lead"].text
    assert firm in mails["assigned_supporter"].text


def test_pages_and_commands_have_both_names(office: Office, firm: str) -> None:
    """The case's cover, the desk's list of reporters, the project's plan, the command's sheet."""
    code = report(office).code
    page = case_page(office, BoardUser("desk", BoardRole.DESK, None, ""), code)
    assert page is not None
    plan, sheet = plan_of(office, "P02"), case_sheet(office, code)
    assert plan is not None
    assert sheet is not None
    for label in (page.head.enterprise, page.reporters[0].enterprise, plan.enterprise, sheet.head.enterprise):
        assert label is not None
        assert (label.zh, label.en) == (firm, ENGLISH)


def test_without_an_english_name_the_chinese_one_is_shown(office: Office, firm: str) -> None:
    """Nothing is made up."""
    with office.writing() as session:
        session.execute(update(Enterprise).values(name_en=None))
    sheet = case_sheet(office, report(office).code)
    assert sheet is not None
    assert sheet.head.enterprise is not None
    assert (sheet.head.enterprise.zh, sheet.head.enterprise.en) == (firm, firm)
