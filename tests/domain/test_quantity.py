"""Quantities: read exactly, converted only where that is sound, refused by name with the remedy."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quantity import LARGEST, MEASURES, PLACES, check_bounds, convert, measure_of, read_amount, show
from domain.refusals import FieldRefused

AMOUNTS = st.decimals(min_value=Decimal("0.000001"), max_value=Decimal(10) ** 9, places=PLACES)


@pytest.mark.parametrize(
    ("amount", "unit", "to", "result"),
    [
        ("30", "亩", "ha", "2"), ("1", "ha", "亩", "15"), ("15", "亩", "m2", "10000"), ("1.5", "亩", "m2", "1000"),
        ("16", "MVA", "kVA", "16000"), ("1", "MW", "kW", "1000"), ("500", "kW", "MW", "0.5"), ("60000", "万元", "元", "600000000"),
        ("1", "元", "万元", "0.0001"), ("82", "亩", "亩", "82"),
    ],
)  # fmt: skip
def test_sound_conversions_are_exact(amount: str, unit: str, to: str, result: str) -> None:
    """15 mu are one hectare and 10000 m²: nothing is rounded."""
    assert show(convert(Decimal(amount), unit, to)) == result


@pytest.mark.parametrize(
    ("amount", "unit", "to", "word"),
    [
        ("1", "亩", "m2", "no exact number"), ("82", "亩", "ha", "no exact number"), ("16000", "kVA", "MW", "power factor"),
        ("10", "MW", "kVA", "power factor"), ("1", "tce/a", "万kWh/a", "当量值"), ("1", "亩", "万元", "cannot be converted"),
        ("1", "Nm3/h", "万m3/a", "hours of use"), ("1", "件", "证", "cannot be converted"),
    ],
)  # fmt: skip
def test_unsound_conversions_are_refused_with_the_reason(amount: str, unit: str, to: str, word: str) -> None:
    """1 mu is 666.666… m²: no stored decimal is that; and a kVA is no kW."""
    with pytest.raises(FieldRefused, match=word) as refused:
        convert(Decimal(amount), unit, to)
    assert refused.value.facts["field"] == "unit"


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("", "missing"), ("-82", "above zero"), ("0", "above zero"), ("0.0", "above zero"), ("1e3", "digits"), ("NaN", "digits"),
        ("Infinity", "digits"), ("1,600", "digits"), ("82亩", "digits"), ("1.2345678", "decimal places"), ("9" * 40, "beyond anything"),
        ("--1", "digits"), (".5", "digits"), (None, "missing"), ("1 2", "digits"),
    ],
)  # fmt: skip
def test_what_is_no_quantity_is_refused_by_field(said: object, word: str) -> None:
    """Negative, zero, endless, with an exponent, a thousands mark or a unit in it."""
    with pytest.raises(FieldRefused, match=word) as refused:
        read_amount(said)
    assert refused.value.facts["field"] == "quantity"


@pytest.mark.parametrize(
    ("said", "amount"),
    [("82", "82"), (" 3.20 ", "3.2"), ("１６０００", "16000"), ("0.000001", "0.000001"), (118.0, "118"), ("+5", "5")],
)
def test_what_people_type_is_read(said: object, amount: str) -> None:
    """Full-width digits, blanks around, zeros at the end."""
    assert show(read_amount(said)) == amount


def test_bounds_and_counted_things() -> None:
    """Half a person is no person; what is beyond the policy is a slip of the hand."""
    with pytest.raises(FieldRefused, match="whole numbers"):
        check_bounds(Decimal("1.5"), measure_of("人"), None)
    with pytest.raises(FieldRefused, match="above 5000"):
        check_bounds(Decimal(5001), measure_of("亩"), Decimal(5000))
    with pytest.raises(FieldRefused, match="largest"):
        check_bounds(LARGEST + 1, measure_of("元"), None)


@pytest.mark.parametrize(
    ("said", "unit"), [("公顷", "ha"), ("m²", "m2"), ("mu", "亩"), ("kva", "kVA"), ("MVA", "MVA"), (" 万元 ", "万元")]
)
def test_a_unit_is_known_by_its_usual_names(said: str, unit: str) -> None:
    """In any letter case, and by the names that people use."""
    assert measure_of(said).unit == unit


def test_an_unknown_unit_is_refused_with_those_that_exist() -> None:
    """The remedy is something to choose from."""
    with pytest.raises(FieldRefused, match="亩, ha, m2"):
        measure_of("acre")


@given(AMOUNTS, st.sampled_from(sorted(MEASURES)), st.sampled_from(sorted(MEASURES)))
def test_a_conversion_is_exact_or_refused(amount: Decimal, unit: str, to: str) -> None:
    """What comes out is the same quantity to the last digit, and the way back gives what went in."""
    try:
        converted = convert(amount, unit, to)
    except FieldRefused:
        return
    assert Fraction(converted) * MEASURES[to].size == Fraction(amount) * MEASURES[unit].size
    assert convert(converted, to, unit) == amount
