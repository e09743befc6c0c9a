"""Seed files of a district: its units and people, its projects, and difficulties with their history, as frozen rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Literal

from domain.policy import Label, Role
from domain.uscc import validate_uscc
from services.factor_rows import FactorsFile, check_factors_file, check_unique
from services.marked_yaml import Entry, FileMistakes, Report, compose, read_text, suggest
from services.milestone_rows import MilestonesFile, check_milestones_file
from services.record_reader import RecordReader, read_date

Locale = Literal["zh", "en"]
Fact = str | int | float | bool | date | None


class SeedMistakes(FileMistakes):
    """A seed file cannot be used; `mistakes` names each mistake by file, line and key."""


class UnitType(StrEnum):
    """What kind of body a unit is (DOMAIN.md 1.1); areas do not count as departments in triage."""

    DEPARTMENT = "department"
    UTILITY = "utility"
    AREA = "area"
    OFFICE = "office"


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit under its stable id. `city_level`: a branch or company of the city; the district cannot order it."""

    id: str
    type: UnitType
    zh: str
    short_zh: str
    en: str
    short_en: str
    email: str
    city_level: bool = False
    active: bool = True
    successor: str | None = None
    remit: Label | None = None


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role that a person holds, and the unit they hold it for."""

    role: Role
    unit: str


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A person, known by title only, who works in `unit` and reads mail in `locale`."""

    id: str
    title: Label
    unit: str
    email: str
    roles: tuple[HeldRole, ...]
    locale: Locale = "zh"
    active: bool = True


@dataclass(frozen=True, slots=True)
class EnterpriseRow:
    """The enterprise behind a project, with its contact by role."""

    name: Label
    uscc: str
    email: str
    contact: Label
    locale: Locale = "zh"


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A key project: `area` is a unit id, `commissioner` and `lead_official` are account ids; `facts` as written."""

    code: str
    name: Label
    enterprise: EnterpriseRow
    area: str
    commissioner: str
    lead_official: str
    key_level: str
    status: str
    signed_on: date
    industry_zh: str
    facts: dict[str, Fact]


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of a difficulty's history in the words of the sample, at office time on the day `on`."""

    on: date
    action: str
    to: str | None = None
    by_zh: str | None = None
    colour: str | None = None
    to_level: int | None = None
    note_zh: str | None = None
    days: int | None = None
    new_due: date | None = None
    outcome: str | None = None
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class ExtensionRow:
    """The extension asked for in a difficulty's history; `days` are working days, `result` approved or pending."""

    requested_on: date
    days: int
    reason_zh: str
    result: str
    times: int
    approver_zh: str


@dataclass(frozen=True, slots=True)
class SuspensionRow:
    """The suspension in a difficulty's history; `reason` is a code of the policy's suspension_reasons."""

    from_: date
    reason: str
    reason_zh: str
    review_by: date


@dataclass(frozen=True, slots=True)
class SampleState:
    """Where the source of the data says that the difficulty stands, in its own words; for comparison only."""

    status: str
    level: int
    light: str
    overdue_working_days: int
    original_due: date | None = None
    due: date | None = None
    next_report_due: date | None = None
    closed_on: date | None = None
    outcome: str | None = None
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class DifficultyRow:
    """A difficulty and its history. `lead` and `supporters` are unit ids; `lead` is None where nobody was named yet."""

    code: str
    document: str
    project: str
    category: str
    class_: str
    severity: int
    source: str
    title_zh: str
    detail_zh: str
    gloss_en: str
    lead: str | None
    supporters: tuple[str, ...]
    reported_on: date
    log: tuple[LogRow, ...]
    sample: SampleState
    extension: ExtensionRow | None = None
    suspension: SuspensionRow | None = None


@dataclass(frozen=True, slots=True)
class DirectoryFile:
    """The units and people of a district."""

    units: tuple[UnitRow, ...]
    accounts: tuple[AccountRow, ...]

    def holders(self, role: Role, unit: str | None = None) -> tuple[AccountRow, ...]:
        """The active accounts in `role`, of `unit` if one is named, in the order of the file."""
        return tuple(
            account
            for account in self.accounts
            if account.active and any(held.role is role and unit in (None, held.unit) for held in account.roles)
        )


@dataclass(frozen=True, slots=True)
class ProjectsFile:
    """The key projects of a district."""

    projects: tuple[ProjectRow, ...]


@dataclass(frozen=True, slots=True)
class DifficultiesFile:
    """Difficulties with their history up to the day `as_of`."""

    as_of: date
    difficulties: tuple[DifficultyRow, ...]


SeedFile = DirectoryFile | ProjectsFile | DifficultiesFile | FactorsFile | MilestonesFile


def load_seed(path: Path) -> SeedFile:
    """The rows of a seed file, whose `schema:` says of which kind; SeedMistakes names every mistake found."""
    try:
        top = compose(read_text(path), path.name)
    except FileMistakes as found:
        raise SeedMistakes(found.mistakes) from found
    found_keys = top.mapping()
    seed = _read(top, found_keys) if found_keys is not None else None
    if seed is None or top.report.mistakes:
        raise SeedMistakes(top.report.mistakes)
    return seed


