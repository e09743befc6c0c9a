"""The unified social credit code: right codes pass, every single slip of the hand is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.uscc import ALPHABET, check_character, validate_uscc

# The organisation part of the first is made up; the check characters were computed by hand from GB 32100-2015.
GOOD = "91990000FAKE000138"


def test_the_check_character_follows_the_standard() -> None:
    """Weights are the powers of 3 modulo 31: for a first character 1 and zeros after it, 31 - 1 stands for Y."""
    assert check_character("1" + "0" * 16) == "Y"
    assert check_character("0" * 17) == "0"
    assert check_character("01" + "0" * 15) == "W"  # 31 - 3 = 28


def test_a_right_code_passes() -> None:
    """Of the demo district, whose codes are made up with right check characters."""
    assert validate_uscc(GOOD)


@pytest.mark.parametrize(
    "code",
    ["", GOOD[:-1], GOOD + "0", GOOD.lower(), f" {GOOD}", "9199000AFAKE000138", "91990000FAKI000138", "９" + GOOD[1:]],
)
def test_what_has_not_the_form_of_a_code_is_refused(code: str) -> None:
    """Wrong length, small letters, blanks, letters in the region, the letters I O S V Z, full-width digits."""
    assert not validate_uscc(code)


@given(st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(place: int, character: str) -> None:
    """31 is prime, so no single change keeps the sum."""
    changed = GOOD[:place] + character + GOOD[place + 1 :]
    assert validate_uscc(changed) == (changed == GOOD)


@given(st.integers(0, 16))
def test_two_neighbours_swapped_are_found(place: int) -> None:
    """The commonest slip in copying."""
    changed = GOOD[:place] + GOOD[place + 1] + GOOD[place] + GOOD[place + 2 :]
    assert validate_uscc(changed) == (changed == GOOD)


@pytest.mark.parametrize("first", ["", "0" * 16, "0" * 18, "I" + "0" * 16])
def test_no_check_character_for_what_is_no_code(first: str) -> None:
    """A wrong length or letter is an error, not a character."""
    with pytest.raises(ValueError, match=r"needed|not found"):
        check_character(first)
