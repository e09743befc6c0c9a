"""What follows from an edit of the directory, in words: work that moves, links that change hands, roles left empty, chains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from domain.policy import Label, Policy, Role
from models.office import AccessLink
from services.casebook_succession import cases_of_units
from services.directory_state import Directory
from services.handover import Then, concerned
from services.people import DEEPEST, People

EACH_UNIT = (Role.LIAISON, Role.UNIT_HEAD)
ONE_OFFICE = (Role.CLERK, Role.DESK_HEAD, Role.DEPUTY_CHIEF, Role.EXECUTIVE_DEPUTY, Role.CHIEF, Role.OPERATOR)


def what_follows(policy: Policy, before: Directory, after: Directory) -> list[Label]:
    """What does not change from minute to minute: empty roles, chains of substitutes, categories routed elsewhere."""
    return [*_empty_roles(policy, before, after), *_chains(before, after), *_routing(policy, before, after)]


def _empty_roles(policy: Policy, before: Directory, after: Directory) -> Iterable[Label]:
    held = {(h.role, h.unit if h.role in EACH_UNIT else None) for h in after.effective()}
    was = {(h.role, h.unit if h.role in EACH_UNIT else None) for h in before.effective()}
    wanted = [(role, None) for role in ONE_OFFICE if (role, None) in was]
    touched = {h.unit for h in before.effective() ^ after.effective()}
    touched |= {u.successor for u in after.units.values() if u != before.units.get(u.id)}
    touched |= after.units.keys() - before.units.keys()
    units = [u for u in after.units.values() if u.active and u.id in touched]
    for role, unit in [*wanted, *((role, u.id) for u in units for role in EACH_UNIT)]:
        if (role, unit) in held:
            continue
        name = policy.roles.get(role, Label(role.value, role.value))
        of = Label("", "")
        if unit is not None:
            of = Label(f"（{unit} {after.units[unit].short_zh}）", f" of {unit} {after.units[unit].short_en}")
        yield Label(
            f"无人担任：{name.zh}{of.zh}，工作将转由上一级",
            f"nobody would hold: {name.en}{of.en}; work goes up the ladder",
        )


def _chains(before: Directory, after: Directory) -> Iterable[Label]:
    """Chains of substitutes that are deeper than three, or that end where they began, on any day that begins or ends one."""
    if before.away == after.away:
        return
    said = set()
    for day in sorted({away.first_day for away in after.away}):
        today = {away.absent: away.substitute for away in after.away if away.first_day <= day <= away.last_day}
        for absent in today:
            path = [absent]
            while path[-1] in today and path.count(path[-1]) == 1:
                path.append(today[path[-1]])
            circle = path.count(path[-1]) > 1
            if not circle and len(path) <= DEEPEST + 1:
                continue
            shown = " → ".join(path)
            if shown not in said:
                said.add(shown)
                what = (
                    Label("代理成环", "substitutes in a circle")
                    if circle
                    else Label("代理超过三级", "substitutes more than three deep")
                )
                yield Label(
                    f"{what.zh}（{day}）：{shown}，工作将转由上一级",
                    f"{what.en} ({day}): {shown}; work goes up the ladder",
                )


def _routing(policy: Policy, before: Directory, after: Directory) -> Iterable[Label]:
    for unit in after.units.values():
        known = before.units.get(unit.id)
        if known is None or unit.active or unit.successor is None or known.successor == unit.successor:
            continue
        named = [c for c in policy.categories.values() if unit.id in (c.lead, *c.supporters)]
        if named:
            heir = after.units[unit.successor]
            zh, en = "、".join(c.label.zh for c in named), ", ".join(c.label.en for c in named)
            yield Label(
                f"规则仍按 {unit.id} 分派（{zh}），自动转给 {heir.id} {heir.short_zh}",
                f"the policy routes to {unit.id} ({en}); {heir.id} {heir.short_en} gets them instead",
            )


def how_much(session: Session, before: Directory, after: Directory, base: People, today: date) -> list[Label]:
    """How many cases and links are concerned now. Restricted cases are counted, never named."""
    lines = []
    for unit in after.units.values():
        known = before.units.get(unit.id)
        if known is not None and known.active and not unit.active and unit.successor:
            moving = len(cases_of_units(session, [unit.id]))
            ending = _links(session, AccessLink.unit_id == unit.id)
            lines.append(Label(
                f"{unit.id} 有 {moving} 件未办结事项转给 {unit.successor}，{ending} 个办理链接失效并向承接单位重新发送",
                f"{moving} open case(s) of {unit.id} follow to {unit.successor}; {ending} link(s) end, its officers get new ones",
            ))  # fmt: skip
    gone = sorted(
        p.id for p in before.persons.values() if p.active and p.id in after.persons and not after.persons[p.id].active
    )
    for account in gone:
        ending = _links(session, or_(AccessLink.account_id == account, AccessLink.principal_id == account))
        lines.append(Label(f"{account} 的 {ending} 个办理链接失效", f"{ending} link(s) of {account} end"))
    # As units stand afterwards: what a successor gets is told above.
    then = replace(before.copied(), units=after.units)
    others = concerned(session, Then(then.people(base), today), Then(after.people(base), today))
    if others:
        lines.append(Label(
            f"{len(others)} 件未办结事项的办理人有变化，将向新的办理人发送链接",
            f"{len(others)} open case(s) get other people, who are sent links",
        ))  # fmt: skip
    return lines


def _links(session: Session, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(which, AccessLink.revoked_at.is_(None))) or 0
