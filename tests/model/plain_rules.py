"""The tables of LIFECYCLE.md, typed in by hand, and the numbers of the demo policy: what the reference model goes by."""

from __future__ import annotations

from typing import Final

from tests.model.plain_days import Limit

OPEN: Final = "new in_progress disputed consultation suspended tracking replied"
BUT_REPLIED: Final = "new in_progress disputed consultation suspended tracking"
HANDLED: Final = "in_progress disputed consultation tracking"
ANY: Final = OPEN + " closed"
DESK: Final = "clerk desk_head"

ACTIONS: Final = {
    # action: (from, by)
    "dispatch": ("new", DESK),
    "settle_on_spot": ("new", "commissioner " + DESK),
    "decline": ("new", "desk_head"),
    "merge": (BUT_REPLIED, DESK),
    "amend": (OPEN, DESK),
    "instruct": (OPEN, "deputy_chief chief"),
    "circular": (OPEN, "desk_head deputy_chief"),
    "report_to_city": (BUT_REPLIED, "desk_head"),
    "fulfil": (BUT_REPLIED, "duty_unit"),
    "sign_for": ("in_progress consultation", "lead"),
    "contact": (HANDLED, "lead supporter commissioner"),
    "send_back": ("in_progress", "lead"),
    "rule": ("disputed", "desk_head"),
    "reassign": ("in_progress consultation tracking", "desk_head"),
    "answer": (HANDLED, "supporter"),
    "report": (HANDLED, "lead"),
    "supplement": (OPEN, "enterprise commissioner"),
    "ask_extension": ("in_progress", "lead"),
    "ask_suspension": ("in_progress", "lead"),
    "review": ("suspended", "desk_head"),
    "resume": ("suspended", DESK),
    "call_consultation": ("in_progress disputed", "desk_head"),
    "move_consultation": ("consultation", "desk_head"),
    "conclude": ("consultation", "desk_head"),
    "track": ("in_progress", "desk_head"),
    "untrack": ("tracking", "desk_head"),
    "reply": ("in_progress tracking", "lead"),
    "record_follow_up": ("replied", "commissioner " + DESK),
    "confirm": ("replied", "enterprise"),
    "dispute": ("replied closed", "enterprise"),
    "appeal": (BUT_REPLIED, "enterprise"),
    "escalate": (BUT_REPLIED, "unit_head"),
    "withdraw": (BUT_REPLIED, "enterprise"),
    "deliver": ("closed", "lead"),
    "reopen": ("closed", "desk_head"),
    "approve": (ANY, "approver"),
    "refuse": (ANY, "approver"),
    "hand_back": (ANY, "approver"),
    "resubmit": (ANY, "lead desk_head"),
}
FOR_ENTERPRISE: Final = frozenset({"supplement", "confirm", "dispute", "appeal", "withdraw"})
OF_EVERY_REPORTER: Final = frozenset({"supplement", "withdraw"})

IN_PROGRESS: Final = "sign_for contact return_window answer plan interim close rung_stay duty"
RUNS: Final = {
    "new": "triage duty",
    "in_progress": IN_PROGRESS,
    "disputed": "ruling contact answer plan interim close rung_stay duty",
    "consultation": "consultation sign_for contact answer plan interim close rung_stay duty",
    "suspended": "suspension_review awaiting_enterprise resume duty",
    "tracking": "interim tracking_end contact answer duty",
    "replied": "follow_up",
    "closed": "promised",
}
"""Which clocks run where. An approval's step runs everywhere; the monthly report to the city wherever a case is open but replied."""

BESIDE_STATUS: Final = frozenset({"duty", "promised", "approval_step", "city_report"})
"""Clocks that a suspension does not touch."""
OF_LEAD: Final = frozenset(
    {"sign_for", "contact", "return_window", "plan", "interim", "close", "rung_stay", "promised"}
)
COLOURS: Final = {
    "triage": "yellow red", "sign_for": "yellow", "contact": "yellow", "ruling": "yellow", "answer": "blue yellow red", "plan": "yellow",
    "interim": "yellow", "close": "blue yellow red", "consultation": "yellow red", "approval_step": "blue yellow red",
    "suspension_review": "yellow", "tracking_end": "blue yellow red", "follow_up": "yellow red", "duty": "blue yellow red",
    "promised": "blue", "city_report": "yellow",
}  # fmt: skip
CLIMB_ON_RED: Final = frozenset({"close", "interim", "consultation"})
EXPIRES: Final = frozenset(
    {
        "sign_for", "return_window", "ruling", "rung_stay", "approval_step", "awaiting_enterprise", "resume", "follow_up", "duty",
        "promised", "city_report",
    }
)  # fmt: skip
ENDS_ITSELF: Final = frozenset(
    {"return_window", "ruling", "rung_stay", "awaiting_enterprise", "resume", "promised", "city_report"}
)
"""Clocks that are over at their due moment: what they have to say, they say then."""


def days(n: int) -> Limit:
    """A limit in working days."""
    return n, "working_days", False


MONTH: Final[Limit] = (1, "months", True)
LIMITS: Final[dict[str, Limit]] = {
    "triage": days(1), "sign_for": (1, "half_day", False), "return_window": days(1), "ruling": days(1), "answer": days(3),
    "approval_step": days(1), "consultation": days(3), "suspension_review": days(10), "tracking_interim": MONTH,
    "tracking_end": (12, "months", False), "follow_up": days(2), "redo": days(5), "notice": days(1), "dispute_window": days(10),
    "city_report": (1, "months", False),
    "close.immediate": days(1), "close.ordinary": days(5), "close.complex": days(10), "close.hard": days(15),
    "interim.complex": days(3), "interim.hard": days(5), "interim.tracking": MONTH, "plan.hard": days(3),
    "contact.immediate": (2, "working_hours", False), "contact.ordinary": days(1), "contact.complex": days(1), "contact.hard": days(1),
    "contact.tracking": days(1), "contact.1": (8, "working_hours", False), "contact.2": (4, "working_hours", False),
    "contact.3": (2, "working_hours", False),
    "rung.1": days(1), "rung.2": days(3), "rung.3": days(5), "rung.4": days(10), "rung.5": days(15), "rung.6": days(30),
}  # fmt: skip
EXTENSIONS: Final = {"immediate": 0, "ordinary": 1, "complex": 2, "hard": 2, "tracking": 0}
EXTENSION_ROLES: Final = ("dispatch_head", "deputy_chief")
SUSPENSIONS: Final = {
    "awaiting_enterprise": 10,
    "statutory_procedure": 45,
    "awaiting_superior": 60,
    "policy_limit": 90,
    "weather": 15,
}
NOTICE_DAYS: Final = {"blue": -2, "yellow": 1, "red": 3, "circular": 5}
ATTEMPTS, DISPUTE_AT, REDOS = 3, 2, 2
DESK_UNIT: Final = "O01"
HIGHER: Final = ("unit_head", "dispatch_head", "deputy_chief", "chief")
