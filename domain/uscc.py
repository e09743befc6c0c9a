"""The unified social credit code (统一社会信用代码) of an enterprise, by GB 32100-2015."""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of the code, each worth its position; I, O, S, V and Z are left out."""

LENGTH = 18


def check_character(first: str) -> str:
    """The 18th character for the first 17 (weights 3^i modulo 31); ValueError unless they are 17 of ALPHABET."""
    if len(first) != LENGTH - 1:
        raise ValueError(f"{LENGTH - 1} characters are needed, not {len(first)}")
    total = sum(ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(first))
    return ALPHABET[-total % 31]


def validate_uscc(code: str) -> bool:
    """Whether `code` is a well-formed code in capital letters: length, characters, region digits, check character."""
    if len(code) != LENGTH or any(character not in ALPHABET for character in code):
        return False
    region = code[2:8]
    return all(digit in "0123456789" for digit in region) and check_character(code[:-1]) == code[-1]
