"""What the history says of a climb: from where to where for everybody, and why for who handles it."""

from __future__ import annotations

import pytest

from domain.policy import Label
from services.case_view import people_of, timeline
from services.climb_words import cause_words
from services.office import Office
from services.page_types import TimelineLine
from tests.builders import report


def climbs(office: Office, case_id: int, *, public: bool) -> list[TimelineLine]:
    """The lines of a case's climbs."""
    with office.reading() as session:
        lines = timeline(session, case_id, people_of(session, office), public=public, policy=office.policy)
    return [line for line in lines if line.what.en == "One rung up"]


def test_a_climb_says_from_which_rung_to_which_and_why(office: Office) -> None:
    """The enterprise that appealed reads the rungs; who handles the case reads the cause too."""
    case = report(office).by_firm("appeal", why="没有回音")
    old, new = office.policy.rung(3).label, office.policy.rung(4).label
    rung = (Label("层级", "Rung"), Label(f"{old.zh} → {new.zh}", f"{old.en} → {new.en}"))
    assert [line.text for line in climbs(office, case.id, public=True)] == [(rung,)]
    [line] = climbs(office, case.id, public=False)
    assert line.text == (rung, (Label("事由", "Cause"), Label("企业请求提级", "The enterprise appealed")))


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("overdue:close::1.1:7", "Overdue: Closing"),
        ("stay:1.1:2", "Its time on the rung is over"),
        ("redo:1.2", "Not solved, done again"),
        ("no_ruling:1", "No ruling in time"),
        ("node:P02:n3:1", "A key node of the project is at risk"),
        ("unheard-of:1", None),
    ],
)
def test_causes_are_words(cause: str, said: str | None) -> None:
    """Each kind of cause that the rules record has its words; an unknown one is not shown as a key."""
    found = cause_words(cause)
    assert (found.en if found is not None else None) == said
