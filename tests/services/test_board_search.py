"""What a search on the board and in the API finds, and what nobody finds by it, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select, update

from domain.lifecycle import Status
from domain.lights import Light
from models.case import Case, Reporter
from models.directory import Enterprise, Project
from services.api_cases import CaseQuery, list_cases
from services.api_keys import ApiKey, new_key
from services.board_lists import board_list
from services.board_types import Filters
from services.board_users import BoardRole, BoardUser
from services.office import Office
from tests.builders import Difficulty, report, standing

pytestmark = pytest.mark.each_database

READER = BoardUser("reader", BoardRole.READER, None, "")
DESK = BoardUser("desk", BoardRole.DESK, None, "")
FIRM = {"name": "禾城湖粲钠能有限公司", "contact": "联络员", "email": "p02@example.com"}


def found(office: Office, said: str, user: BoardUser = READER, **more: str) -> list[str]:
    """The codes that the board finds."""
    return sorted(row.code for row in board_list(office, user, Filters(q=said, **more)).rows)


def told(office: Office, said: str, role: str = "desk") -> list[str]:
    """The codes that the API finds."""
    key: ApiKey = new_key("test", role)[1]
    return sorted(item["code"] for item in list_cases(office, key, CaseQuery(Filters(q=said)))["items"])


def two(office: Office) -> tuple[Difficulty, Difficulty]:
    """A difficulty of a project, and one of another enterprise without a project."""
    first = report(office, project="P02", enterprise=FIRM, title="第二路电源 Feeder Cable 100%_A/B", category="power")
    other = {"name": "另一家企业", "contact": "某某", "email": "x@example.com"}
    return first, report(office, project="", enterprise=other, title="雨水接口", detail="电源", category="power")


def test_a_code_a_title_an_enterprise_and_a_project_are_found(office: Office) -> None:
    """Two characters are enough, the letter case does not count, and the detail is not searched."""
    first, second = two(office)
    with office.writing() as session:
        session.execute(update(Project).where(Project.id == "P02").values(name_en="Sodium Works", name_zh="钠电工程"))
        session.execute(update(Enterprise).where(Enterprise.name == "另一家企业").values(name_en="Another Firm"))
    for said in (
        "电源",
        "feeder",
        "FEEDER cable",
        "p02",
        "钠电",
        "sodium",
        "湖粲",
        first.code,
        first.code.lower(),
        first.code[-4:],
    ):
        assert found(office, said) == told(office, said) == [first.code], said
    for said in ("雨水", "另一家", "another", second.code.lower()):
        assert found(office, said) == told(office, said) == [second.code], said
    for said in ("难题 电源", "zzzzzz", "第二路电源无"):
        assert found(office, said) == told(office, said) == []


def test_signs_of_the_search_language_are_plain_text(office: Office) -> None:
    """A percent sign, an underscore, a slash or a quotation mark finds itself alone."""
    first, _ = two(office)
    for said in ("%", "_", "0%_A", "A/B", "/"):
        assert found(office, said) == told(office, said) == [first.code], said
    for said in ("'", '"', "\\", "%%", "__"):
        assert found(office, said) == told(office, said) == [], said


def test_a_search_goes_with_every_other_filter(office: Office) -> None:
    """What is found is narrowed by status, unit, area, class and period, and counted under its light."""
    first, second = two(office)
    with office.writing() as session:
        session.execute(update(Case).where(Case.code == first.code).values(area_id="A02", case_class="complex"))
    assert found(office, "DIF") == [first.code, second.code]
    assert found(office, "DIF", area="A02", case_class="complex", status=first.status, since="2026-07-16") == [
        first.code
    ]
    assert found(office, "DIF", area="A02", until="2026-07-15") == []
    assert found(office, "DIF", unit="-") == [code for code in (first.code, second.code) if _lead(office, code) is None]
    listed = board_list(office, READER, Filters(q="DIF"))
    assert sum(one.count for one in listed.counters) == 2


def _lead(office: Office, code: str) -> str | None:
    with office.reading() as session:
        return session.scalar(select(Case.lead_id).where(Case.code == code))


def test_nobody_finds_a_restricted_case(office: Office) -> None:
    """Neither by its code nor by a word of it, on the board or through the API, whoever asks."""
    first, _ = two(office)
    with office.writing() as session:
        session.execute(update(Case).where(Case.code == first.code).values(restricted=True))
    for said in ("电源", first.code, "湖粲", "P02"):
        for user in (READER, DESK):
            assert found(office, said, user) == []
        assert told(office, said) == told(office, said, "reader") == []


def test_a_reader_does_not_find_who_is_not_to_be_named(office: Office) -> None:
    """By the enterprise and its project only the desk finds the case on the board, and no key does; by the title everybody."""
    first, _ = two(office)
    with office.writing() as session:
        session.execute(update(Reporter).where(Reporter.case_id == first.id).values(withheld=True))
    for said in ("湖粲", "P02"):
        assert found(office, said, READER) == []
        assert found(office, said, DESK) == [first.code]
        assert told(office, said) == told(office, said, "reader") == []
    assert found(office, "电源") == told(office, "电源") == [first.code]


def test_what_was_redacted_is_not_found_any_more(office: Office) -> None:
    """The words that are searched are those of the case now: there is no second copy of them."""
    first, _ = two(office)
    with office.writing() as session:
        session.execute(update(Case).where(Case.code == first.code).values(title="（已删除）"))
    assert found(office, "电源", DESK) == told(office, "电源") == []
    assert found(office, "已删除") == [first.code]


def test_a_search_reads_the_index_of_words(office: Office) -> None:
    """On SQLite the words come from an index that holds nothing else; without it a search reads whole rows."""
    two(office)
    if office.engine.dialect.name != "sqlite":
        return
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, given: Any, *_: object) -> None:
        asked.append((statement, given))

    event.listen(office.engine, "before_cursor_execute", note)
    board_list(office, READER, Filters(q="电源"))
    list_cases(office, new_key("test", "desk")[1], CaseQuery(Filters(q="电源")))
    event.remove(office.engine, "before_cursor_execute", note)
    searches = [(statement, given) for statement, given in asked if "LIKE" in statement]
    assert len(searches) == 2
    with office.reading() as session:
        for statement, given in searches:
            plan = [row[3] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]
            assert any("words USING COVERING INDEX ix_case_search" in step for step in plan), plan


def test_a_status_narrows_to_the_lights_that_it_can_show(office: Office) -> None:
    """Of each status the list shows and counts the same cases as when each light was asked for."""
    made = [standing(office, status) for status in Status]
    for status in Status:
        wanted = sorted(it.code for it in made if it.status == status.value)
        listed = board_list(office, READER, Filters(status=status.value))
        assert sorted(row.code for row in listed.rows) == wanted
        assert sum(one.count for one in listed.counters) == len(wanted)
        by_light = [board_list(office, READER, Filters(status=status.value, light=light.value)) for light in Light]
        assert sorted(row.code for one in by_light for row in one.rows) == wanted
    assert board_list(office, READER, Filters(status="nonsense")).rows == ()
