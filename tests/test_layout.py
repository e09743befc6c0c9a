"""The conventions that a machine can see: layout, imports, one writer of the status, clean pins and paths."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = ("bench", "web", "deployments", "flows", "tasks", "services", "notifications", "models", "domain")
LONGEST_MODULE = 350


def git_files(*options: str) -> list[str]:
    """Paths that git lists, as they are on disk now; a clone owned by somebody else is readable too."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", *options]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for path in listed.split("\0") if path and (ROOT / path).is_file()]


def modules(*packages: str) -> Iterator[Path]:
    """Every Python file of these packages, relative to the project."""
    for package in packages:
        yield from sorted(path.relative_to(ROOT) for path in (ROOT / package).rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    """The syntax tree of one of our modules."""
    return ast.parse((ROOT / path).read_text("utf-8"), str(path))


def says(path: Path, word: str) -> bool:
    """Whether the word stands anywhere in a module's text: where it does not, its syntax tree need not be made."""
    return word in (ROOT / path).read_text("utf-8")


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each import, wherever in the module it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def importers(name: str) -> set[str]:
    """Modules of ours that import the package `name`, by path."""
    return {
        path.as_posix()
        for path in modules(*PACKAGES)
        if says(path, name) and any(dotted.split(".")[0] == name for _, dotted in imported(parsed(path)))
    }


def status_writes(tree: ast.Module) -> Iterator[int]:
    """Lines that give a row a status: an assignment, `setattr`, the `values` of an UPDATE, or a new `Case`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "status" and isinstance(node.ctx, ast.Store):
            yield node.lineno
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            keywords = {keyword.arg for keyword in node.keywords}
            named = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            if (called in {"values", "Case"} and "status" in keywords) or (called == "setattr" and "status" in named):
                yield node.lineno


@pytest.mark.parametrize(
    "name",
    [
        *(f"{package}/__init__.py" for package in PACKAGES),
        *("tests", "docs/adr", ".ci/run", "Makefile", "pyproject.toml", "requirements.txt", "requirements-dev.txt"),
        *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/architecture.md"),
    ],
)
def test_the_top_level_has_what_the_layout_promises(name: str) -> None:
    """Each package, document and tool of the layout is where a newcomer is told to look."""
    assert (ROOT / name).exists()


def test_every_package_is_built_typed_and_under_contract() -> None:
    """A top-level package that the wheel, the type check or the contracts do not know is checked by nobody."""
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    tools = PROJECT["tool"]
    assert found == set(PACKAGES)
    assert found == set(tools["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert found == set(tools["importlinter"]["root_packages"])
    assert found | {"tests"} == set(tools["mypy"]["files"])


def test_the_rules_import_the_standard_library_only() -> None:
    """`domain` stays readable and fast: nothing of ours, nothing installed, at any depth of any function."""
    allowed = sys.stdlib_module_names | {"domain"}
    strangers = [
        f"{path}:{line}: {name}"
        for path in modules("domain")
        for line, name in imported(parsed(path))
        if name.split(".")[0] not in allowed
    ]
    assert strangers == []


def test_one_file_talks_to_yagmail() -> None:
    """Its traps are handled in one place, which really does use it."""
    assert importers("yagmail") == {"notifications/transport.py"}


def test_nothing_of_ours_imports_smtplib() -> None:
    """The office asked for mail without it."""
    assert importers("smtplib") == set()


def status_writers(*packages: str) -> list[str]:
    """Where modules of these packages give a status, as `path:line`."""
    return [
        f"{path}:{line}" for path in modules(*packages) if says(path, "status") for line in status_writes(parsed(path))
    ]


def test_only_the_casebook_writes_a_status() -> None:
    """One writer: whoever else sets a status would leave out the event, the clocks and the notices."""
    # The casebook's reader hands a row to the rules as a case.
    allowed = ("services/casebook", "services/case_files.py", "models/migrations/")
    outside = (package for package in PACKAGES if package != "domain")
    assert [place for place in status_writers(*outside) if not place.startswith(allowed)] == []


def test_the_rules_change_a_status_in_one_line() -> None:
    """The draft of a change enters a status in one place, where clocks are superseded and approvals lapse with it."""
    assert len(status_writers("domain")) == 1


@pytest.mark.parametrize(
    "source",
    [
        "case.status = new",
        "a.case.status: Status = new",
        "first.status, second = new, 1",
        "setattr(case, 'status', new)",
        "update(Case).where(Case.id == 1).values(status=new)",
        "Case(code='DIF-2026-0001', status=new)",
    ],
)
def test_each_way_to_assign_a_status_is_seen(source: str) -> None:
    """The rule above is only as good as the ways that it recognises."""
    assert list(status_writes(ast.parse(source))) == [1]


@pytest.mark.parametrize(
    "source", ["print(case.status)", "case.status_code = 1", "status = case.status", "f(status=x)"]
)
def test_reading_a_status_is_no_assignment(source: str) -> None:
    """Whoever reads a status, or names a variable so, is left alone."""
    assert list(status_writes(ast.parse(source))) == []


def test_modules_are_small() -> None:
    """A longer module is two things; what is generated or enumerates (migrations, tests, bench) may be longer."""
    long = {
        path.as_posix(): lines
        for path in modules(*(package for package in PACKAGES if package != "bench"))
        if not path.as_posix().startswith("models/migrations/")
        if (lines := len((ROOT / path).read_text("utf-8").splitlines())) > LONGEST_MODULE
    }
    assert long == {}


def test_no_flow_is_named_like_a_package() -> None:
    """If `flows/` ever comes first on the path, a flow of such a name would stand in for the package."""
    names = {path.stem for path in modules("flows")} - {"__init__"}
    assert names & (sys.stdlib_module_names | set(PACKAGES) | {"tests", "prefect"}) == set()


def test_no_lock_file_with_addresses_is_tracked() -> None:
    """uv.lock holds download addresses of one machine; the pins are in requirements*.txt."""
    assert git_files("--", "uv.lock") == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_pins_are_names_and_exact_versions(name: str) -> None:
    """No index, no address, no range: the same versions on every machine, from whatever index it uses."""
    pin = re.compile(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,-]+\])?==[0-9][^\s;]*( ; [^/]+)?")
    others = [line for line in (ROOT / name).read_text("utf-8").splitlines() if not pin.fullmatch(line)]
    assert others == []


def pins(name: str) -> dict[str, Requirement]:
    """The pins of a requirements file by normalised name."""
    requirements = [Requirement(line) for line in (ROOT / name).read_text("utf-8").splitlines()]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def test_pins_satisfy_the_ranges() -> None:
    """A range that was changed without `make pins` installs something else than it says."""
    ranges = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]
    pinned = pins("requirements-dev.txt")
    broken = []
    for wanted in map(Requirement, ranges):
        pin = pinned.get(canonicalize_name(wanted.name))
        version = next(iter(pin.specifier)).version if pin else ""
        if not wanted.specifier.contains(version, prereleases=True):
            broken.append(f"{wanted} pinned as {pin}")
    assert broken == []


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    """The development pins repeat the runtime pins: what is tested is what runs."""
    shipped, tested = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: str(pin) for name, pin in tested.items() if name in shipped} == {
        n: str(p) for n, p in shipped.items()
    }


def test_no_path_of_one_machine_is_in_the_project() -> None:
    """A path that exists on one machine only misleads everybody else."""
    path_of_a_machine = re.compile(rb"(^|[^.A-Za-z0-9_])/(w[o]rk|r[o]ot|h[o]me|U[s]ers)/", re.MULTILINE)
    found = []
    for name in git_files("--cached", "--others", "--exclude-standard"):
        content = (ROOT / name).read_bytes()
        if b"\0" not in content and (hit := path_of_a_machine.search(content)):
            line = content[: hit.start()].count(b"\n") + 1
            found.append(f"{name}:{line}")
    assert found == []


def test_the_wheel_carries_every_file_of_the_packages(tmp_path: Path) -> None:
    """Templates, catalogues and policies are found after an installation too, not only in a clone."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    assert set(git_files("--", *PACKAGES)) - packed == set()


def decision_records() -> list[Path]:
    """The numbered records, in order."""
    return sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))


