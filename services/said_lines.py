"""What a report says before it is a case, line by line in both languages: for who is to confirm it, and who decides on it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from domain.policy import Label, Policy
from domain.refusals import FieldRefused
from models.intake import Delivery, Trust
from services.office import Office
from services.page_types import Pairs
from services.project_search import named_by_stranger
from services.report import LONGEST_TITLE, said_of
from services.report_notes import UNMATCHED
from services.senders import find_projects

_FIRM = {
    "name": Label("企业", "Enterprise"), "contact": Label("联系人", "Contact"), "phone": Label("电话", "Phone"),
    "email": Label("邮箱", "E-mail"),
}  # fmt: skip
_MATTER = {
    "project": Label("项目", "Project"), "category": Label("类别", "Category"), "severity": Label("紧急程度", "Urgency"),
    "title": Label("标题", "Title"), "detail": Label("说明", "Detail"),
}  # fmt: skip
_FACTOR = {
    "type": Label("要素", "Factor"), "quantity": Label("需求数量", "Asked for"), "needed_by": Label("最晚需要时间", "Needed by"),
    "difficulty": Label("关联难题", "Difficulty"),
}  # fmt: skip


def said_lines(office: Office, session: Session, row: Delivery, *, stranger: bool) -> Pairs:
    """What `row` says, codes by their names; empty where it cannot be read.

    To a `stranger` a project is named only where everybody may see it, or where they named it themselves.
    """
    try:
        said: Mapping[str, object] = said_of(row)
    except FieldRefused:
        return ()
    said = _object(said, "data") or said
    firm, factor = _object(said, "enterprise"), _object(said, "factor")
    pairs: list[tuple[Label, object]] = [(label, firm.get(key)) for key, label in _FIRM.items()]
    for key, label in _MATTER.items():
        value: object = said.get(key)
        if key == "project":
            value = _project(session, value, row, stranger=stranger)
        pairs.append((label, _named(office.policy, key, value)))
    pairs += [(label, _asked(office.policy, factor, key)) for key, label in _FACTOR.items()]
    return tuple((label, value if isinstance(value, Label) else str(value)) for label, value in pairs if value)


def named(row: Delivery) -> tuple[str, str]:
    """The enterprise and the title that a delivery names, for a list; empty what cannot be read, and all of a restricted one."""
    try:
        said: Mapping[str, object] = said_of(row)
    except FieldRefused:
        return "", ""
    said = _object(said, "data") or said
    if said.get("restricted") is True:
        return "", ""
    firm = "" if said.get("withheld") is True else _object(said, "enterprise").get("name")
    return _short(firm), _short(said.get("title"))


def _short(value: object) -> str:
    return " ".join(value.split())[:LONGEST_TITLE] if isinstance(value, str) else ""


def _object(said: Mapping[str, object], key: str) -> Mapping[str, object]:
    given = said.get(key)
    return given if isinstance(given, dict) else {}


def _named(policy: Policy, key: str, value: object) -> object:
    """A category or an urgency by its name; whatever is neither stays as it was said."""
    said = str(value or "").strip()
    if key == "category" and said in policy.categories:
        return policy.categories[said].label
    if key == "severity":
        return next((one.label for number, one in policy.severities.items() if said == str(number)), value)
    return value


def _project(session: Session, value: object, row: Delivery, *, stranger: bool) -> object:
    if not isinstance(value, str) or not value.strip():
        return value
    [project] = find_projects(session, [value.strip()])
    if project is not None and (not stranger or named_by_stranger(project, value)):
        named = Label(project.name_zh, project.name_en)
    elif stranger:
        return value
    else:
        named = Label(value, value)
    if stranger or (project is not None and (row.trust is not Trust.PUBLIC or named_by_stranger(project, value))):
        return named
    # As a case it would have no project: whoever accepts it knows that before.
    return Label(f"{named.zh}（{UNMATCHED.zh}）", f"{named.en} ({UNMATCHED.en})")


def _asked(policy: Policy, factor: Mapping[str, object], key: str) -> object:
    value = factor.get(key)
    if key == "type" and str(value) in policy.factor_types:
        return policy.factor_types[str(value)].label
    if key == "quantity" and value:
        return f"{value} {factor.get('unit') or ''}".strip()
    return value
