"""What a policy names has to exist in its district: units, accounts, and somebody in each role."""

from __future__ import annotations

from collections.abc import Iterator

from domain.policy import Policy, Role
from services.directory_file import DirectoryFile, UnitType
from services.marked_yaml import Report, suggest
from services.people import UNIT_ROLES
from services.policy_check import AREA
from services.policy_check_channels import check_channel_people
from services.policy_check_factors import LEAD


def check_people(policy: Policy, directory: DirectoryFile, report: Report) -> None:
    """What the policy names has to exist in the district: units, accounts, and somebody in each role."""
    units = {unit.id: unit for unit in directory.units}
    leading = sorted(unit.id for unit in directory.units if unit.active and unit.type is not UnitType.OFFICE)

    def check_unit(key: str, unit_id: str) -> None:
        unit = units.get(unit_id)
        if unit is None:
            named = ", ".join(leading[:12]) + (" …" if len(leading) > 12 else "")
            report.add(key, f"unit {unit_id} is not in the directory", f"name one of {named}")
        elif not unit.active:
            successor = f", e.g. its successor {unit.successor}" if unit.successor else ""
            report.add(key, f"unit {unit_id} is no longer active", f"name another{successor}")

    check_unit("desk_unit", policy.desk_unit)
    heads = directory.holders(Role.DEPUTY_CHIEF)
    for code, item in policy.categories.items():
        named = [(f"categories.{code}.lead", item.lead)] if item.lead is not None else []
        for position, supporter in enumerate(item.supporters):
            named.append((report.item(f"categories.{code}.supporters", position), supporter))
        for key, unit_id in named:
            if unit_id != AREA:
                check_unit(key, unit_id)
            staffed = [unit_id] if unit_id in units else []
            if unit_id == AREA:
                staffed = [unit.id for unit in directory.units if unit.type is UnitType.AREA and unit.active]
            for staff_unit in staffed:
                _check_staff(directory, report, key, staff_unit)
        if item.deputy is not None and item.deputy not in {account.id for account in heads}:
            problem = f"account {item.deputy} is not a deputy chief of the directory"
            report.add(f"categories.{code}.deputy", problem, suggest(item.deputy, [account.id for account in heads]))
    check_channel_people(policy, directory, report)
    for key, unit_id in _factor_units(policy, directory, report):
        if unit_id != AREA:
            check_unit(key, unit_id)
    for key, role in _roles_used(policy, report):
        if not directory.holders(role):
            remedy = "give the role to somebody in the directory, or name another role"
            report.add(key, f"nobody holds the role {role}", remedy)


def _check_staff(directory: DirectoryFile, report: Report, key: str, unit_id: str) -> None:
    """A unit that may handle a case needs somebody to write to, and a head who signs."""
    for role in (Role.LIAISON, Role.UNIT_HEAD):
        if not directory.holders(role, unit_id):
            report.add(key, f"unit {unit_id} has nobody in the role {role}", "add that person to the directory")


def _roles_used(policy: Policy, report: Report) -> Iterator[tuple[str, Role]]:
    yield "fallback_role", policy.fallback_role
    # A case without a lead official and a category without a deputy go to the executive deputy.
    for role in (Role.EXECUTIVE_DEPUTY, Role.CLERK, Role.DESK_HEAD):
        yield f"roles.{role}", role
    lists = [(f"{report.item('rungs', position)}.holders", rung.holders) for position, rung in enumerate(policy.rungs)]
    lists += [(f"severities.{number}.copies", severity.copies) for number, severity in policy.severities.items()]
    lists += [(f"notices.{colour}.to", notice.to) for colour, notice in policy.notices.items()]
    lists += [(f"notices.{colour}.copies", notice.copies) for colour, notice in policy.notices.items()]
    lists.append(("extensions.approvers", policy.extensions.approvers))
    plan = policy.milestones
    lists += [("milestones.yellow.copies", plan.yellow.copies), ("milestones.red.copies", plan.red.copies)]
    for key, roles in lists:
        for place, role in enumerate(roles):
            yield report.item(key, place), role


def _factor_units(policy: Policy, directory: DirectoryFile, report: Report) -> Iterator[tuple[str, str]]:
    """The (key, unit id) pairs that have to be in the directory; a chain whose approver nobody is goes to `report`."""
    for code, kind in policy.factor_types.items():
        key = f"factor_types.{code}"
        yield f"{key}.lead", kind.lead
        for place, unit in enumerate(kind.supporters):
            yield report.item(f"{key}.supporters", place), unit
        for place, stage in enumerate(kind.stages):
            at = report.item(f"{key}.stages", place)
            unit = kind.lead if stage.unit == LEAD else stage.unit
            if stage.unit != LEAD:
                yield f"{at}.unit", stage.unit
            for number, role in enumerate(stage.approvers):
                where = report.item(f"{at}.approvers", number)
                for staffed in _staffed(directory, unit) if role in UNIT_ROLES else (None,):
                    if not _held(directory, role, staffed):
                        whom = f" of unit {staffed}" if staffed else ""
                        report.add(
                            where,
                            f"nobody holds the role {role}{whom}: the chain has no approver there",
                            "name another role, or give somebody this one",
                        )


def _staffed(directory: DirectoryFile, unit: str) -> tuple[str | None, ...]:
    if unit == AREA:
        return tuple(row.id for row in directory.units if row.type is UnitType.AREA and row.active)
    # An unknown unit is named by the check of units; it has nobody in any role.
    return tuple(row.id for row in directory.units if row.id == unit)


def _held(directory: DirectoryFile, role: Role, unit: str | None) -> bool:
    return bool(directory.holders(role, unit))
