"""What a history says of a climb: from which rung of the ladder to which, and for what cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.clocks import CLOCKS
from domain.labels import clock_name
from domain.policy import Label, Policy
from services.page_types import Pairs

_CAUSES: dict[str, Label] = {
    "stay": Label("层级停留期满", "Its time on the rung is over"),
    "head": Label("单位负责人提请提级", "The unit's head asked for it"),
    "appeal": Label("企业请求提级", "The enterprise appealed"),
    "rejected": Label("环节未通过", "A stage was rejected"),
    "redo": Label("企业不满意重办", "Not solved, done again"),
    "no_agreement": Label("会商未达成一致", "No agreement in consultation"),
    "no_ruling": Label("逾期未裁定", "No ruling in time"),
    "returned_twice": Label("两次退回", "Sent back twice"),
    "node": Label("关键节点存在风险", "A key node of the project is at risk"),
}
"""By the first word of a cause, as `domain` names it."""


def climb_lines(action: str, facts: Mapping[str, Any], policy: Policy | None, *, public: bool) -> Pairs:
    """The lines below a climb: the rungs by their names (with `policy`), and, where it is not `public`, why."""
    if action not in ("climbed", "cause_recorded"):
        return ()
    lines: list[tuple[Label, Label | str]] = []
    if policy is not None and facts.get("from") and facts.get("to"):
        old, new = (policy.rung(int(facts[end])).label for end in ("from", "to"))
        lines.append((Label("层级", "Rung"), Label(f"{old.zh} → {new.zh}", f"{old.en} → {new.en}")))
    why = None if public else cause_words(str(facts.get("cause") or ""))
    return (*lines, (Label("事由", "Cause"), why)) if why is not None else tuple(lines)


def cause_words(cause: str) -> Label | None:
    """A recorded cause in words, e.g. `overdue:close::1.1:7`; None for one that has none."""
    first, _, rest = cause.partition(":")
    if first == "overdue":
        kind, _, rest = rest.partition(":")
        if kind not in CLOCKS:
            return Label("逾期", "Overdue")
        name = clock_name(kind, rest.rpartition(":")[0].rpartition(":")[0])
        return Label(f"{name.zh}逾期", f"Overdue: {name.en}")
    return _CAUSES.get(first)