def test_each_decision_record_has_the_same_four_parts() -> None:
    """A reader finds why, what, what follows and what enforces it in the same place in each."""
    parts = ["## Context", "## Decision", "## Consequences", "## Enforced by"]
    headings = {
        record.name: [line for line in record.read_text("utf-8").splitlines() if line.startswith("## ")]
        for record in decision_records()
    }
    assert headings
    assert {name for name, found in headings.items() if found != parts} == set()


def test_the_index_lists_each_decision_record_once() -> None:
    """A record that nobody finds decides nothing."""
    index = (ROOT / "docs" / "adr" / "README.md").read_text("utf-8")
    assert re.findall(r"\((\d{4}-[a-z0-9-]+\.md)\)", index) == [record.name for record in decision_records()]


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/adr"])
def test_documents_name_files_that_exist(document: str) -> None:
    """A recipe that points to a file that is gone is worse than none."""
    place = ROOT / document
    texts = [place] if place.is_file() else sorted(place.glob("*.md"))
    in_repository = re.compile(rf"`((?:{'|'.join((*PACKAGES, 'tests', 'docs'))})/[A-Za-z0-9_./*-]*)`")
    named = {(text.name, path) for text in texts for path in in_repository.findall(text.read_text("utf-8"))}
    assert named
    assert {(text, path) for text, path in named if not any(ROOT.glob(path.rstrip("/")))} == set()
