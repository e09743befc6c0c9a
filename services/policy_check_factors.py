"""The rules that a policy's factor types keep: units that convert, chains that somebody decides, limits that can be chosen."""

from __future__ import annotations

from domain.policy import FactorStage, FactorType, Policy
from domain.quantity import MEASURES
from services.marked_yaml import Report, suggest

LEAD, AREA = "lead", "area"


def check_factors(policy: Policy, report: Report) -> None:
    """What can be said of the factor types alone; each mistake goes to `report`."""
    for code, kind in policy.factor_types.items():
        key = f"factor_types.{code}"
        _check_units(kind, key, report)
        if kind.largest < 1:
            report.add(
                f"{key}.largest",
                f"{kind.largest} is not above zero",
                "write the largest quantity that can be asked for",
            )
        if kind.lead in kind.supporters:
            place = report.item(f"{key}.supporters", kind.supporters.index(kind.lead))
            report.add(place, f"{kind.lead} already leads the type", "name it once, as lead or as supporter")
        if not kind.stages:
            report.add(f"{key}.stages", "is empty", "give the chain at least one stage")
        _check_stages(kind, key, report)


def _check_units(kind: FactorType, key: str, report: Report) -> None:
    if not kind.units:
        report.add(f"{key}.units", "is empty", f"name at least one of {', '.join(MEASURES)}")
    for place, unit in enumerate(kind.units):
        if unit not in MEASURES:
            report.add(report.item(f"{key}.units", place), f"{unit!r} is not a known unit", suggest(unit, MEASURES))


def _check_stages(kind: FactorType, key: str, report: Report) -> None:
    codes: set[str] = set()
    groups: list[str | None] = []
    for place, stage in enumerate(kind.stages):
        at = report.item(f"{key}.stages", place)
        if stage.code in codes:
            report.add(f"{at}.code", f"{stage.code} is the code of another stage", "give each stage a code of its own")
        codes.add(stage.code)
        if stage.group is not None and stage.group in groups and groups[-1] != stage.group:
            report.add(
                f"{at}.group", f"group {stage.group} is interrupted", "list the stages of a group one below the other"
            )
        groups.append(stage.group)
        _check_approvers(stage, at, report)
        _check_limit(kind, stage, at, report)


def _check_approvers(stage: FactorStage, at: str, report: Report) -> None:
    asked = len(stage.approvers)
    if not asked:
        report.add(f"{at}.approvers", "is empty: nobody decides this stage", "name at least one role, e.g. [unit_head]")
    elif len(set(stage.approvers)) != asked:
        report.add(f"{at}.approvers", "names a role twice", "name each role once")
    if stage.mode == "quorum" and (stage.quorum is None or not 1 <= stage.quorum <= asked):
        problem = (
            "has mode quorum without a quorum"
            if stage.quorum is None
            else f"{stage.quorum} of {asked} approvers cannot be"
        )
        report.add(f"{at}.quorum", problem, f"write a number from 1 to {asked}")
    elif stage.mode != "quorum" and stage.quorum is not None:
        report.add(f"{at}.quorum", f"does not go with mode {stage.mode}", "remove it, or write `mode: quorum`")


def _check_limit(kind: FactorType, stage: FactorStage, at: str, report: Report) -> None:
    if stage.by is not None and stage.by not in kind.attributes:
        report.add(f"{at}.by", f"{stage.by} is no attribute of this type", suggest(stage.by, kind.attributes))
    if bool(stage.limits) != (stage.by is not None):
        missing = "by" if stage.limits else "limits"
        report.add(f"{at}.{missing}", "is missing", "give `by` and `limits` together, or neither")
    if stage.limit is None and not stage.limits and stage.basis != "none":
        report.add(f"{at}.basis", f"{stage.basis} is the basis of no limit", "write `basis: none`, or give the limit")
