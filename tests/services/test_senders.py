"""Who reports: firms, contacts and projects are found together, and made once for all reports that name them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from models.directory import Contact, Enterprise
from services.office import Office
from services.report import Report, read_report
from services.senders import find_senders

CONFIRMED = datetime(2026, 7, 16, 3, 0, tzinfo=UTC)
CODE, OTHER = "91330402MA0000001X", "91330402MA0000002T"


def said(name: str, email: str = "", phone: str = "", uscc: str = "", project: str = "") -> Report:
    """A report of that firm. The code is given as read: its check digit is another test's matter."""
    report = read_report(
        {"enterprise": {"name": name, "email": email, "phone": phone}, "title": "路不通", "project": project}
    )
    return Report(**{f: getattr(report, f) for f in report.__slots__} | {"uscc": uscc or None})


def found(
    office: Office, *reports: Report, confirmed: datetime | None = None
) -> list[tuple[int, int, str | None, tuple[str, ...]]]:
    """(enterprise, contact, project, flags) of each report of one batch."""
    with office.writing() as session:
        senders = find_senders(session, [(report, confirmed) for report in reports])
        return [(s.enterprise.id, s.contact.id, s.project.id if s.project else None, s.flags) for s in senders]


def test_a_new_firm_that_reports_twice_in_a_batch_is_made_once(office: Office) -> None:
    """Also its contact; another person of the firm is another contact."""
    first, again, other = found(
        office, said("新来企业", "a@example.com"), said("新来企业", "a@example.com"), said("新来企业", "b@example.com")
    )
    assert first == again
    assert (other[0], other[1] != first[1]) == (first[0], True)
    assert found(office, said("新来企业", "a@example.com")) == [first]


def test_a_code_goes_before_a_name_and_is_learned(office: Office) -> None:
    """A name with another code is another firm; a firm known by name alone keeps the first code that it gives."""
    known, coded, renamed, namesake = found(
        office, said("某企业", "a@example.com"), said("某企业", "a@example.com", uscc=CODE),
        said("改名企业", "a@example.com", uscc=CODE), said("某企业", "a@example.com", uscc=OTHER),
    )  # fmt: skip
    assert known[0] == coded[0] == renamed[0] != namesake[0]


def test_who_has_no_address_is_known_by_phone(office: Office) -> None:
    """And never mixed up with another firm's person of the same number."""
    one, again, elsewhere = found(
        office, said("甲企业", phone="0573-1"), said("甲企业", phone="0573-1"), said("乙企业", phone="0573-1")
    )
    assert one == again
    assert one[1] != elsewhere[1]


def test_a_confirmed_address_stays_confirmed(office: Office) -> None:
    """A later report that nobody has confirmed takes nothing back."""
    [(_, contact, _, _)] = found(office, said("甲企业", "a@example.com"), confirmed=CONFIRMED)
    found(office, said("甲企业", "a@example.com"))
    with office.reading() as session:
        assert session.get_one(Contact, contact).verified_at == CONFIRMED


@pytest.mark.parametrize("named", ["P02", "p02"])
def test_a_project_is_known_by_its_code_or_name(office: Office, named: str) -> None:
    """In Chinese, in English whatever the case of its letters; one that nobody knows is flagged."""
    assert [row[2:] for row in found(office, said("甲", project=named), said("甲", project="无此项目"), said("甲"))] == [
        ("P02", ()), (None, ("unknown_project",)), (None, ()),
    ]  # fmt: skip


def test_a_large_batch_is_found_in_few_questions(office: Office) -> None:
    """As many firms as reports, all of them made, all found again."""
    reports = [said(f"第{n}企业", f"firm{n}@example.com") for n in range(450)]
    made = found(office, *reports)
    assert len({row[0] for row in made}) == 450
    assert found(office, *reports) == made
    with office.reading() as session:
        assert session.scalar(select(func.count()).where(Enterprise.name.like("第%企业"))) == 450
