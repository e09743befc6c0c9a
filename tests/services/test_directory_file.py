"""Seed files: the demo district is complete, and each mistake is named by file, line and key."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from domain.policy import Role
from services.directory_file import (
    DifficultiesFile,
    DirectoryFile,
    LogRow,
    ProjectsFile,
    SeedMistakes,
    UnitType,
    load_directory,
    load_seed,
)
from services.policy_file import load_policy

DEMO = Path(__file__).parents[2] / "deployments" / "demo"


@pytest.fixture(scope="module")
def directory() -> DirectoryFile:
    """The units and people of the demo district."""
    return load_directory(DEMO / "directory.yaml")


@pytest.fixture(scope="module")
def projects() -> ProjectsFile:
    """The projects of the demo district."""
    seed = load_seed(DEMO / "projects.yaml")
    assert isinstance(seed, ProjectsFile)
    return seed


@pytest.fixture(scope="module")
def difficulties() -> DifficultiesFile:
    """The difficulties of the demo district."""
    seed = load_seed(DEMO / "difficulties.yaml")
    assert isinstance(seed, DifficultiesFile)
    return seed


def test_every_unit_has_somebody_to_write_to_and_a_head_who_signs(directory: DirectoryFile) -> None:
    """A case dispatched to any unit reaches a mailbox, and its reply can be signed."""
    assert Counter(unit.type for unit in directory.units) == {
        UnitType.DEPARTMENT: 12,
        UnitType.UTILITY: 2,
        UnitType.AREA: 5,
        UnitType.OFFICE: 3,
    }
    for unit in directory.units:
        assert directory.holders(Role.LIAISON, unit.id), unit.id
        assert len(directory.holders(Role.UNIT_HEAD, unit.id)) == 1, unit.id


def test_nobody_signs_what_they_wrote_themselves(directory: DirectoryFile) -> None:
    """Liaison and head of a unit are two people."""
    for account in directory.accounts:
        for unit in {held.unit for held in account.roles}:
            held = {role.role for role in account.roles if role.unit == unit}
            assert not {Role.LIAISON, Role.UNIT_HEAD} <= held, account.id


def test_every_role_is_held(directory: DirectoryFile) -> None:
    """No notice of the demo district has to fall back."""
    assert [role for role in Role if not directory.holders(role)] == []
    assert [account.id for account in directory.holders(Role.EXECUTIVE_DEPUTY)] == ["R04"]
    assert [account.id for account in directory.holders(Role.DEPUTY_CHIEF)] == ["R02", "R03", "R04"]
    assert [account.id for account in directory.holders(Role.UNIT_HEAD, "A01")] == ["R08"]


def test_city_branches_and_companies_are_marked(directory: DirectoryFile) -> None:
    """The district asks them and cannot order them (DOMAIN.md 1.1)."""
    assert {unit.id for unit in directory.units if unit.city_level} == {"D03", "D05", "D08", "D13", "D14"}


def test_all_addresses_are_reserved_ones(directory: DirectoryFile, projects: ProjectsFile) -> None:
    """Nothing of the demo can ever reach a real mailbox."""
    addresses = [unit.email for unit in directory.units]
    addresses += [account.email for account in directory.accounts]
    addresses += [project.enterprise.email for project in projects.projects]
    assert {address.partition("@")[2] for address in addresses} == {"example.org", "example.com"}


def test_projects_name_areas_and_people_that_exist(directory: DirectoryFile, projects: ProjectsFile) -> None:
    """Each project has a commissioner of its area and a deputy chief as lead official."""
    assert [project.code for project in projects.projects] == [f"P{n:02d}" for n in range(1, 13)]
    leaders = {account.id for account in directory.holders(Role.DEPUTY_CHIEF)}
    for project in projects.projects:
        commissioners = {account.id for account in directory.holders(Role.COMMISSIONER, project.area)}
        assert project.commissioner in commissioners, project.code
        assert project.lead_official in leaders, project.code
    assert len({project.enterprise.uscc for project in projects.projects}) == 12


def test_facts_of_a_project_keep_their_types(projects: ProjectsFile) -> None:
    """Numbers, days and yes/no are not texts."""
    facts = projects.projects[0].facts
    assert facts["total_investment_wan"] == 86000
    assert facts["investment_gap_pct_points"] == 0.5
    assert facts["outdoor_works"] is True
    assert facts["next_node_planned"] == date(2026, 7, 28)
    assert projects.projects[6].facts["investment_gap_pct_points"] == -47.0


def test_difficulties_refer_to_what_exists(
    directory: DirectoryFile, projects: ProjectsFile, difficulties: DifficultiesFile
) -> None:
    """Every unit, project, category, class and reason of the 51 difficulties is known."""
    policy = load_policy(DEMO / "policy.yaml")
    units = {unit.id for unit in directory.units}
    codes = {project.code for project in projects.projects}
    assert (len(difficulties.difficulties), difficulties.as_of) == (51, date(2026, 7, 16))
    for row in difficulties.difficulties:
        named = {row.lead, *row.supporters, *(line.to for line in row.log)} - {None}
        assert named <= units, row.code
        assert row.project in codes, row.code
        assert row.category in policy.categories, row.code
        assert row.class_ in policy.classes, row.code
        assert row.severity in policy.severities, row.code
        if row.suspension is not None:
            assert row.suspension.reason in policy.suspension_reasons, row.code


def test_a_difficulty_keeps_its_history_line_by_line(difficulties: DifficultiesFile) -> None:
    """What the seed replays: days, colours, rungs, extensions and ratings as they were."""
    by_code = {row.code: row for row in difficulties.difficulties}
    corner = by_code["DIF-2026-0023"]
    assert (corner.lead, corner.supporters, corner.class_) == ("D03", ("A03",), "complex")
    assert corner.log[1] == LogRow(on=date(2026, 6, 16), action="dispatched", to="D03", by_zh="区推进办")
    assert [line.colour for line in corner.log] == [None, None, None, "yellow", None, "red"]
    assert corner.log[4].to_level == 4
    assert (corner.sample.status, corner.sample.light, corner.sample.level) == ("escalated", "red", 4)
    bank = by_code["DIF-2026-0009"]
    assert bank.extension is not None
    assert (bank.extension.days, bank.extension.result, bank.log[-1].new_due) == (5, "approved", date(2026, 7, 22))
    assert (bank.sample.original_due, bank.sample.due) == (date(2026, 7, 15), date(2026, 7, 22))
    waiting = by_code["DIF-2026-0028"]
    assert waiting.suspension is not None
    assert (waiting.suspension.from_, waiting.suspension.review_by) == (date(2026, 6, 30), date(2026, 7, 24))
    assert by_code["DIF-2026-0042"].lead is None
    counts = Counter(line.action for row in difficulties.difficulties for line in row.log)
    assert (counts["reported"], counts["dispatched"], counts["closed"], counts["follow_up"]) == (51, 49, 21, 21)


# (file, what is replaced, by what, key, words of the message)
MISTAKES = {
    "unit twice": ("directory", "  - id: D02\n", "  - id: D01\n", "units.D01#2.id", "is given twice"),
    "type misspelt": (
        "directory",
        "type: utility\n    zh: 国网",
        "type: utilty\n    zh: 国网",
        "units.D08.type",
        "utility?",
    ),
    "role misspelt": ("directory", "{role: chief,", "{role: cheif,", "accounts.R01.roles.1.role", "chief?"),
    "unit unknown": (
        "directory",
        "{role: chief, unit: O03}",
        "{role: chief, unit: X1}",
        "accounts.R01.roles.1.unit",
        "X1",
    ),
    "mailbox shared": ("directory", "tjb-fb@example.org", "tjb-zr@example.org", "accounts.R06.email", "is given twice"),
    "address": ("directory", "email: tjb-fb@example.org", "email: tjb-fb", "accounts.R06.email", "is not an address"),
    "credit code": (
        "projects",
        "91990000FAKE000138",
        "91990000FAKE000139",
        "projects.P01.enterprise.uscc",
        "18 characters",
    ),
    "day": ("projects", "signed_on: 2025-06-25", "signed_on: 25.6.2025", "projects.P01.signed_on", "2026-07-16"),
    "language": ("projects", "      locale: en\n", "      locale: fr\n", "projects.P12.enterprise.locale", "zh, en"),
    "case twice": (
        "difficulties",
        "- code: DIF-2026-0002\n",
        "- code: DIF-2026-0001\n",
        "difficulties.DIF-2026-0001#2.code",
        "is given twice",
    ),
    "log out of order": (
        "difficulties",
        "{on: 2026-07-06, action: dispatched, to: D08, by_zh: 区推进办}\n    sample:\n      status: in_progress\n"
        "      level: 3\n      light: blue\n      overdue_working_days: 0\n      original_due: 2026-07-20\n"
        "      due: 2026-07-20\n  - code: DIF-2026-0002",
        "{on: 2026-07-05, action: dispatched}\n    sample: {status: a, level: 3, light: b, overdue_working_days: 0}\n"
        "  - code: DIF-2026-0002",
        "difficulties.DIF-2026-0001.log.2.on",
        "comes after 2026-07-06",
    ),
    "log in the future": ("difficulties", "as_of: 2026-07-16", "as_of: 2026-06-01", None, "lies after as_of"),
    "kind of file": (
        "projects",
        "expedite/projects/1",
        "expedite/project/1",
        "schema",
        "did you mean expedite/projects/1?",
    ),
    "no kind": ("projects", "schema: expedite/projects/1\n", "", "schema", "begin the file with `schema:`"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_named_by_file_line_and_key(name: str, tmp_path: Path) -> None:
    """The operator finds the mistake without searching, and nothing of the file is taken."""
    file, old, new, key, words = MISTAKES[name]
    text = (DEMO / f"{file}.yaml").read_text("utf-8")
    assert text.count(old) == 1
    path = tmp_path / f"{file}.yaml"
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(SeedMistakes) as refused:
        load_seed(path)
    named = [mistake for mistake in refused.value.mistakes if key in (None, mistake.key)]
    assert named
    assert words in str(named[0])
    if key is not None and new:
        first = text.count("\n", 0, text.index(old)) + 1
        assert first <= named[0].line <= first + new.count("\n")


def test_a_directory_is_asked_for_by_name(tmp_path: Path) -> None:
    """Another kind of seed file in its place is a mistake, not an empty district."""
    with pytest.raises(SeedMistakes, match=r"projects\.yaml.*not a directory of units and people"):
        load_directory(DEMO / "projects.yaml")
    with pytest.raises(SeedMistakes, match="cannot be read"):
        load_directory(tmp_path / "directory.yaml")


def test_no_edit_of_a_single_line_gets_past_with_anything_but_named_mistakes(tmp_path: Path) -> None:
    """Whatever line of the directory is lost or garbled: it still holds, or its mistakes have lines."""
    lines = (DEMO / "directory.yaml").read_text("utf-8").splitlines(keepends=True)
    path = tmp_path / "directory.yaml"
    refused: list[SeedMistakes] = []
    for position in range(0, len(lines), 3):
        key, colon, _ = lines[position].partition(": ")
        for changed in ("", f"{key}: [{{}}]\n" if colon else ""):
            path.write_text("".join([*lines[:position], changed, *lines[position + 1 :]]), "utf-8")
            try:
                load_seed(path)
            except SeedMistakes as found:
                refused.append(found)
    assert len(refused) > 100
    assert all(0 < mistake.line <= len(lines) for found in refused for mistake in found.mistakes)
