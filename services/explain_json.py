"""An explanation for machines: `expedite explain CODE --json`. The keys are stable; moments are ISO 8601 in the office's zone."""

from __future__ import annotations

from typing import Any

from domain.policy import Limit
from services.case_view import at
from services.explain import ExplainedClock, Explanation
from services.office import Office


def explanation_json(office: Office, found: Explanation) -> dict[str, Any]:
    """All clocks, newest first, and the overdue days."""
    return {
        "code": found.code,
        "clocks": [_clock(office, clock) for clock in found.clocks],
        "overdue_days": [{"day": day.day.isoformat(), "owner": day.owner, "why": day.why.en} for day in found.overdue],
        "overdue_by_owner": found.by_unit(),
    }


def _clock(office: Office, clock: ExplainedClock) -> dict[str, Any]:
    account = clock.account
    return {
        "id": clock.id, "kind": clock.kind, "subject": clock.subject, "owner": clock.owner, "round": clock.round, "cycle": clock.cycle,
        "state": clock.state.value, "started": at(office, account.start), "ended_at": at(office, clock.ended_at),
        "rule": {
            "key": clock.rule.key, "limit": _limit(account.limit), "policy": clock.rule.policy, "policy_adopted": at(office, clock.rule.policy_adopted),
            "calendar": clock.rule.calendar, "calendar_adopted": at(office, clock.rule.calendar_adopted),
        },
        "unit": _unit(account.limit) if account.unit is not None else None, "owed": account.owed, "counted": account.counted,
        "reached": at(office, account.reached), "due": at(office, account.due.at if account.due else None),
        "estimated": account.due.estimated if account.due is not None else None, "paused": account.paused,
        "stored": at(office, clock.stored), "agrees": clock.agrees,
        "intervals": [
            {
                "begin": at(office, one.begin), "end": at(office, one.end), "counted": one.counted, "amount": one.amount,
                "why": one.why.value, "name": one.name.en if one.name is not None else None, "reason": one.reason or None,
                "estimated": one.estimated,
            }
            for one in account.intervals
        ],
        "changes": [
            {
                "at": at(office, one.at), "what": one.what.value, "before": at(office, one.before), "after": at(office, one.after),
                "reason": one.reason or None, "limit": _limit(one.limit), "calendar": one.calendar,
            }
            for one in account.changes
        ],
    }  # fmt: skip


def _limit(limit: Limit | None) -> dict[str, Any] | None:
    return None if limit is None else {"value": limit.value, "unit": limit.unit.value, "rolls": limit.roll}


def _unit(limit: Limit | None) -> str | None:
    """In what the amounts of the intervals are: minutes for a limit in hours, days for one in months."""
    counted_in = {"working_hours": "minutes", "months": "days"}
    return None if limit is None else counted_in.get(limit.unit.value, limit.unit.value)
