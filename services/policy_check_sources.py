"""What a policy's forms have to keep: names of their own, services that there are, mappings that can make a report."""

from __future__ import annotations

import re

from domain.policy import Policy
from domain.sources import FIELDS, REQUIRED, STANDARD, SignatureRule, SourceRule
from services.marked_yaml import Report, suggest
from services.sources import GENERIC, KINDS

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_TAKEN = (STANDARD, "form", "factor", "ui", "board", "api")
"""Sources of the product itself."""
_GENERIC_ONLY = ("signature", "delivery_id", "submission_id", "edited_at", "answers")


def check_sources(policy: Policy, report: Report) -> None:
    """What can be said of the forms by the policy alone."""
    seen: set[str] = set()
    for position, rule in enumerate(policy.sources):
        key = report.item("sources", position)
        if not _NAME.fullmatch(rule.name):
            problem = f"{rule.name!r} cannot stand in an address and in a setting's name"
            report.add(f"{key}.name", problem, "write up to 32 small letters, digits and underscores, a letter first")
        elif rule.name in _TAKEN or rule.name in seen:
            report.add(f"{key}.name", f"{rule.name} is the name of another source", "give each a name of its own")
        seen.add(rule.name)
        kinds = [*KINDS, GENERIC]
        if rule.kind not in kinds:
            report.add(f"{key}.kind", f"{rule.kind!r} is no form service", suggest(rule.kind, kinds))
        _check_mapping(policy, rule, key, report)
        _check_generic(rule, key, report)


def _check_mapping(policy: Policy, rule: SourceRule, key: str, report: Report) -> None:
    for where, given in (("fields", rule.fields), ("words", rule.words), ("constants", rule.constants)):
        for name in given:
            if name not in FIELDS:
                report.add(f"{key}.{where}.{name}", f"{name!r} is no field of a report", suggest(name, list(FIELDS)))
    for name in REQUIRED:
        if name not in rule.fields and name not in rule.constants:
            report.add(
                f"{key}.fields", f"{name} is filled by nothing", f"name the question that asks for it: `{name}: …`"
            )
    for option, meaning in rule.words.get("category", {}).items():
        if meaning not in policy.categories:
            report.add(
                f"{key}.words.category.{option}",
                f"{meaning!r} is no category",
                suggest(meaning, list(policy.categories)),
            )
    for option, meaning in rule.words.get("severity", {}).items():
        if meaning not in {str(number) for number in policy.severities}:
            report.add(f"{key}.words.severity.{option}", f"{meaning!r} is no severity", 'write "1", "2" or "3"')


def _check_generic(rule: SourceRule, key: str, report: Report) -> None:
    if rule.kind != GENERIC:
        for name in _GENERIC_ONLY:
            if getattr(rule, name):
                report.add(f"{key}.{name}", f"is known of {rule.kind} already", "leave it out")
        return
    if rule.signature is not None:
        _check_signature(rule.signature, f"{key}.signature", report)
    if rule.delivery_id and not rule.delivery_id.startswith("$.") and not _HEADER.fullmatch(rule.delivery_id):
        report.add(
            f"{key}.delivery_id", "is neither a path nor a header", "write $.id for a path, X-Delivery for a header"
        )
    for name in ("submission_id", "edited_at", "answers"):
        given = getattr(rule, name)
        if given and not given.startswith("$."):
            report.add(f"{key}.{name}", f"{given!r} is no path", "begin it with `$.`, e.g. $.data.answers")


def _check_signature(how: SignatureRule, key: str, report: Report) -> None:
    for name in ("header", "timestamp"):
        given = getattr(how, name)
        if (given or name == "header") and not _HEADER.fullmatch(given):
            report.add(f"{key}.{name}", f"{given!r} is no header's name", "write letters, digits and hyphens")
    if how.signs.count("{body}") != 1:
        report.add(f"{key}.signs", "has to hold {body} once", 'write e.g. "{timestamp}.{body}"')
    elif "{timestamp}" in how.signs and not how.timestamp:
        report.add(
            f"{key}.signs", "holds {timestamp}, and no header is named for it", "name it: `timestamp: X-Timestamp`"
        )
    if not 1 <= how.tolerance <= 86400:
        report.add(f"{key}.tolerance", f"{how.tolerance} seconds is no sensible age", "write 300")
