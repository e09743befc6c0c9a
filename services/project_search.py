"""Projects that strangers may see: those that the directory calls public; found by name where they are too many for a list."""

from __future__ import annotations

import unicodedata

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.policy import Label
from models.directory import Project
from services.office import Office
from services.page_types import Choice

LISTED = 300
"""Projects that a form lists; where there are more, they are searched."""
MOST_FOUND = 20
_ALIKE = 70


def is_public(project: Project) -> bool:
    """Whether a project may be named to everybody: only where its facts say so."""
    return project.facts.get("public") is True


def public_projects(session: Session) -> tuple[Choice, ...]:
    """The active projects that everybody may see, by name."""
    rows = session.scalars(select(Project).where(Project.status == "active").order_by(Project.id))
    return tuple(Choice(p.id, Label(p.name_zh, p.name_en)) for p in rows if is_public(p))


def all_projects(session: Session) -> tuple[Choice, ...]:
    """The active projects, by code, for the desk to choose from; none where there are too many for a list: then the code is typed."""
    rows = session.scalars(
        select(Project).where(Project.status == "active").order_by(Project.id).limit(LISTED + 1)
    ).all()
    if len(rows) > LISTED:
        return ()
    return tuple(Choice(p.id, Label(f"{p.id} {p.name_zh}", f"{p.id} {p.name_en}")) for p in rows)


def search_projects(office: Office, said: str) -> tuple[Choice, ...]:
    """The public projects that `said` may mean, at most MOST_FOUND: first what contains it, then what is alike."""
    from rapidfuzz import fuzz, process  # needed where there are hundreds of projects

    with office.reading() as session:
        known = public_projects(session)
    wanted = _folded(said)
    if not wanted:
        return known[:MOST_FOUND]
    names = {
        choice: f"{_folded(choice.value)} {_folded(choice.label.zh)} {_folded(choice.label.en)}" for choice in known
    }
    exact = [choice for choice, name in names.items() if wanted in name]
    near = process.extract(wanted, names, scorer=fuzz.partial_ratio, limit=MOST_FOUND, score_cutoff=_ALIKE)
    return tuple(dict.fromkeys((*exact, *(choice for _, _, choice in near))))[:MOST_FOUND]


def named_by_stranger(project: Project, said: str | None) -> bool:
    """Whether the public form may be taken at its word: whoever guesses the code of a project that is not public learns nothing."""
    return is_public(project) or _folded(said or "") in (_folded(project.name_zh), _folded(project.name_en))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
