"""Classifying a new report: category, severity, class, and the units that lead and support (DOMAIN.md 1.4)."""

from __future__ import annotations

from domain.case import UnitFacts
from domain.policy import Label, Policy
from services.casebook import Route
from services.people import People

UNKNOWN_CATEGORY = Label("类别不明，规则无法确定牵头单位", "The category is unknown, so no rule names a lead")
NO_LEAD = Label("该类别由推进办确定牵头单位", "For this category the desk names the lead")
LEAD_INACTIVE = Label("规则确定的牵头单位已停用", "The lead that the rules name is no longer active")

DEPARTMENTS = frozenset({"department", "utility"})


def route(
    policy: Policy, people: People, category: str | None, severity: int, area: str | None
) -> tuple[Route, tuple[str, ...]]:
    """Where a report goes, and flags for the desk ("unknown_category", "lead_inactive").

    An inactive lead falls back to the unit's successor, else to the desk. Two or more departments make a case complex; areas do
    not count.
    """
    rules = policy.triage
    known = policy.categories.get(category or "")
    if known is None:
        return Route(None, (), rules.default_class, severity, UNKNOWN_CATEGORY), ("unknown_category",)
    level = max(severity, rules.min_severity_by_category.get(known.code, 1))
    flags: tuple[str, ...] = ()
    named = area if known.lead == "area" else known.lead
    lead = active_unit(people, named)
    if named is not None and (lead is None or lead.id != named):
        flags = ("lead_inactive",)
    supporters = tuple(
        dict.fromkeys(
            unit.id
            for unit in (active_unit(people, area if s == "area" else s) for s in known.supporters)
            if unit is not None and (lead is None or unit.id != lead.id)
        )
    )
    involved = [people.units[u] for u in ((lead.id,) if lead else ()) + supporters]
    case_class = rules.class_by_category.get(known.code, rules.default_class)
    if known.code not in rules.class_by_category and sum(1 for u in involved if u.kind in DEPARTMENTS) >= 2:
        case_class = rules.several_departments_class
    why = LEAD_INACTIVE if flags else NO_LEAD
    return Route(lead.id if lead else None, supporters, case_class, level, why), flags


def active_unit(people: People, unit_id: str | None) -> UnitFacts | None:
    """The unit if it is active, else its successor; None when no active unit stands behind it."""
    unit = people.units.get(unit_id or "")
    for _ in range(3):
        if unit is None or unit.active:
            return unit
        unit = people.units.get(unit.successor or "")
    return unit if unit is not None and unit.active else None