def load_directory(path: Path) -> DirectoryFile:
    """The units and people in the file; SeedMistakes also when it is a seed file of another kind."""
    seed = load_seed(path)
    if isinstance(seed, DirectoryFile):
        return seed
    report = Report(path.name)
    report.add("schema", "is not a directory of units and people", "write `schema: expedite/directory/1`")
    raise SeedMistakes(report.mistakes)


def _read(top: Entry, found: dict[str, Entry]) -> SeedFile | None:
    report, schema = top.report, found.pop("schema", None)
    written = schema.scalar or "" if schema is not None else ""
    reader = RecordReader(report, {Fact: _read_fact})
    match written:
        case "expedite/directory/1":
            directory = reader.fill(DirectoryFile, top, found)
            _check_directory(directory, report)
            return directory
        case "expedite/projects/1":
            projects = reader.fill(ProjectsFile, top, found)
            _check_projects(projects, report)
            return projects
        case "expedite/difficulties/1":
            difficulties = reader.fill(DifficultiesFile, top, found)
            _check_difficulties(difficulties, report)
            return difficulties
        case "expedite/factors/1":
            factors = reader.fill(FactorsFile, top, found)
            check_factors_file(factors, report)
            return factors
        case "expedite/milestones/1":
            plans = reader.fill(MilestonesFile, top, found)
            check_milestones_file(plans, report)
            return plans
    known = [f"expedite/{kind}/1" for kind in ("directory", "projects", "difficulties", "factors", "milestones")]
    if schema is None:
        report.add("schema", "is missing", f"begin the file with `schema:` and one of {', '.join(known)}", top.line)
    else:
        schema.wrong(f"{written!r} is not a kind of seed file", suggest(written, known))
    return None


def _read_fact(entry: Entry) -> Fact:
    written = entry.scalar
    match entry.kind:
        case "a number" if written is not None:
            return int(written) if written.lstrip("-").isdigit() else float(written)
        case "a date":
            return read_date(entry)
        case "yes/no":
            return written == "true"
        case "nothing":
            return None
        case "text":
            return written
    entry.wrong(f"is {entry.kind} where a fact is expected", "write a text, a number, a date, true or false")
    return None


def _check_addresses(report: Report, addresses: Iterable[tuple[str, str]]) -> None:
    for key, address in addresses:
        local, _, host = address.partition("@")
        if not local or "." not in host or any(character.isspace() for character in address):
            report.add(key, f"{address!r} is not an address", "write e.g. desk@example.org")


def _check_directory(directory: DirectoryFile, report: Report) -> None:
    ids = [unit.id for unit in directory.units]
    check_unique(report, "units", ids, "id")
    check_unique(report, "accounts", (account.id for account in directory.accounts), "id")
    check_unique(report, "accounts", (account.email.lower() for account in directory.accounts), "email")
    _check_addresses(
        report, ((f"{report.item('units', n)}.email", unit.email) for n, unit in enumerate(directory.units))
    )
    _check_addresses(
        report, ((f"{report.item('accounts', n)}.email", account.email) for n, account in enumerate(directory.accounts))
    )

    def check_unit(key: str, unit_id: str) -> None:
        if unit_id not in ids:
            report.add(key, f"unit {unit_id} is not in this file", suggest(unit_id, ids))

    for position, unit in enumerate(directory.units):
        if unit.successor is not None:
            key = f"{report.item('units', position)}.successor"
            check_unit(key, unit.successor)
            if unit.successor == unit.id:
                report.add(key, "is the unit itself", "name the unit that takes over its work")
    for position, account in enumerate(directory.accounts):
        key = report.item("accounts", position)
        check_unit(f"{key}.unit", account.unit)
        for place, held in enumerate(account.roles):
            check_unit(f"{report.item(f'{key}.roles', place)}.unit", held.unit)


def _check_projects(file: ProjectsFile, report: Report) -> None:
    check_unique(report, "projects", (project.code for project in file.projects), "code")
    _check_addresses(
        report,
        ((f"{report.item('projects', n)}.enterprise.email", p.enterprise.email) for n, p in enumerate(file.projects)),
    )
    for position, project in enumerate(file.projects):
        if not validate_uscc(project.enterprise.uscc):
            problem = f"{project.enterprise.uscc!r} is not a unified social credit code"
            report.add(
                f"{report.item('projects', position)}.enterprise.uscc",
                problem,
                "check its 18 characters (GB 32100-2015)",
            )


def _check_difficulties(file: DifficultiesFile, report: Report) -> None:
    check_unique(report, "difficulties", (row.code for row in file.difficulties), "code")
    for position, row in enumerate(file.difficulties):
        last, key_of_case = date.min, report.item("difficulties", position)
        for place, line in enumerate(row.log):
            key = f"{report.item(f'{key_of_case}.log', place)}.on"
            if line.on < last:
                report.add(key, f"{line.on} comes after {last} in the log", "keep the log in the order of its days")
            elif line.on > file.as_of:
                report.add(key, f"{line.on} lies after as_of", f"write a day up to {file.as_of}")
            last = line.on
