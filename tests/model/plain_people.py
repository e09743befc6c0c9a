"""Who answers for a role, by the demo district's list of posts and the substitutions that were noted: plainly, one after the other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

OFFICERS = {
    "D02": "L02", "D03": "L03", "D08": "L08", "D10": "L10", "D14": "L14", "A01": "J01", "A02": "J02", "A03": "J03", "O01": "R06",
}  # fmt: skip
HEADS = {
    "D02": "H02", "D03": "H03", "D08": "H08", "D10": "H10", "D14": "H14", "A01": "R08", "A02": "H15", "A03": "H16", "O01": "R05",
}  # fmt: skip
OFFICIALS = {"P01": "R02", "P02": "R02", "P10": "R04", "P11": "R03"}
COMMISSIONERS = {"P01": "R09", "P02": "R11", "P10": "R09", "P11": "R12"}
AREAS = {"P01": "A01", "P02": "A02", "P10": "A01", "P11": "A03"}
POSTS = {"R01": "O03", "R02": "O03", "R03": "O03", "R04": "O03", "R05": "O01", "R06": "O01"}
"""The units of the posts that stand above all units."""
DISTRICT = {"dispatch_clerk": "R06", "dispatch_head": "R05", "executive_deputy": "R04", "chief": "R01"}
UPWARDS = {
    "liaison": "unit_head", "unit_head": "dispatch_head", "dispatch_clerk": "dispatch_head", "dispatch_head": "deputy_chief",
    "deputy_chief": "executive_deputy", "executive_deputy": "chief",
}  # fmt: skip


@dataclass
class People:
    """The directory: who is away from when to when, and who stands in."""

    away: list[tuple[str, date, date, str]] = field(default_factory=list)

    def holder(self, role: str, unit: str | None, project: str) -> str | None:
        """Who holds a role."""
        if role == "liaison":
            return OFFICERS.get(unit or "")
        if role == "unit_head":
            return HEADS.get(unit or "")
        if role == "deputy_chief":
            return OFFICIALS.get(project, DISTRICT["executive_deputy"])
        if role == "commissioner":
            return COMMISSIONERS.get(project)
        return DISTRICT[role]

    def acting(self, account: str | None, today: date, not_asked: Collection[str]) -> str | None:
        """The holder, or who stands in: at most three deep, never in a circle, and never who asked."""
        met = [account]
        while account is not None:
            standing_in = [s for absent, first, last, s in self.away if absent == account and first <= today <= last]
            if not standing_in:
                return None if account in not_asked else account
            account = next((s for s in standing_in if s not in met), None)
            met.append(account)
            if len(met) > 4:
                return None
        return None

    def asked(
        self, role: str, unit: str | None, project: str, today: date, not_asked: Collection[str]
    ) -> tuple[str | None, str | None]:
        """Who is asked to decide, and for whose post: up the ladder when nobody is there."""
        while True:
            post = self.holder(role, unit, project)
            found = self.acting(post, today, not_asked)
            if found is not None or role not in UPWARDS:
                return found, post
            role = UPWARDS[role]

    def fresh(self, project: str, today: date, handled: Collection[str]) -> bool:
        """Whether a clerk or the project's commissioner is there who did not handle the case."""
        return any(
            self.acting(self.holder(role, None, project), today, handled) for role in ("dispatch_clerk", "commissioner")
        )
