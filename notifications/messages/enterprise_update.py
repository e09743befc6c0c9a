"""Tells the enterprise that something about its case changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Moment, Words
from notifications.messages.samples import CASE, LATER, TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterpriseUpdate(Message):
    """To the reporters of a case."""

    name: ClassVar[str] = "enterprise_update"
    links: ClassVar[tuple[str, ...]] = ("track",)

    case_code: str
    title: str
    what: Words
    due: Moment | None
    estimated: bool

    @classmethod
    def example(cls) -> EnterpriseUpdate:
        return cls(
            case_code=CASE,
            title=TITLE,
            what={"zh": "办结时限已延长", "en": "the due date was extended"},
            due=LATER,
            estimated=True,
        )
