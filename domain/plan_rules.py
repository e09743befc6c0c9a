"""What a district decides about its projects' plans: the chain of nodes, and how late a node may be before it lights up.

DOMAIN.md 3.1 and 3.2 give the defaults.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.label import Label
from domain.roles import Role


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the chain. `progress` is the share of the whole, in per cent, that is done once it is reached.

    A `key` node at risk lets the cases that hold it up climb; `needs` are the categories of difficulties and the types of factor
    requests that do so without the desk saying it.
    """

    code: str
    label: Label
    progress: int
    key: bool = False
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SlipRule:
    """A colour that is issued once a node is more than `over` calendar days late, and who gets a copy of its notice."""

    over: int
    copies: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class InvestmentRule:
    """More than so many percentage points behind the year's plan are yellow, and red."""

    yellow: int = 10
    red: int = 30


@dataclass(frozen=True, slots=True)
class PlanRules:
    """The chain in its order, and the lights. `start` is the node by which a project counts as started.

    A project that did not start in the month of that node's plan is yellow, and red `start_red_months` after the planned day.
    A key node is at risk from `at_risk_days` before its planned day on, or when its forecast is red; None: no case climbs for it.
    """

    nodes: tuple[Node, ...] = ()
    yellow: SlipRule = SlipRule(7, (Role.DESK_HEAD,))
    red: SlipRule = SlipRule(30, (Role.DESK_HEAD, Role.DEPUTY_CHIEF))
    investment: InvestmentRule = InvestmentRule()
    start: str = "started"
    start_red_months: int = 3
    at_risk_days: int | None = None

    def node(self, code: str) -> Node | None:
        """The node with that code."""
        return next((node for node in self.nodes if node.code == code), None)
