"""A factor request as it is asked for, by the desk or an enterprise: each mistake names its field and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from domain.fields import Fields
from domain.policy import FactorType, Policy
from domain.quantity import check_bounds, convert, measure_of, read_amount, show
from domain.refusals import FieldRefused, need, wrong
from domain.working_time import CalendarError, WorkingTime
from services.report import clean

LONGEST_ITEM = 200
LONGEST_NOTE = 4000
FAR = 3
"""Years ahead beyond which no calendar reaches."""


@dataclass(frozen=True, slots=True)
class FactorAsked:
    """What is asked for: `quantity` in `unit`, one of the type's, until `needed_by`."""

    type: str
    item: str
    quantity: Decimal
    unit: str
    needed_by: date
    project: str
    difficulty: str | None = None
    milestone: str | None = None
    lead: str | None = None
    note: str = ""
    documents: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


def read_factor(
    policy: Policy, time: WorkingTime, data: Mapping[str, Any], asked_on: date, prefix: str = ""
) -> FactorAsked:
    """The request in `data` (type, item, quantity, unit, needed_by, project, …). Raises FieldRefused naming the field."""
    try:
        return _read(policy, time, Fields(data), data, asked_on)
    except FieldRefused as refusal:
        if prefix:
            refusal.facts = {**refusal.facts, "field": f"{prefix}{refusal.facts['field']}"}
        raise


def _read(policy: Policy, time: WorkingTime, fields: Fields, data: Mapping[str, Any], asked_on: date) -> FactorAsked:
    kind = _type(policy, fields)
    quantity, unit = _quantity(kind, fields)
    item = clean(data.get("item"), "item", LONGEST_ITEM)
    if not item:
        raise need("item", "say in one line what is needed, e.g. 10 kV dual supply")
    project = clean(data.get("project"), "project", 120)
    if not project:
        raise need("project", "name the project by its code or name")
    return FactorAsked(
        kind.code, item, quantity, unit, _needed_by(time, fields, asked_on), project, fields.get("difficulty").upper() or None,
        fields.get("milestone") or None, fields.get("lead") or None, clean(data.get("note"), "note", LONGEST_NOTE, lines=True),
        fields.many("documents") or (), _attributes(kind, data.get("attributes")),
    )  # fmt: skip


def _type(policy: Policy, fields: Fields) -> FactorType:
    code = fields.text("type", f"choose one of {', '.join(policy.factor_types)}")
    kind = policy.factor_types.get(code)
    if kind is None:
        raise wrong("type", f"{code!r} is no factor of this district; choose one of {', '.join(policy.factor_types)}")
    return kind


def _quantity(kind: FactorType, fields: Fields) -> tuple[Decimal, str]:
    """The quantity in the unit that was named, or in the type's usual one; bounded by the policy in the usual one."""
    amount = read_amount(fields.values.get("quantity"))
    measure = measure_of(fields.get("unit") or kind.units[0])
    if measure.unit not in kind.units:
        # Not among the type's units: it may be converted to one of them exactly (MVA to kVA), or is refused with the reason.
        amount, measure = convert(amount, measure.unit, kind.units[0]), measure_of(kind.units[0])
    check_bounds(amount, measure, None)
    usual = measure_of(kind.units[0])
    if usual.family == measure.family:
        largest = kind.largest * usual.size / measure.size
        if amount > largest:
            most = f"{show(Decimal(kind.largest))} {usual.unit}"
            raise wrong(
                "quantity",
                f"{show(amount)} {measure.unit} is above {most}, the largest that the policy takes; check the unit",
            )
    elif amount > kind.largest * 1000:
        raise wrong("quantity", f"{show(amount)} {measure.unit} is absurd for {kind.label.en}; check the unit")
    return amount, measure.unit


def _needed_by(time: WorkingTime, fields: Fields, asked_on: date) -> date:
    day = fields.day("needed_by")
    if day is None:
        raise need("needed_by", "name the day by which it is needed, as YYYY-MM-DD")
    if day < asked_on:
        raise wrong("needed_by", f"{day.isoformat()} has passed; name a day from {asked_on.isoformat()} on")
    if day.year > asked_on.year + FAR:
        raise wrong("needed_by", f"{day.isoformat()} is more than {FAR} years ahead; ask when it is nearer")
    try:
        time.closing(day)
    except CalendarError:
        raise wrong("needed_by", f"{day.isoformat()} is beyond the office's calendar; name an earlier day") from None
    return day


def _attributes(kind: FactorType, said: object) -> dict[str, str]:
    """Attributes as `{name: value}` or as `name=value` lines; the values that choose a limit must be known."""
    if said in (None, "", {}):
        return {}
    if isinstance(said, Mapping):
        pairs = {str(k).strip(): str(v).strip() for k, v in said.items()}
    else:
        lines = [line for line in str(said).replace(";", "\n").replace("；", "\n").splitlines() if line.strip()]
        pairs = {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
    for name, value in pairs.items():
        if name not in kind.attributes:
            known = ", ".join(kind.attributes) or "none"
            raise wrong("attributes", f"{name!r} is no attribute of {kind.label.en} (known: {known}); write name=value")
        choices = next((stage.limits for stage in kind.stages if stage.by == name), None)
        if choices is not None and value not in choices:
            raise wrong("attributes", f"{name} is one of {', '.join(choices)}, not {value!r}")
    return pairs
