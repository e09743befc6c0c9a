"""Reports that nobody holds a role that had to act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notifications.message import Message, Words
from notifications.messages.samples import CASE, DESK_HEAD, TRANSPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleUnfilled(Message):
    """To the operator and the desk: `taken_by` acts instead."""

    name: ClassVar[str] = "role_unfilled"
    link_optional: ClassVar[bool] = True

    role: Words
    unit: Words | None
    case_code: str | None
    taken_by: Words

    @classmethod
    def example(cls) -> RoleUnfilled:
        return cls(
            role={"zh": "部门分管负责人", "en": "Department deputy head"},
            unit=TRANSPORT,
            case_code=CASE,
            taken_by=DESK_HEAD,
        )
