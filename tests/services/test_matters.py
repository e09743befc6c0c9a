"""Systemic matters: what recurs across enterprises is one, and what the desk has confirmed counts as alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from deployments.cli import app
from domain.case import Actor
from domain.lifecycle import Party
from domain.refusals import Refused
from models.case import Case, CaseLink, Reporter
from models.office import Outbox
from services.audit import verify
from services.matters import Matter, systemic_matters
from services.office import Office
from services.same_cause import link_same_cause, unlink_same_cause
from services.seed import DEMO, seed
from tests.builders import Difficulty, report

DESK = Actor(Party.CLERK, "cli", asserted=True)
PROJECTS = {
    "P02": "禾城湖粲钠能有限公司",
    "P03": "禾城泾遥半导体有限公司",
    "P04": "禾城栖砚装备有限公司",
    "P06": "禾城鸳汀冷链有限公司",
}
DIPS = (
    ("两月内三次电压暂降造成停线", "每次停线损失数十万元，希望专项治理电压暂降。"),
    ("电压暂降导致生产线停线", "电压暂降频繁，停线损失大，请专项治理。"),
    ("频繁电压暂降，产线停线", "一个月电压暂降四次，希望治理。"),
    ("电压暂降治理", "电压暂降造成停线，损失严重。"),
)


def by(office: Office, project: str, title: str, detail: str = "", category: str = "power") -> Difficulty:
    """A report of a project's enterprise."""
    firm = {"name": PROJECTS[project], "contact": "联络员", "email": f"{project.lower()}@example.com"}
    return report(office, project=project, enterprise=firm, title=title, detail=detail, category=category)


def dips(office: Office, *projects: str) -> list[Difficulty]:
    """Voltage dips at several enterprises."""
    return [by(office, project, *said) for project, said in zip(projects, DIPS, strict=False)]


def found(office: Office) -> tuple[Matter, ...]:
    """The matters."""
    with office.reading() as session:
        return systemic_matters(session, office)


def codes(matter: Matter) -> list[str]:
    """The codes of a matter's cases."""
    return [case.code for case in matter.cases]


def restrict(it: Difficulty) -> None:
    """Make a case restricted."""
    with it.office.writing() as session:
        session.execute(update(Case).where(Case.id == it.id).values(restricted=True))


# -- what is one matter ------------------------------------------------------------------------------------------------


def test_three_enterprises_with_one_difficulty_are_one_matter(office: Office, at: Callable[[str], datetime]) -> None:
    """Shown as one, with every case, the span of days and the reason; what else is reported stays out of it."""
    first, second = dips(office, "P02", "P03")
    assert found(office) == ()
    by(office, "P04", "施工临时用电增容", "桩机与塔吊同时作业跳闸。")
    at("2026-07-20 09:00")
    third = by(office, "P06", *DIPS[2])
    [matter] = found(office)
    assert codes(matter) == [first.code, second.code, third.code]
    assert (matter.category, matter.enterprises) == ("power", 3)
    assert (matter.first, matter.last) == (date(2026, 7, 16), date(2026, 7, 20))
    assert matter.title.zh.startswith("用电：")
    assert matter.title.en.startswith("Power: ")
    assert "3家企业" in matter.reason.zh
    assert "3 enterprises" in matter.reason.en
    assert [case.enterprise for case in matter.cases] == [PROJECTS["P02"], PROJECTS["P03"], PROJECTS["P06"]]


def test_one_enterprise_three_times_is_no_systemic_matter(office: Office) -> None:
    """Enterprises are counted, not reports."""
    for said in DIPS[:3]:
        by(office, "P02", *said)
    by(office, "P03", *DIPS[3])
    assert found(office) == ()


def test_a_solved_one_counts_and_what_the_office_did_not_take_on_does_not(office: Office) -> None:
    """What was solved and comes again is what recurs; withdrawn and declined reports are none of it."""
    first, second, third = dips(office, "P02", "P03", "P04")
    first.replied().by_firm("confirm")
    assert len(found(office)) == 1
    third.by_firm("withdraw", reason="已自行解决")
    assert found(office) == ()
    assert second.status == "in_progress"


