"""Tells officers that something about their case changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Moment, Words
from notifications.messages.samples import CASE, DUE, TITLE


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseUpdate(Message):
    """To those who hold or handle the case; `note` is one short line."""

    name: ClassVar[str] = "case_update"
    free_texts: ClassVar[tuple[str, ...]] = ("note",)

    case_code: str
    title: str
    what: Words
    by: Words
    note: str | None
    due: Moment | None
    estimated: bool

    @classmethod
    def example(cls) -> CaseUpdate:
        return cls(
            case_code=CASE,
            title=TITLE,
            what={"zh": "企业补充了材料", "en": "the enterprise supplemented its report"},
            by={"zh": "企业联络员", "en": "Enterprise contact"},
            note="已上传负荷计算书",
            due=DUE,
            estimated=False,
        )
