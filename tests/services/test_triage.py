"""How a new report is classed and routed, and what of it goes to the desk."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from domain.lifecycle import Party
from models.directory import Project, Unit
from models.intake import Delivery, DeliveryState, Trust
from services.intake import store
from services.office import Office
from services.receiver import receive_waiting, replay
from tests.builders import AREA, LEAD, PLANNING, ROADS, envelope, everything_of, report

pytestmark = pytest.mark.sqlite


@pytest.mark.parametrize(
    ("category", "lead", "supporters", "case_class", "severity"),
    [
        ("power", LEAD, {ROADS, PLANNING}, "complex", 2), ("policy_payment", "D02", set(), "ordinary", 2),
        ("labour", "D06", {AREA}, "ordinary", 2), ("finance", "D07", {"D02"}, "complex", 2), ("dispute", AREA, set(), "ordinary", 2),
        ("site_safety", "D04", set(), "immediate", 2), ("logistics_utilities", "D14", {"D10", "D08", AREA}, "complex", 2),
    ],
)  # fmt: skip
def test_the_category_names_lead_supporters_and_class(
    office: Office, category: str, lead: str, supporters: set[str], case_class: str, severity: int
) -> None:
    """Two departments make a case complex, an area does not count; `area` is the project's."""
    case = report(office, category=category).case
    assert (case.lead, set(case.supporters), case.case_class, case.severity) == (lead, supporters, case_class, severity)
    assert (case.status, case.rung) == ("in_progress", 2 if lead == AREA else 3)


def test_site_safety_is_at_least_urgent(office: Office) -> None:
    """Whatever the reporter says; more than that stays."""
    assert report(office, category="site_safety", severity=1).case.severity == 2
    assert report(office, category="site_safety", severity=3).case.severity == 3


def test_an_unknown_category_goes_to_the_desk(office: Office) -> None:
    """New, flagged, kept as said; a clerk is told why, with the triage clock."""
    it = report(office, category="wormholes")
    assert (it.status, it.json["category"], it.open_clocks()) == ("new", None, {"triage"})
    assert {"unknown_category", "category_said:wormholes"} <= set(it.json["flags"])
    assert it.told_facts("triage_needed")[0]["why"]["en"] == "The category is unknown, so no rule names a lead"
    assert it.by_clerk("dispatch").status == "in_progress"


def test_a_category_that_leads_in_the_area_needs_one(office: Office) -> None:
    """Without a project the desk names the lead."""
    it = report(office, category="dispute", project="")
    assert (it.status, it.case.lead) == ("new", None)


def test_an_inactive_lead_falls_back_to_its_successor_and_is_flagged(office: Office) -> None:
    """Open work follows."""
    with office.writing() as session:
        session.execute(update(Unit).where(Unit.id == LEAD).values(active=False, successor_id="D13"))
    it = report(office)
    assert (it.status, it.case.lead, "lead_inactive" in it.json["flags"]) == ("in_progress", "D13", True)


def test_an_inactive_lead_without_successor_goes_to_the_desk(office: Office) -> None:
    """Reported in the clerk's mail."""
    with office.writing() as session:
        session.execute(update(Unit).where(Unit.id == LEAD).values(active=False))
    it = report(office)
    assert (it.status, "lead_inactive" in it.json["flags"]) == ("new", True)
    assert it.told_facts("triage_needed")[0]["why"]["en"] == "The lead that the rules name is no longer active"


def test_an_inactive_supporter_is_left_out(office: Office) -> None:
    """Or followed to its successor, never the lead itself."""
    with office.writing() as session:
        session.execute(update(Unit).where(Unit.id == ROADS).values(active=False))
        session.execute(update(Unit).where(Unit.id == PLANNING).values(active=False, successor_id=LEAD))
    case = report(office).case
    assert (case.lead, case.supporters, case.case_class) == (LEAD, (), "ordinary")


def test_an_unknown_project_is_kept_as_said_and_flagged(office: Office) -> None:
    """The case is opened all the same."""
    it = report(office, project="P99 新厂房")
    assert (it.json["project"], "unknown_project" in it.json["flags"], it.status) == ("P99 新厂房", True, "in_progress")


def test_a_project_is_known_by_code_or_name(office: Office) -> None:
    """In any letter case."""
    with office.reading() as session:
        name = session.get_one(Project, "P02").name_zh
    assert [report(office, project=said).json["project"] for said in ("p02", name)] == ["P02", "P02"]


def test_the_reporter_is_told_and_asked_for_nothing(office: Office) -> None:
    """A signed delivery becomes a case at once."""
    it = report(office)
    assert it.told("case_opened") == ["p02@example.com"]
    assert it.events("reported")[0]["actor"]["party"] == Party.ENTERPRISE.value


# -- what cannot be read ---------------------------------------------------------------------------------------------------------------


def sent(office: Office, body: bytes, key: str = "k1") -> Delivery:
    """A signed delivery after the receiver has seen it."""
    store(office, "standard", key, Trust.SIGNED, DeliveryState.WAITING, body, "application/json")
    receive_waiting(office)
    with office.reading() as session:
        return session.scalars(select(Delivery).where(Delivery.delivery_key == key)).one()


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (envelope(title=""), "title"), (envelope(title="   "), "title"), (envelope(enterprise={"email": "p02@example.com"}), "name"),
        (envelope(enterprise={"name": "甲", "email": "not an address"}), "email"), (b"\xff\xfe", "UTF-8"), (b"[]", "object"),
        (b"{", "JSON"), (b'{"type":"something.else","data":{}}', "type"), (b'{"type":"difficulty.reported","data":7}', "enterprise"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_kept_with_its_reason(office: Office, body: bytes, word: str) -> None:
    """Quarantined, never lost: the bytes are there, and it can be replayed."""
    row = sent(office, body)
    assert (row.state, row.body) == (DeliveryState.QUARANTINED, body)
    assert row.problem is not None
    assert word in row.problem
    assert replay(office, [row.receipt]) == 1
    assert receive_waiting(office).quarantined == 1


def test_one_that_cannot_be_read_stops_no_other(office: Office) -> None:
    """A batch with one bad delivery opens the good ones."""
    for n, body in enumerate((envelope(title=""), envelope(title="甲"), b"\xff", envelope(title="乙"))):
        store(office, "standard", f"b{n}", Trust.SIGNED, DeliveryState.WAITING, body, "application/json")
    done = receive_waiting(office)
    assert (done.taken, len(done.cases), done.quarantined, done.dispatched) == (4, 2, 2, 2)


def test_taking_up_again_adds_nothing(office: Office) -> None:
    """What was taken up is done."""
    report(office)
    before = everything_of(office)
    assert receive_waiting(office).taken == 0
    assert everything_of(office) == before
