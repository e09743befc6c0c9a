"""What every command about a plan reads and answers: the project it names, its texts, the result."""

from __future__ import annotations

from collections.abc import Sequence

from domain.fields import Fields
from domain.policy import Label
from domain.refusals import wrong
from models.directory import Project
from services.desk import StepResult, said
from services.milestone_files import Desk
from services.report import clean
from services.senders import find_projects


def project_of(desk: Desk, given: Fields) -> Project:
    """The project that a command names. Raises FieldRefused."""
    said = given.text("project", "choose a project")
    [project] = find_projects(desk.session, [said])
    if project is None:
        raise wrong("project", f"{said!r} is no project of this district; name it by its code, e.g. P02")
    return project


def text_of(given: Fields, name: str) -> str:
    """A text of a command, "" when it is left out. Raises FieldRefused."""
    return clean(given.get(name), name, 500, lines=True)


def recorded(project: Project, node: str, what: Label, warnings: Sequence[Label] = ()) -> StepResult:
    """What was recorded of a node, with what is odd about it."""
    more_zh = f"。请注意：{'；'.join(one.zh for one in warnings)}" if warnings else ""
    more = f". Warning: {'; '.join(one.en for one in warnings)}" if warnings else ""
    return said(
        project.id, True, Label(f"{project.id} {node}：{what.zh}{more_zh}", f"{project.id} {node}: {what.en}{more}")
    )
