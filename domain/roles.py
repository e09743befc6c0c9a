"""The capacities in which people act."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A capacity in which a person acts; officials are known to the rules by role only."""

    CLERK = "dispatch_clerk"
    DESK_HEAD = "dispatch_head"
    COMMISSIONER = "commissioner"
    LIAISON = "liaison"
    UNIT_HEAD = "unit_head"
    AREA_OFFICER = "area_officer"
    DEPUTY_CHIEF = "deputy_chief"
    EXECUTIVE_DEPUTY = "executive_deputy"
    CHIEF = "chief"
    SUPERVISOR = "supervisor"
    SAFETY_INSPECTOR = "safety_inspector"
    OPERATOR = "operator"
