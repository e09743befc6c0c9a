"""Says to one person in the morning what is late, due today and waiting for them, and to leaders what is red."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NotRequired, TypedDict

from domain.mail_rules import Urgency
from notifications.message import Message, Words
from notifications.messages.samples import CASE, PLANNING, TITLE, TODAY


class DigestRow(TypedDict):
    """A case in a section. Of a restricted case there are code and link alone: `title` is None and `steps` empty.

    `days` are working days late, or of a plan's node calendar days (`calendar_days`), `colour` the light that they give ("red", "yellow" or ""); `owner` answers for the delay,
    `stands_for` is whom the reader stands in for. `link` names the personal link of the row.
    """

    code: str
    title: str | None
    steps: list[Words]
    due: str | None
    estimated: bool
    days: int
    colour: str
    owner: Words | None
    stands_for: Words | None
    link: str
    calendar_days: NotRequired[bool]


class DigestSection(TypedDict):
    """One part of the digest: the first rows, and of how many."""

    label: Words
    count: int
    rows: list[DigestRow]


LATE: Words = {"zh": "已逾期", "en": "late"}
DUE_TODAY: Words = {"zh": "今日到期", "en": "due today"}
WAITING: Words = {"zh": "待您处理", "en": "waiting for you"}
RED: Words = {"zh": "红灯事项", "en": "red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningDigest(Message):
    """To everybody who owes something today. `day` is an ISO date; sections without rows are left out."""

    name: ClassVar[str] = "morning_digest"
    urgency: ClassVar[Urgency] = Urgency.PROMPT
    links: ClassVar[tuple[str, ...]] = ()
    link_optional: ClassVar[bool] = True
    beside: ClassVar[tuple[str, ...]] = ("unsubscribe", "1", "2", "3", "4")

    day: str
    sections: tuple[DigestSection, ...]

    @classmethod
    def example(cls) -> MorningDigest:
        late: DigestRow = {
            "code": CASE, "title": TITLE, "steps": [{"zh": "办结", "en": "Closing"}], "due": "2026-07-10T09:30:00+00:00", "estimated": False,
            "days": 4, "colour": "red", "owner": None, "stands_for": None, "link": "1",
        }  # fmt: skip
        today: DigestRow = late | {
            "code": "DIF-2026-0057", "title": "施工便道未通", "steps": [{"zh": "签收", "en": "Sign for"}, {"zh": "首次联系", "en": "First contact"}],
            "due": TODAY, "days": 0, "colour": "", "link": "2",
        }  # fmt: skip
        sealed: DigestRow = today | {"code": "DIF-2026-0061", "title": None, "steps": [], "due": None, "link": "3"}
        red: DigestRow = late | {
            "code": "DIF-2026-0049",
            "title": "供水接入点未定",
            "due": "2026-07-09T09:30:00+00:00",
            "days": 5,
            "owner": PLANNING,
            "link": "4",
        }
        return cls(
            day="2026-07-16",
            sections=(
                {"label": LATE, "count": 1, "rows": [late]},
                {"label": DUE_TODAY, "count": 2, "rows": [today, sealed]},
                {"label": RED, "count": 12, "rows": [red]},
            ),
        )
