"""The lifecycle's diagram, drawn from the table of actions so that documentation cannot drift from the rules."""

from __future__ import annotations

from domain.clocks import CLOCKS
from domain.lifecycle import ACTIONS, Kind, Status


def mermaid() -> str:
    """A Mermaid state diagram: one arrow per pair of statuses, labelled with the actions that lead there.

    Actions that leave the status as it is are not drawn; those that wait for an approval are marked with an asterisk.
    """
    arrows: dict[tuple[Status, Status], list[str]] = {}
    for action in (a for a in ACTIONS.values() if Kind.DIFFICULTY in a.kinds):
        for source in (s for s in Status if s in (action.moves_from or action.sources)):
            for target in action.targets:
                if target is not source:
                    arrows.setdefault((source, target), []).append(action.name + ("*" if action.approval else ""))
    lines = ["stateDiagram-v2", f"    [*] --> {Status.NEW.value}"]
    lines += [f"    {a.value} --> {b.value}: {', '.join(names)}" for (a, b), names in arrows.items()]
    return "\n".join(lines)


def table(kind: Kind) -> str:
    """The table of a kind's actions as Markdown: action, from, by, to, needs."""
    rows = ["| Action | From | By | To | Needs |", "|---|---|---|---|---|"]
    for action in (a for a in ACTIONS.values() if kind in a.kinds):
        sources = (
            "any" if action.sources == frozenset(Status) else ", ".join(s.value for s in Status if s in action.sources)
        )
        to = ", ".join(t.value for t in action.targets) or "same"
        needs = ", ".join(f.name if f.required else f"[{f.name}]" for f in action.fields) or "–"
        by = ", ".join(sorted(p.value for p in action.by))
        approval = f" (approval: {action.approval.value})" if action.approval else ""
        rows.append(f"| {action.name} · {action.label.zh} | {sources} | {by} | {to}{approval} | {needs} |")
    return "\n".join(rows)


def clock_table() -> str:
    """The table of clocks as Markdown: clock, owner, statuses in which it runs, notices, what it does at its due moment."""
    rows = ["| Clock | Owner | Runs in | Notices | At expiry |", "|---|---|---|---|---|"]
    for row in CLOCKS.values():
        runs = "any" if row.runs_in == frozenset(Status) else ", ".join(s.value for s in Status if s in row.runs_in)
        notices = ", ".join(c.value + (" + climb" if c in row.climbs else "") for c in row.colours)
        if row.by_slip:
            notices += " by slip"
        if row.reminds:
            notices = "reminders"
        rows.append(
            f"| {row.name} · {row.label.zh} | {row.owner.value} | {runs or 'no case'} | {notices or 'none'} | "
            f"{row.expiry.value if row.expiry else '–'} |"
        )
    return "\n".join(rows)