def test_what_is_older_than_the_policys_months_is_over(office: Office, at: Callable[[str], datetime]) -> None:
    """Twelve months back, and no further."""
    dips(office, "P02", "P03", "P04")
    at("2027-06-01 09:00")
    assert len(found(office)) == 1
    at("2027-08-01 09:00")
    assert found(office) == ()


def test_a_matter_of_areas_is_one_in_each_area(office: Office) -> None:
    """A category that the area leads: neighbours who block a road in two towns are two matters, of two and one."""
    for project in ("P02", "P03", "P04"):
        by(office, project, "村民阻工进场道路", "村民阻工，车辆无法进入。", category="dispute")
    assert found(office) == ()
    with office.writing() as session:
        session.execute(update(Case).values(area_id="A02"))
    assert [m.enterprises for m in found(office)] == [3]


def test_a_chain_of_neighbours_is_no_matter(office: Office) -> None:
    """A is like B and B like C, but A is not like C: a matter holds in each of its cases (complete linkage)."""
    a = by(office, "P02", "变压器增容审批", "变压器增容审批")
    by(office, "P03", "变压器增容审批，排管施工占道", "")
    c = by(office, "P04", "排管施工占道", "排管施工占道")
    assert found(office) == ()
    # The desk knows better.
    link_same_cause(office, [a.code, c.code], "cmd-1", DESK)
    assert [m.enterprises for m in found(office)] == [3]


def test_a_restricted_case_counts_nowhere(office: Office) -> None:
    """Neither among the enterprises nor in the list."""
    _, _, third = dips(office, "P02", "P03", "P04")
    restrict(third)
    assert found(office) == ()
    fourth = by(office, "P06", *DIPS[3])
    [matter] = found(office)
    assert third.code not in codes(matter)
    assert fourth.code in codes(matter)


def test_a_withheld_reporters_enterprise_counts_and_is_not_named(office: Office) -> None:
    """That it is one more enterprise says nothing about which one."""
    _, second, _ = dips(office, "P02", "P03", "P04")
    with office.writing() as session:
        session.execute(update(Reporter).where(Reporter.case_id == second.id).values(withheld=True))
    [matter] = found(office)
    assert matter.enterprises == 3
    assert [case.enterprise for case in matter.cases] == [PROJECTS["P02"], None, PROJECTS["P04"]]


def test_reports_merged_into_one_count_as_confirmed(office: Office) -> None:
    """Who merges says that it is the same: three enterprises behind one case are a matter."""
    target = by(office, "P02", *DIPS[0])
    for project, title in (("P03", "设备无故跳停"), ("P04", "供电质量差")):
        by(office, project, title).by_clerk("merge", target=target.code)
    [matter] = found(office)
    assert (matter.enterprises, len(matter.cases)) == (3, 3)


@pytest.mark.sqlite
def test_the_register_has_no_systemic_matter(office: Office, at: Callable[[str], datetime]) -> None:
    """Fifty-one different difficulties of twelve enterprises: nothing is made up."""
    at("2026-07-16 09:00")
    seed(office, [DEMO / "difficulties.yaml"])
    assert found(office) == ()


# -- what the desk confirms --------------------------------------------------------------------------------------------


def test_a_confirmed_link_counts_whatever_the_wording(office: Office) -> None:
    """A line in each history names the others, the chain verifies, nobody is written to, and no status moves."""
    first = by(office, "P02", "电压暂降")
    second = by(office, "P03", "设备无故跳停", category="logistics_utilities")
    third = by(office, "P04", "仪表乱跳")
    statuses = [it.status for it in (first, second, third)]
    with office.reading() as session:
        mails = session.scalars(select(Outbox.id)).all()
    assert found(office) == ()
    results = link_same_cause(office, [third.code.lower(), first.code, second.code], "cmd-1", DESK)
    assert all(result.done for result in results)
    [matter] = found(office)
    assert codes(matter) == [first.code, second.code, third.code]
    assert matter.category == "power"
    assert "推进办" in matter.reason.zh
    [line] = second.events("same_cause")
    assert line["facts"] == {"codes": [first.code, third.code]}
    assert line["actor"] == {"party": "clerk", "channel": "cli", "asserted": True}
    assert verify(office).findings == ()
    assert [it.status for it in (first, second, third)] == statuses
    with office.reading() as session:
        assert session.scalars(select(Outbox.id)).all() == mails


