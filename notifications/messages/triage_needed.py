"""Asks a clerk to dispatch a case that no rule could route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Line, Message, Moment, Words
from notifications.messages.samples import ALIKE, CASE, TITLE, TOMORROW


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageNeeded(Message):
    """To the desk: `why` says what the rules lacked, `alike` which open cases may be the same.

    `project_said` is the project that the report names where it is not known, as the reporter wrote it.
    """

    name: ClassVar[str] = "triage_needed"
    takes_detail: ClassVar[bool] = True
    free_texts: ClassVar[tuple[str, ...]] = ("project_said",)

    case_code: str
    title: str
    why: Words
    due: Moment | None
    alike: tuple[Line, ...] = ()
    project_said: str | None = None

    @classmethod
    def example(cls) -> TriageNeeded:
        return cls(
            case_code=CASE,
            title=TITLE,
            why={"zh": "类别不明，规则无法确定牵头单位", "en": "the category is unknown, so no rule names a lead"},
            due=TOMORROW,
            alike=ALIKE,
            project_said="湖粲二期",
        )
