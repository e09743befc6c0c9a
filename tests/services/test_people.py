"""Who answers for a role: officials of the project or category, dated substitutes, and the ladder when nobody does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import delete, select, update

from domain.case import Case
from domain.policy import Role
from models.directory import Account, AccountRole, Project, Substitution
from models.office import Outbox
from services.office import Office
from services.people import People, load_people
from tests.builders import Difficulty, report

pytestmark = pytest.mark.sqlite

TODAY = date(2026, 7, 16)


@pytest.fixture
def people(office: Office) -> Callable[[], People]:
    """Read the directory as it is now."""

    def read() -> People:
        with office.reading() as session:
            return load_people(session, office.policy)

    return read


def away(office: Office, absent: str, substitute: str, first: date = TODAY, last: date = TODAY) -> None:
    """Somebody is away, and somebody stands in."""
    with office.writing() as session:
        session.add(Substitution(absent_id=absent, substitute_id=substitute, first_day=first, last_day=last))


def who(
    people: People, role: Role, unit: str | None = None, case: Case | None = None, exclude: tuple[str, ...] = ()
) -> list[str]:
    """The accounts that answer for a role today."""
    return [f.person.id for f in people.find(role, unit, case, TODAY, exclude)]


# -- officials ---------------------------------------------------------------------------------------------------------------------


def test_the_deputy_chief_is_the_projects_official(office: Office, people: Callable[[], People]) -> None:
    """First of all."""
    assert who(people(), Role.DEPUTY_CHIEF, case=report(office).case) == ["R02"]


def test_without_a_project_it_is_the_categorys(office: Office, people: Callable[[], People]) -> None:
    """Water and sewage: urban construction."""
    assert who(people(), Role.DEPUTY_CHIEF, case=report(office, project="", category="water_gas_sewage").case) == [
        "R03"
    ]


def test_without_either_it_is_the_executive_deputy(office: Office, people: Callable[[], People]) -> None:
    """Category unknown, project none."""
    assert who(people(), Role.DEPUTY_CHIEF, case=report(office, project="", category="?").case) == ["R04"]


def test_an_official_who_is_no_deputy_chief_any_more_is_passed_over(
    office: Office, people: Callable[[], People]
) -> None:
    """The project still names the clerk's account: the category's deputy answers, else the executive one."""
    with office.writing() as session:
        session.execute(update(Project).where(Project.id == "P02").values(lead_official_id="R06"))
    assert who(people(), Role.DEPUTY_CHIEF, case=report(office, category="water_gas_sewage").case) == ["R03"]
    assert who(people(), Role.DEPUTY_CHIEF, case=report(office, category="?").case) == ["R04"]


def test_the_commissioner_is_the_projects(office: Office, people: Callable[[], People]) -> None:
    """Without a project a clerk answers."""
    assert who(people(), Role.COMMISSIONER, case=report(office).case) == ["R11"]
    assert who(people(), Role.COMMISSIONER, case=report(office, project="").case) == ["R06"]


def test_a_units_role_without_a_unit_is_nobody_in_particular(office: Office, people: Callable[[], People]) -> None:
    """A case without area or lead goes to the desk's head, never to all units' officers."""
    for role in (Role.LIAISON, Role.AREA_OFFICER, Role.UNIT_HEAD):
        assert who(people(), role, None) == ["R05"]


# -- substitutes -------------------------------------------------------------------------------------------------------------------


def test_a_substitute_acts_between_the_dates(office: Office, people: Callable[[], People]) -> None:
    """Both days inclusive; the absent one is named as principal."""
    away(office, "H08", "L08", date(2026, 7, 15), date(2026, 7, 16))
    [found] = people().find(Role.UNIT_HEAD, "D08", None, TODAY)
    assert (found.person.id, found.principal and found.principal.id, found.fell_back_from) == ("L08", "H08", None)
    [later] = people().find(Role.UNIT_HEAD, "D08", None, date(2026, 7, 17))
    assert (later.person.id, later.principal) == ("H08", None)


@pytest.mark.parametrize(("chain", "expected"), [
    (["L08"], "L08"), (["L08", "L07"], "L07"), (["L08", "L07", "L06"], "L06"), (["L08", "L07", "L06", "L05"], "R05"),
])  # fmt: skip
def test_substitutes_are_followed_three_deep(
    office: Office, people: Callable[[], People], chain: list[str], expected: str
) -> None:
    """A fourth is not: the next role up answers."""
    for absent, substitute in zip(["H08", *chain], chain, strict=False):
        away(office, absent, substitute)
    assert who(people(), Role.UNIT_HEAD, "D08") == [expected]


def test_a_circle_of_substitutes_ends_up_the_ladder(office: Office, people: Callable[[], People]) -> None:
    """Two who stand in for each other, both away."""
    away(office, "H08", "L08")
    away(office, "L08", "H08")
    assert who(people(), Role.UNIT_HEAD, "D08") == ["R05"]


def test_who_asked_is_not_asked(office: Office, people: Callable[[], People]) -> None:
    """Neither as the holder of the role nor as a substitute; the next role up answers, and no role counts as empty."""
    away(office, "H08", "L08")
    found = people()
    assert who(found, Role.UNIT_HEAD, "D08", exclude=("L08",)) == ["R05"]
    assert who(found, Role.DESK_HEAD, exclude=("R05",), case=report(office).case) == ["R02"]
    assert found.unfilled == set()


# -- empty roles -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("emptied", "role", "unit", "expected"),
    [
        (["L08"], Role.LIAISON, "D08", "H08"), (["L08", "H08"], Role.LIAISON, "D08", "R05"), (["R06"], Role.CLERK, None, "R05"),
        (["R05", "R06"], Role.CLERK, None, "R02"),
        (["R02", "R04"], Role.DEPUTY_CHIEF, None, "R01"), (["J02"], Role.AREA_OFFICER, "A02", "H15"),
    ],
)  # fmt: skip
def test_an_empty_role_falls_back_up_the_ladder(
    office: Office, people: Callable[[], People], emptied: list[str], role: Role, unit: str | None, expected: str
) -> None:
    """And is remembered, to be reported."""
    case = report(office).case
    with office.writing() as session:
        session.execute(update(Account).where(Account.id.in_(emptied)).values(active=False))
    found = people()
    [one] = found.find(role, unit, case, TODAY)
    assert (one.person.id, one.fell_back_from) == (expected, role)
    assert {r for r, _, _ in found.unfilled} == {role}


def test_an_empty_role_is_reported_to_the_operator_once_a_day(office: Office) -> None:
    """Two cases dispatched to a unit without liaison: its head gets the mails, the operator one word."""
    with office.writing() as session:
        session.execute(delete(AccountRole).where(AccountRole.role == Role.LIAISON, AccountRole.unit_id == "D08"))
    first, second = report(office), report(office)
    assert [len(set(it.told("assigned_lead"))) for it in (first, second)] == [1, 1]
    assert owed_without_case(office, "role_unfilled") == ["operator@example.org"]


def test_the_substitute_is_told_and_named(office: Office) -> None:
    """The mail goes to the substitute, and its link says for whom."""
    away(office, "L08", "H08")
    it = report(office)
    [grant] = [g for g in it.granted("assigned_lead") if g]
    assert (grant["party"], grant["unit"], grant["principal"]) == ("lead", "D08", "L08")


def owed_without_case(office: Office, message: str) -> list[str]:
    """The addresses of messages that belong to no case."""
    with office.reading() as session:
        return list(session.scalars(select(Outbox.address).where(Outbox.message == message, Outbox.case_id.is_(None))))


def test_fresh_staff_did_not_handle_the_case(office: Office, people: Callable[[], People]) -> None:
    """A clerk, else the case's commissioner; nobody when both did."""
    it: Difficulty = report(office)
    case = it.case
    for handled, expected in ((set(), ["R06"]), ({"R06"}, ["R11"]), ({"R06", "R11"}, [])):
        case.handled_by = frozenset(handled)
        assert [f.person.id for f in people().fresh(case, TODAY)] == expected