def test_a_command_is_done_once_and_a_link_too(office: Office) -> None:
    """Repeating the command returns its result; linking what is linked writes nothing."""
    first, second = by(office, "P02", "电压暂降"), by(office, "P03", "设备无故跳停")
    once = link_same_cause(office, [first.code, second.code], "cmd-1", DESK)
    assert link_same_cause(office, [first.code, second.code], "cmd-1", DESK) == once
    link_same_cause(office, [second.code, first.code], "cmd-2", DESK)
    assert len(first.events("same_cause")) == 1
    with office.reading() as session:
        assert len(session.scalars(select(CaseLink)).all()) == 1


def test_what_was_linked_before_stays_linked(office: Office) -> None:
    """Two pairs that are linked by one of each are one group; one taken out leaves the others together."""
    a, b, c, d = (by(office, project, title) for project, title in zip(PROJECTS, "甲乙丙丁", strict=True))
    link_same_cause(office, [a.code, b.code], "1", DESK)
    link_same_cause(office, [c.code, d.code], "2", DESK)
    link_same_cause(office, [b.code, c.code], "3", DESK)
    assert [codes(m) for m in found(office)] == [[a.code, b.code, c.code, d.code]]
    assert [r.done for r in unlink_same_cause(office, [a.code], "4", DESK)] == [True]
    assert [codes(m) for m in found(office)] == [[b.code, c.code, d.code]]
    assert a.events("same_cause_undone")[0]["facts"] == {"codes": [b.code, c.code, d.code]}
    assert [r.done for r in unlink_same_cause(office, [a.code], "5", DESK)] == [False]
    assert verify(office).findings == ()


def test_a_restricted_case_is_linked_to_nothing(office: Office) -> None:
    """Its code would stand in the others' histories; the refusal is that of an unknown code."""
    first, second = by(office, "P02", "电压暂降"), by(office, "P03", "设备无故跳停")
    restrict(second)
    with pytest.raises(Refused) as hidden:
        link_same_cause(office, [first.code, second.code], "1", DESK)
    with pytest.raises(Refused) as unknown:
        link_same_cause(office, [first.code, "DIF-2026-9999"], "2", DESK)
    assert hidden.value.code == unknown.value.code == "no_such_case"
    assert first.events("same_cause") == []
    with pytest.raises(Refused, match="at least 2"):
        link_same_cause(office, [first.code, first.code], "3", DESK)


@pytest.mark.sqlite
def test_the_command_line_shows_links_and_unlinks(office: Office) -> None:
    """`expedite matters`, `matters link`, `matters unlink`, `figures`: what they say, and how they refuse."""
    cases = [by(office, project, title) for project, title in zip(PROJECTS, "甲乙丙", strict=False)]
    data = ["--data", str(office.settings.data)]
    run = CliRunner()
    assert run.invoke(app, ["matters", *data]).output == ""
    done = run.invoke(app, ["matters", "link", *(it.code for it in cases), *data])
    assert done.exit_code == 0, done.output
    assert "3 enterprises" in run.invoke(app, ["matters", *data]).output
    assert f'"code": "{cases[0].code}"' in run.invoke(app, ["matters", "--json", *data]).output
    assert run.invoke(app, ["matters", "unlink", cases[0].code, *data]).exit_code == 0
    assert run.invoke(app, ["matters", *data]).output == ""
    refused = run.invoke(app, ["matters", "link", cases[0].code, "DIF-2026-9999", *data])
    assert "DIF-2026-9999" in str(refused.exception)
    said = run.invoke(app, ["figures", "--from", "2020-01-01", *data])
    assert "solved 办成 0 of 0 (—) · closed 办结 0" in said.output
    assert '"received": 3' in run.invoke(app, ["figures", "--from", "2020-01-01", "--json", *data]).output
    assert "2026-13-01" in str(run.invoke(app, ["figures", "--from", "2026-13-01", *data]).exception)
