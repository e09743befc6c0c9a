"""Several messages that waited for the same reader, as the rows of one mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypedDict

from domain.mail_rules import Urgency
from notifications.message import Message
from notifications.messages.samples import CASE, DUE, LATER


class BundleRow(TypedDict):
    """One message: its subject as `what`, by when something is asked, a notice's number.

    `link` and `document` name the row's personal links; None where there is none.
    """

    code: str | None
    what: str
    until: str | None
    urgent: bool
    number: str | None
    link: str | None
    document: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle(Message):
    """To anybody for whom several messages wait. `day` is an ISO date; `case_code` stands there if all are of one case."""

    name: ClassVar[str] = "bundle"
    urgency: ClassVar[Urgency] = Urgency.PROMPT
    links: ClassVar[tuple[str, ...]] = ()
    link_optional: ClassVar[bool] = True
    beside: ClassVar[tuple[str, ...]] = ("1", "1d", "2", "3")

    day: str
    case_code: str | None
    rows: tuple[BundleRow, ...]

    @classmethod
    def example(cls) -> Bundle:
        red: BundleRow = {
            "code": CASE, "what": "■ 红色督办单 鸳督〔2026〕7号：第二路电源无廊道", "until": DUE, "urgent": True,
            "number": "鸳督〔2026〕7号", "link": "1", "document": "1d",
        }  # fmt: skip
        other: BundleRow = red | {
            "code": "DIF-2026-0057", "what": "施工便道未通", "until": LATER, "urgent": False, "number": None,
            "link": "2", "document": None,
        }  # fmt: skip
        sealed: BundleRow = other | {"code": "DIF-2026-0061", "what": "保密事项", "until": None, "link": "3"}
        return cls(day="2026-07-16", case_code=None, rows=(red, other, sealed))
