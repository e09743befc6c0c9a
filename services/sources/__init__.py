"""Form services: one small file for each says how it signs, names its deliveries and writes its answers."""

from __future__ import annotations

from domain.policy import Policy
from domain.sources import SourceRule
from services.sources import formbricks, generic, jinshuju, opnform, standard, tally, typeform, wjx
from services.sources.kind import Kind

GENERIC = "generic"

KINDS: dict[str, Kind] = {
    one.name: one
    for one in (
        standard.KIND, formbricks.KIND, typeform.KIND, tally.KIND, opnform.KIND, jinshuju.KIND, wjx.KIND,
    )
}  # fmt: skip
"""The services that are known by name; any other is `generic`."""


def kind_of(rule: SourceRule) -> Kind:
    """The form service behind a source."""
    return generic.kind_of(rule) if rule.kind == GENERIC else KINDS[rule.kind]


def rule_of(policy: Policy, source: str) -> SourceRule | None:
    """The mapping of a source; None for one that has none."""
    return next((rule for rule in policy.sources if rule.name == source), None)
