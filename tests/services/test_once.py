"""A command is done once, whoever asks at the same time; what was refused is tried anew."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.policy import Label
from models.office import Command, Setting
from services.office import Office
from services.once import do_once
from services.page_types import Done

pytestmark = pytest.mark.each_database


def count(office: Office) -> int:
    """How often it was done."""
    with office.reading() as session:
        return session.scalar(select(func.count()).where(Setting.key.like("done-%"))) or 0


def step(number: int, *, refused: bool = False) -> Callable[[Session], Done]:
    """A step that leaves a trace each time that it is done."""

    def do(session: Session) -> Done:
        if refused:
            return Done(False, Label("不行", "No"))
        session.add(Setting(key=f"done-{number}", value="1"))
        return Done(True, Label("已记录", "Done"))

    return do


def test_eight_clicks_at_once_are_one_action(office: Office) -> None:
    """All get the first one's answer."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: do_once(office, "page:1", step(n)), range(8)))
    assert answers == [Done(True, Label("已记录", "Done"))] * 8
    assert count(office) == 1


def test_what_was_refused_is_tried_anew(office: Office) -> None:
    """Nothing is remembered of it."""
    assert not do_once(office, "page:1", step(1, refused=True)).done
    assert do_once(office, "page:1", step(1)).done
    assert count(office) == 1


def test_what_fails_leaves_nothing(office: Office) -> None:
    """The note is of the same transaction as what was done."""

    def fail(session: Session) -> Done:
        session.add(Setting(key="done-1", value="1"))
        session.flush()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        do_once(office, "page:1", fail)
    assert count(office) == 0
    with office.reading() as session:
        assert session.get(Command, "page:1") is None


def test_without_a_command_it_is_simply_done(office: Office) -> None:
    """As programs do that have one of their own."""
    assert [do_once(office, "", step(n)).done for n in range(2)] == [True, True]
    assert count(office) == 2
