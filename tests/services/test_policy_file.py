"""The policy file: what it says is what the rules get, and each mistake is named by file, line and key."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from domain.policy import Colour, Limit, Role, Session, Unit
from services.directory_file import AccountRow, DirectoryFile, UnitType, load_directory
from services.policy_file import PolicyMistakes, check_policy, load_policy, parse_policy

DEMO = Path(__file__).parents[2] / "deployments" / "demo"
TEXT = (DEMO / "policy.yaml").read_text("utf-8")


@pytest.fixture(scope="module")
def directory() -> DirectoryFile:
    """The units and people of the demo district."""
    return load_directory(DEMO / "directory.yaml")


@pytest.fixture
def edited(tmp_path: Path) -> Callable[..., Path]:
    """Write the demo policy with pieces replaced; each must be there exactly once."""

    def write(*changes: tuple[str, str]) -> Path:
        text = TEXT
        for old, new in changes:
            assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
            text = text.replace(old, new)
        path = tmp_path / "policy.yaml"
        path.write_text(text, "utf-8")
        return path

    return write


def line_of(path: Path, piece: str) -> int:
    """The line, from 1, on which `piece` stands."""
    text = path.read_text("utf-8")
    assert text.count(piece) == 1, f"{piece!r} is there {text.count(piece)} times"
    return text.count("\n", 0, text.index(piece)) + 1


def without(directory: DirectoryFile, leaves: Callable[[AccountRow], bool]) -> DirectoryFile:
    """The directory without some of its people."""
    return dataclasses.replace(directory, accounts=tuple(a for a in directory.accounts if not leaves(a)))


def test_the_demo_policy_and_its_directory_agree(directory: DirectoryFile) -> None:
    """What the product ships has no mistake."""
    assert [str(mistake) for mistake in check_policy(DEMO / "policy.yaml", directory)] == []


def test_a_power_report_goes_to_the_power_company_with_roads_and_planning() -> None:
    """The story of LIFECYCLE.md: three mailboxes, and several departments make the case complex."""
    policy = load_policy(DEMO / "policy.yaml")
    power = policy.categories["power"]
    assert (power.lead, set(power.supporters)) == ("D08", {"D14", "D03"})
    several = policy.classes[policy.triage.several_departments_class]
    assert (several.code, several.close) == ("complex", Limit(10, Unit.WORKING_DAYS))
    assert policy.limits.answer == Limit(3, Unit.WORKING_DAYS)


def test_numbers_of_the_district_arrive_as_written() -> None:
    """Limits, hours, notices and grades keep their values, units and order."""
    policy = load_policy(DEMO / "policy.yaml")
    assert (policy.zone, policy.country, policy.desk_unit) == (ZoneInfo("Asia/Shanghai"), "CN", "O01")
    assert policy.hours.sessions == (Session(time(8, 30), time(12)), Session(time(13, 30), time(17)))
    assert policy.hours.summer_sessions[1] == Session(time(14), time(17, 30))
    assert (policy.hours.summer_from, policy.hours.summer_to) == ((7, 1), (9, 30))
    assert [rung.number for rung in policy.rungs] == [1, 2, 3, 4, 5, 6, 7]
    assert policy.rung(6).limit == Limit(30, Unit.WORKING_DAYS)
    assert policy.rung(7).limit is None
    assert policy.limits.sign_for == Limit(1, Unit.HALF_DAY)
    assert policy.limits.tracking_interim == Limit(1, Unit.MONTHS, roll=True)
    assert policy.severities[3].first_contact == Limit(2, Unit.WORKING_HOURS)
    assert policy.severities[3].copies == (Role.DESK_HEAD, Role.DEPUTY_CHIEF)
    assert {colour: rule.days for colour, rule in policy.notices.items()} == {
        Colour.BLUE: -2,
        Colour.YELLOW: 1,
        Colour.RED: 3,
        Colour.CIRCULAR: 5,
    }
    assert [grade for grade, _ in policy.follow_up.scale] == [5, 4, 3, 2, 1]
    assert {code: outcome.solved for code, outcome in policy.outcomes.items()} == {
        "resolved": 1,
        "partial": 0.5,
        "promised": 0,
        "explained": 0,
        "reasonable_explanation": 0,
        "no_response": None,
        "declined": 0,
        "withdrawn": None,
        "merged": None,
    }
    assert set(policy.roles) == set(Role)


def test_a_record_takes_its_key_as_its_code() -> None:
    """Nothing is written twice: the key of a category, class or reason is its code."""
    policy = load_policy(DEMO / "policy.yaml")
    for records in (policy.categories, policy.classes, policy.outcomes, policy.suspension_reasons):
        assert all(key == record.code for key, record in records.items())
    assert all(number == severity.number for number, severity in policy.severities.items())


def test_the_version_is_the_hash_of_the_text() -> None:
    """Two districts with the same text have the same version, and any change makes another."""
    assert load_policy(DEMO / "policy.yaml").version == hashlib.sha256(TEXT.encode()).hexdigest()
    assert parse_policy(TEXT).version != parse_policy(TEXT + "\n# changed\n").version


def test_a_category_may_leave_the_choice_of_lead_to_the_desk(edited: Callable[..., Path]) -> None:
    """`lead: null` is a choice; leaving the key out is a mistake."""
    path = edited(("    lead: D08\n", "    lead: null\n"))
    assert load_policy(path).categories["power"].lead is None


# (what is replaced, by what, where the mistake stands, its key, words of the message)
MISTAKES = {
    "category without lead": (("    lead: D08\n", ""), "  power:\n", "categories.power.lead", "is missing"),
    "missing section": (("country: CN ", "# "), "schema: expedite/policy/1", "country", "is missing"),
    "unknown key": (("    plan: 3 w", "    paln: 3 w"), "    paln:", "classes.hard.paln", "did you mean plan?"),
    "unknown rule": (("  redo: 5", "  rebo: 5"), "  rebo: 5", "limits.rebo", "did you mean redo?"),
    "key given twice": (
        ("    plan: 3 working days\n", "    plan: 3 working days\n    plan: 4 working days\n"),
        "    plan: 4",
        "classes.hard.plan",
        "is given twice, first on line",
    ),
    "text for a number": (("  attempts: 3", "  attempts: three"), "  attempts:", "follow_up.attempts", "whole number"),
    "number for a text": (("desk_unit: O01", "desk_unit: 1"), "desk_unit:", "desk_unit", "write it in quotes"),
    "list for a mapping": (("\ntriage:\n", "\ntriage: []\nx:\n"), "triage: []", "triage", "is a list where a mapping"),
    "mapping for a list": (("holders: [chief]", "holders: {}"), "holders: {}", "rungs.6.holders", "a list is expected"),
    "unknown role": (
        ("fallback_role: dispatch_head", "fallback_role: boss"),
        "role: boss",
        "fallback_role",
        "use one of",
    ),
    "role misspelt": (("to: [chief]", "to: [cheif]"), "to: [cheif]", "notices.circular.to.1", "did you mean chief?"),
    "gap in the ladder": (("- number: 4", "- number: 8"), "- number: 8", "rungs.8.number", "has a gap"),
    "rung that never ends": (
        ("    limit: 15 working days", "    limit: null"),
        "limit: null\n    does:\n      zh: 要素缺口",
        "rungs.5.limit",
        "there are rungs above",
    ),
    "limit without unit": (
        ("close: 5 working days", "close: 5"),
        "close: 5",
        "classes.ordinary.close",
        "without a unit",
    ),
    "limit as a mapping": (
        ("close: 5 working days", "close: {value: 5}"),
        "close: {",
        "classes.ordinary.close",
        "without a unit",
    ),
    "unit of time unknown": (
        ("redo: 5 working days", "redo: 5 weeks"),
        "redo: 5",
        "limits.redo",
        "'weeks' is not a unit",
    ),
    "limit of nothing": (("redo: 5 working days", "redo: 0 days"), "redo: 0", "limits.redo", "above zero"),
    "negative limit": (("redo: 5 working days", "redo: -5 days"), "redo: -5", "limits.redo", "above zero"),
    "half a limit": (("redo: 5 working days", "redo: 2.5 days"), "redo: 2.5", "limits.redo", "whole number"),
    "endless limit": (
        ("redo: 5 working days", "redo: 99999 days"),
        "redo: 99",
        "limits.redo",
        "longer than any calendar",
    ),
    "rolls twice": (("redo: 5 working days", "redo: 5 working days, rolls"), "redo: 5", "limits.redo", "leave out"),
    "limit in prose": (("redo: 5 working days", "redo: soon"), "redo: soon", "limits.redo", "is not a limit"),
    "class without close": (
        ("close: 5 working days", "close: null"),
        "close: null\n    first_contact: 1 working day\n    max_extensions: 1",
        "classes.ordinary.close",
        "only tracking goes without",
    ),
    "class that does not exist": (
        ("default_class: ordinary", "default_class: ordinry"),
        "default_class:",
        "triage.default_class",
        "did you mean ordinary?",
    ),
    "triage into tracking": (
        ("default_class: ordinary", "default_class: tracking"),
        "default_class:",
        "triage.default_class",
        "by the action `track` alone",
    ),
    "category that does not exist": (
        ("class_by_category: {site_safety", "class_by_category: {site_safty"),
        "class_by_category:",
        "triage.class_by_category.site_safty",
        "did you mean site_safety?",
    ),
    "blue after the due day": (("days: -2", "days: 2"), "days: 2", "notices.blue.days", "not before the due day"),
    "red before yellow": (
        ("\n    days: 3", "\n    days: 1 # r"),
        "days: 1 # r",
        "notices.red.days",
        "does not come after yellow",
    ),
    "notice missing": (
        ("  circular:\n", "  circulate:\n"),
        "  circulate:",
        "notices.circulate",
        "did you mean circular?",
    ),
    "closes before it opens": (
        ('  sessions: ["08:30-12:00", "13:30-17:00"]', '  sessions: ["12:00-08:30"]'),
        '["12:00-08:30"]',
        "hours.sessions.1",
        "before it opens",
    ),
    "overlapping summer": (
        ('summer_sessions: ["08:30-12:00", "14:00-17:30"]', 'summer_sessions: ["08:30-12:00", "11:00-17:30"]'),
        '"11:00-17:30"',
        "hours.summer_sessions.2",
        "before the one above closes",
    ),
    "summer without an end": (('  summer_to: "09-30"\n', ""), "hours:", "hours.summer_to", "is missing"),
    "day that does not exist": (('"09-30"', '"09-31"'), '"09-31"', "hours.summer_to", "not a day of the year"),
    "zone that does not exist": (("zone: Asia/Shanghai", "zone: Asia/Atlantis"), "zone:", "zone", "Asia/Atlantis"),
    "extension nobody decides": (
        ("approvers: [dispatch_head, deputy_chief]", "approvers: [dispatch_head]"),
        "    max_extensions: 2\n  hard:",
        "classes.complex.max_extensions",
        "names 1",
    ),
    "number without its year": (
        ('factor: "FAC-{year}-{n:04d}"', 'factor: "FAC-{n}"'),
        "factor:",
        "numbering.factor",
        "does not use {year} and {n}",
    ),
    "numbers that collide": (('factor: "FAC-', 'factor: "DIF-'), "factor:", "numbering.factor", "same numbers"),
    "address that is none": (
        ("operator: operator@example.org", "operator: operator"),
        "operator: operator ",
        "mail.operator",
        "is not an address",
    ),
    "outcome left out": (("  merged: {", "  marged: {"), "  marged:", "outcomes.marged", "did you mean merged?"),
    "step of somebody else": (
        ("head_link_steps: []", "head_link_steps: [rule, confirm]"),
        "head_link_steps: [",
        "head_link_steps.2",
        "confirm is not a step of the desk",
    ),
    "another kind of file": (("policy/1", "directory/1"), "schema: expedite/dir", "schema", "not the form of a policy"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_named_by_file_line_and_key(name: str, edited: Callable[..., Path]) -> None:
    """The operator finds the mistake without searching, and the policy is not loaded."""
    change, place, key, words = MISTAKES[name]
    path = edited(change)
    expected = line_of(path, place)
    named = [mistake for mistake in check_policy(path, None) if mistake.key == key]
    assert [(mistake.file, mistake.line) for mistake in named] == [("policy.yaml", expected)]
    assert words in str(named[0])
    assert str(named[0]).startswith(f"policy.yaml:{expected}: {key}: ")
    with pytest.raises(PolicyMistakes) as refused:
        load_policy(path)
    assert named[0] in refused.value.mistakes


def test_one_mistake_is_one_line(edited: Callable[..., Path]) -> None:
    """What follows from a mistake is not reported as a second one."""
    for change in (("    lead: D08\n", ""), ("- number: 4", "- number: 8"), ("close: 5 working days", "close: 5")):
        assert len(check_policy(edited(change), None)) == 1


def test_all_mistakes_are_named_at_once(edited: Callable[..., Path], directory: DirectoryFile) -> None:
    """An operator who made five mistakes sees five lines, not one after the other."""
    path = edited(
        ("    lead: D08\n", ""),
        ("    lead: D13\n", "    lead: D99\n"),
        ("- number: 4", "- number: 8"),
        ("close: 5 working days", "close: 5"),
    )
    nobody = without(directory, lambda account: any(held.role is Role.CHIEF for held in account.roles))
    found = check_policy(path, nobody)
    assert {mistake.key for mistake in found} == {
        "categories.power.lead",
        "categories.water_gas_sewage.lead",
        "rungs.8.number",
        "classes.ordinary.close",
        "rungs.6.holders.1",
        "rungs.7.holders.2",
        "notices.circular.to.1",
    }
    assert [mistake.line for mistake in found] == sorted(mistake.line for mistake in found)


def test_an_unknown_unit_is_named_with_those_that_exist(edited: Callable[..., Path], directory: DirectoryFile) -> None:
    """The remedy is something to choose from."""
    path = edited(("    lead: D08\n", "    lead: D99\n"))
    line = line_of(path, "lead: D99")
    (mistake,) = check_policy(path, directory)
    start = f"policy.yaml:{line}: categories.power.lead: unit D99 is not in the directory; name one of A01, A02"
    assert str(mistake).startswith(start)


def test_an_inactive_unit_is_named_with_its_successor(directory: DirectoryFile) -> None:
    """A renamed or merged unit no longer leads; whoever took over its work is suggested."""
    units = tuple(
        dataclasses.replace(unit, active=False, successor="D07") if unit.id == "D08" else unit
        for unit in directory.units
    )
    found = check_policy(DEMO / "policy.yaml", dataclasses.replace(directory, units=units))
    assert {mistake.key for mistake in found} == {
        "categories.power.lead",
        "categories.logistics_utilities.supporters.2",
        "factor_types.power.lead",
        "factor_types.logistics.supporters.2",
    }
    assert all("its successor D07" in mistake.remedy for mistake in found)


def test_a_unit_that_nobody_answers_for_cannot_lead(directory: DirectoryFile) -> None:
    """A case would reach no mailbox, or nobody could sign its reply."""
    found = check_policy(DEMO / "policy.yaml", without(directory, lambda account: account.id == "L08"))
    assert "unit D08 has nobody in the role liaison" in {mistake.problem for mistake in found}
    assert "categories.power.lead" in {mistake.key for mistake in found}


def test_every_area_needs_its_people_where_the_area_handles_a_category(directory: DirectoryFile) -> None:
    """`area` stands for each of them."""
    officer = next(a for a in directory.accounts if any(h.role is Role.AREA_OFFICER for h in a.roles))
    area = officer.unit
    assert any(unit.id == area and unit.type is UnitType.AREA for unit in directory.units)
    found = check_policy(DEMO / "policy.yaml", without(directory, lambda account: account == officer))
    assert {mistake.problem for mistake in found} == {f"unit {area} has nobody in the role liaison"}


def test_a_deputy_has_to_be_a_deputy_chief(edited: Callable[..., Path], directory: DirectoryFile) -> None:
    """An account without that role cannot decide a case."""
    path = edited(("    supporters: [D12, area]\n    deputy: R02", "    supporters: [D12, area]\n    deputy: R05"))
    (mistake,) = check_policy(path, directory)
    assert (mistake.key, "R05 is not a deputy chief" in mistake.problem) == ("categories.land.deputy", True)


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"schema: expedite/policy/1\nzone: [Asia\noffice: {}\n", 3, "not readable as YAML"),
        (b"schema: expedite/policy/1\n\tzone: x\n", 2, "not readable as YAML"),
        (b"schema: a\nzone: \x01\n", 2, "not readable as YAML"),
        (b"zone: x\noffice: \xff\n", 2, "not UTF-8"),
        (b"# nothing\n", 0, "is empty"),
        (b"- a list\n", 1, "where a mapping is expected"),
        (b"a: 1\n---\nb: 2\n", 2, "not readable as YAML"),
        (b"? [a]\n: 1\n", 1, "not plain text"),
    ],
)
def test_a_file_that_is_no_policy_at_all_is_named_at_its_line(
    raw: bytes, line: int, words: str, tmp_path: Path
) -> None:
    """Not even the form is right: one clear message, never a traceback."""
    path = tmp_path / "policy.yaml"
    path.write_bytes(raw)
    first = check_policy(path, None)[0]
    assert first.line == line
    assert words in first.problem
    with pytest.raises(PolicyMistakes):
        load_policy(path)


def test_a_policy_that_is_not_there_says_so(tmp_path: Path) -> None:
    """A wrong path is a message with the path."""
    path = tmp_path / "policy.yaml"
    with pytest.raises(PolicyMistakes, match="cannot be read"):
        load_policy(path)
    assert str(path) in check_policy(path, None)[0].remedy


def test_no_edit_of_a_single_line_gets_past_with_anything_but_named_mistakes() -> None:
    """Whatever line is lost or garbled: the policy still holds, or its mistakes have lines. Nothing else is raised."""
    lines = TEXT.splitlines(keepends=True)
    garbage = ["[]", "{}", "null", "~~", "-1", "{x: [1]}", "1 month", "''", "*nothing", "2026-01-01"]
    refused: list[PolicyMistakes] = []
    # Every seventh line, so that each sort of garbage has its turn: all of them take half a minute and say the same.
    tried = list(enumerate(lines))[::7]
    for position, line in tried:
        key, colon, _ = line.partition(": ")
        spoilt = f"{key}: {garbage[position % len(garbage)]}\n" if colon else ""
        for changed in ("", spoilt):
            try:
                parse_policy("".join([*lines[:position], changed, *lines[position + 1 :]]))
            except PolicyMistakes as found:
                refused.append(found)
    assert len(refused) > len(tried)
    assert all(0 < mistake.line <= len(lines) for found in refused for mistake in found.mistakes)
