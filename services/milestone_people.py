"""Who answers for a node, who rules on its date, and to whom its notices go."""

from __future__ import annotations

from datetime import date

from domain.plan_rules import SlipRule
from domain.policy import Role
from domain.refusals import need, wrong
from models.directory import Project
from models.milestone import Milestone
from services.people import Found, People

RULERS = (Role.DEPUTY_CHIEF, Role.EXECUTIVE_DEPUTY, Role.CHIEF)
"""Whose decision a change of a planned day may be."""


def answers_for(node: Milestone, project: Project) -> str | None:
    """The account that answers for a node: its own, else the project's commissioner, else its lead official."""
    return node.responsible_id or project.commissioner_id or project.lead_official_id


def responsible(people: People, node: Milestone, project: Project, today: date) -> tuple[Found, ...]:
    """Who answers for a node today, a substitute in the place of who is away; the desk's head where nobody does."""
    account = answers_for(node, project)
    return of_account(people, account, Role.COMMISSIONER, today) or people.find(Role.DESK_HEAD, None, None, today)


def copies(people: People, rule: SlipRule, project: Project, today: date) -> tuple[Found, ...]:
    """Who gets a copy; `deputy_chief` is the project's lead official."""
    found: dict[str, Found] = {}
    for role in rule.copies:
        own = project.lead_official_id if role is Role.DEPUTY_CHIEF else None
        named = of_account(people, own, role, today) or people.find(
            Role.EXECUTIVE_DEPUTY if role is Role.DEPUTY_CHIEF else role, project.area_id, None, today
        )
        for one in named:
            found.setdefault(one.person.id, one)
    return tuple(found.values())


def decider(people: People, said: str, node: Milestone, project: Project, today: date) -> Found:
    """Who rules on a change: the account that was named, else the project's lead official. Raises FieldRefused."""
    account = said or project.lead_official_id or ""
    if not account:
        raise need("decider", "the project has no lead official: name the person who decides")
    if account not in people.persons:
        raise wrong("decider", f"{account!r} is no account in use; choose one of the list")
    held = [role for role in RULERS if account in people.holders.get((role, None), ())]
    if account != project.lead_official_id and not held:
        raise wrong("decider", f"{account} neither leads the project nor is a deputy chief; choose one who may decide")
    exclude = {one for one in (answers_for(node, project),) if one}
    acting = people.acting(account, today, exclude)
    if acting is None:
        raise wrong("decider", f"{account} answers for the node, or nobody stands in for them; choose another")
    principal = people.persons[account] if acting != account else None
    return Found(people.persons[acting], held[0] if held else Role.DEPUTY_CHIEF, None, principal)


def of_account(people: People, account: str | None, role: Role, today: date) -> tuple[Found, ...]:
    """An account as it acts today, a substitute in the place of who is away; empty where nobody does."""
    acting = people.acting(account, today) if account else None
    if acting is None or account is None:
        return ()
    return (Found(people.persons[acting], role, None, people.persons.get(account) if acting != account else None),)
