"""A project's plan for machines: `expedite project CODE --json`."""

from __future__ import annotations

from typing import Any

from domain.lights import Light
from services.case_view import at
from services.milestone_view import NodeLine, plan_of
from services.office import Office


def plan_json(office: Office, code: str) -> dict[str, Any] | None:
    """A project's plan for `expedite project CODE --json`; days are ISO dates, moments in the office's zone."""
    plan = plan_of(office, code)
    if plan is None:
        return None
    return {
        "code": plan.code, "name_zh": plan.name.zh, "name_en": plan.name.en, "enterprise": plan.enterprise.zh if plan.enterprise else "",
        "light": _code(plan.light), "progress_percent": plan.progress,
        "parts": {
            "next_node": _code(plan.next_node.standing.light if plan.next_node else None), "investment": _code(plan.investment),
            "start": _code(plan.start),
        },
        "next_node": plan.next_node.code if plan.next_node else None,
        "investment": {
            "total_wan": plan.total, "year_plan_wan": plan.year_plan, "year_done_wan": plan.year_done, "gap_points": plan.gap,
        },
        "nodes": [_node_json(office, node) for node in plan.nodes],
        "changes": [
            {
                "node": one.node.en, "from": one.from_day.isoformat(), "to": one.to_day.isoformat(), "reason": one.reason,
                "document": one.document or None, "decider": one.decider.en, "state": one.state, "asked_at": at(office, one.asked_at),
                "decided_at": at(office, one.decided_at), "decided_by": one.decided_by.en if one.decided_by else None,
                "remark": one.remark or None,
            }
            for one in plan.changes
        ],
        "heat_stops": [day.isoformat() for day in plan.heat_stops],
        "heat_stops_taken_back": [{"day": day.isoformat(), "reason": reason} for day, reason in plan.heat_stops_back],
        "notices": [
            {"number": one.number, "colour": one.colour, "issued_at": at(office, one.issued_at)} for one in plan.notices
        ],
    }  # fmt: skip


def _node_json(office: Office, node: NodeLine) -> dict[str, Any]:
    return {
        "code": node.code, "name_zh": node.label.zh, "name_en": node.label.en, "plan": node.plan.isoformat(),
        "original_plan": node.original_plan.isoformat(), "forecast": node.forecast.isoformat() if node.forecast else None,
        "actual": node.actual.isoformat() if node.actual else None, "slip_days": node.standing.slip,
        "expected": node.standing.expected, "light": node.standing.light.value, "excused_days": node.excused, "owner": node.owner.en,
        "warning": node.warning.en if node.warning else None, "at_risk": node.at_risk, "held_by": list(node.held_by),
        "clocks": [
            {
                "rule": "milestones", "policy": one.policy, "state": one.state.value, "started": at(office, one.started),
                "planned_end": at(office, one.plan), "heat_stop_days": [day.isoformat() for day in one.excused],
                "due": at(office, one.due), "yellow_from": at(office, one.yellow), "red_from": at(office, one.red),
                "agrees": one.agrees,
            }
            for one in node.clocks
        ],
    }  # fmt: skip


def _code(light: Light | None) -> str | None:
    return light.value if light is not None else None
