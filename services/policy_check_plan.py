"""The rules that a policy's chain of nodes keeps: codes of their own, shares that grow, lights that get worse."""

from __future__ import annotations

from domain.policy import Policy
from services.marked_yaml import Report


def check_plan(policy: Policy, report: Report) -> None:
    """What can be said of the chain alone; each mistake goes to `report`."""
    plan, last = policy.milestones, 0
    seen: set[str] = set()
    for place, node in enumerate(plan.nodes):
        key = report.item("milestones.nodes", place)
        if node.code in seen:
            report.add(f"{key}.code", f"{node.code} is the code of another node", "give each node a code of its own")
        seen.add(node.code)
        if not last <= node.progress <= 100:
            report.add(
                f"{key}.progress",
                f"{node.progress} is not between {last} and 100",
                "let the shares grow along the chain",
            )
        last = max(last, node.progress)
        for name in node.needs:
            if name not in policy.categories and name not in policy.factor_types:
                report.add(
                    f"{key}.needs",
                    f"{name} is no category and no type of factor",
                    "name keys of categories or factor_types",
                )
        if node.needs and not node.key:
            report.add(f"{key}.needs", "is given for a node that is no key node", "write key: true, or leave needs out")
    if plan.nodes and plan.start not in seen:
        report.add("milestones.start", f"{plan.start} is no node of the chain", f"name one of {', '.join(seen)}")
    for key, low, high in (
        ("red.over", plan.yellow.over, plan.red.over),
        ("investment.red", plan.investment.yellow, plan.investment.red),
    ):
        if low < 0 or high <= low:
            report.add(f"milestones.{key}", f"{high} is not above yellow's {low}", "let red begin later than yellow")
    if plan.at_risk_days is not None and not 0 <= plan.at_risk_days <= 365:
        report.add("milestones.at_risk_days", f"{plan.at_risk_days} is no number of days", "write one from 0 to 365")
    if not 1 <= plan.start_red_months <= 60:
        report.add(
            "milestones.start_red_months", f"{plan.start_red_months} is no number of months", "write one from 1 to 60"
        )
