"""Exact quantities with units: reading them, converting them where that is sound, and refusing the rest by name.

Amounts are decimals of at most `PLACES` places. A conversion goes through fractions and is done only when its result can be
stored exactly: 30 亩 are 2 ha, but 1 亩 is 666.666… m² and stays 亩.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from domain.refusals import need, wrong

PLACES = 6
LARGEST = Decimal(10) ** 12
"""Beyond this an amount is a slip of the hand, whatever the policy says."""

_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]+))?")


@dataclass(frozen=True, slots=True)
class Measure:
    """A unit of measure: its family, and its size in the family's smallest unit."""

    unit: str
    family: str
    size: Fraction
    whole: bool = False
    """Counted in whole numbers: people, permits, flats."""


_ROWS: tuple[Measure, ...] = (
    # 15 亩 are one hectare: 1 亩 is 10000/15 m² exactly, 666.67 is a rounding (DOMAIN.md 2.1).
    Measure("亩", "area", Fraction(10000, 15)),
    Measure("ha", "area", Fraction(10000)),
    Measure("m2", "area", Fraction(1)),
    Measure("kVA", "apparent power", Fraction(1)),
    Measure("MVA", "apparent power", Fraction(1000)),
    Measure("kW", "active power", Fraction(1)),
    Measure("MW", "active power", Fraction(1000)),
    Measure("元", "money", Fraction(1)),
    Measure("万元", "money", Fraction(10000)),
    Measure("tce/a", "standard coal a year", Fraction(1)),
    Measure("kWh/a", "electricity a year", Fraction(1)),
    Measure("万kWh/a", "electricity a year", Fraction(10000)),
    Measure("t/a", "mass a year", Fraction(1)),
    Measure("t/h", "steam an hour", Fraction(1)),
    Measure("m3/d", "volume a day", Fraction(1)),
    Measure("Nm3/h", "gas an hour", Fraction(1)),
    Measure("m3/a", "volume a year", Fraction(1)),
    Measure("万m3/a", "volume a year", Fraction(10000)),
    Measure("m3", "volume", Fraction(1)),
    Measure("万m3", "volume", Fraction(10000)),
    Measure("人", "people", Fraction(1), whole=True),
    Measure("件", "items", Fraction(1), whole=True),
    Measure("证", "permits", Fraction(1), whole=True),
    Measure("套", "flats", Fraction(1), whole=True),
    Measure("处", "places", Fraction(1), whole=True),
    Measure("车次", "trips", Fraction(1), whole=True),
)

MEASURES: dict[str, Measure] = {row.unit: row for row in _ROWS}
"""The units that a request may be in, by the name they are written with."""

_ALIASES = {
    "mu": "亩", "公顷": "ha", "㎡": "m2", "m²": "m2", "平方米": "m2", "千伏安": "kVA", "兆伏安": "MVA", "千瓦": "kW", "兆瓦": "MW",
    "yuan": "元", "CNY": "元", "m³/d": "m3/d", "万m³/a": "万m3/a", "万m³": "万m3", "Nm³/h": "Nm3/h",
}  # fmt: skip
_BY_NAME = {name.casefold(): name for name in MEASURES} | {a.casefold(): u for a, u in _ALIASES.items()}
_UNSOUND = {
    frozenset({"apparent power", "active power"}): "what a kVA carries in kW depends on the power factor",
    frozenset({"standard coal a year", "electricity a year"}): "the factor depends on 等价值 or 当量值",
    frozenset({"gas an hour", "volume a year"}): "it depends on the hours of use",
}


def measure_of(unit: str, field: str = "unit") -> Measure:
    """The unit with that name or alias, in any letter case; FieldRefused when there is none."""
    name = _BY_NAME.get(unit.strip().casefold())
    if name is None:
        raise wrong(field, f"{unit!r} is not a known unit; use one of {', '.join(MEASURES)}")
    return MEASURES[name]


def read_amount(said: object, field: str = "quantity") -> Decimal:
    """An amount above zero, written with digits and a point: no exponent, no thousands mark, at most six places.

    Raises FieldRefused naming the field and what to write.
    """
    text = unicodedata.normalize("NFKC", "" if said is None else str(said)).strip()
    if not text:
        raise need(field, "give a quantity above zero, e.g. 82 or 3.2")
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise wrong(field, f"{text[:40]!r} is not a quantity; write digits and a point only, e.g. 1600 or 3.2")
    if len((match["part"] or "").rstrip("0")) > PLACES:
        raise wrong(field, f"{text[:40]!r} has more than {PLACES} decimal places; round it, or choose a smaller unit")
    if len(match["whole"].lstrip("0")) > 15:
        raise wrong(field, f"{text[:20]}… is beyond anything that can be granted; check the number and its unit")
    amount = Decimal(match["sign"] + match["whole"] + (f".{match['part']}" if match["part"] else ""))
    if amount <= 0:
        raise wrong(field, f"{text} is not above zero; a quantity is positive, e.g. 82")
    return plain(amount)


def check_bounds(amount: Decimal, measure: Measure, largest: Decimal | None, field: str = "quantity") -> Decimal:
    """`amount` if it is plausible for its unit; `largest` is the policy's bound in that unit. Raises FieldRefused."""
    if measure.whole and amount != amount.to_integral_value():
        raise wrong(field, f"{show(amount)} {measure.unit} cannot be: {measure.unit} are counted in whole numbers")
    most = min(largest, LARGEST) if largest is not None else LARGEST
    if amount > most:
        raise wrong(
            field, f"{show(amount)} {measure.unit} is above {show(most)} {measure.unit}, the largest that the policy takes; check the unit"
        )  # fmt: skip
    return amount


def convert(amount: Decimal, unit: str, to: str, field: str = "unit") -> Decimal:
    """`amount` of `unit` in the unit `to`, exactly.

    Raises FieldRefused between families (kVA and MW: that needs a power factor), and when the result has no exact decimal.
    """
    here, there = measure_of(unit, field), measure_of(to, field)
    if here.unit == there.unit:
        return amount
    if here.family != there.family:
        why = _UNSOUND.get(frozenset({here.family, there.family}), f"one is {here.family}, the other {there.family}")
        raise wrong(field, f"{here.unit} cannot be converted to {there.unit}: {why}; give the quantity in {there.unit}")
    exact = Fraction(amount) * here.size / there.size
    scaled = exact * 10**PLACES
    if scaled.denominator != 1:
        problem = f"{show(amount)} {here.unit} is no exact number of {there.unit}"
        raise wrong(field, f"{problem}; give the quantity in {there.unit}, as the document says it")
    return plain(Decimal(scaled.numerator).scaleb(-PLACES))


def plain(amount: Decimal) -> Decimal:
    """`amount` without trailing zeros and without an exponent."""
    trimmed = amount.normalize()
    return trimmed.quantize(Decimal(1)) if trimmed == trimmed.to_integral_value() else trimmed


def show(amount: Decimal) -> str:
    """`amount` for people and machines: 82, 3.2, 16000."""
    return f"{plain(amount):f}"
