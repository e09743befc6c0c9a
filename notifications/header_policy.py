"""How headers are written out: encoded once when they are set, so that sending a message parses none of them."""

from __future__ import annotations

from base64 import b64encode
from email.policy import EmailPolicy
from functools import lru_cache
from textwrap import wrap
from typing import Any

# RFC 2047: a line with an encoded word has at most 76 characters; "Subject: ", 39 bytes as 52 letters, 12 of frame.
_WORD_BYTES = 39
_LINE = 60


class ReadyHeaders(EmailPolicy):
    """The policy of messages whose headers are wire-ready text.

    The standard policy parses every header when it is set and folds it again when it is sent: three quarters of the
    time that a mail takes. Reading a header of such a message still gives its parsed, decoded value.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Keep the value; ValueError for a line break that does not continue the header."""
        if "\n" in value.replace("\r\n ", "") or "\r" in value.replace("\r\n ", ""):
            raise ValueError(f"header {name} holds a line break")
        return name, value

    def header_max_count(self, name: str) -> int | None:
        """How often a header may occur; kept, since the standard policy makes a class to look it up."""
        return _max_count(name.lower())

    def fold(self, name: str, value: Any) -> str:
        return f"{name}: {value}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        # Only an address before the @ can be outside ASCII here, and only for a server that takes UTF-8 (RFC 6531).
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii")


READY = ReadyHeaders(linesep="\r\n")
INTERNATIONAL = READY.clone(utf8=True)
"""The same for an address outside ASCII."""


@lru_cache(maxsize=64)
def _max_count(name: str) -> int | None:
    return EmailPolicy().header_max_count(name)


def encoded(text: str) -> str:
    """`text` (one line) for a header: folded, and from the first word outside ASCII on in encoded words (RFC 2047).

    What stands before stays readable everywhere: rules of mail programs look for the case's code there.
    """
    if text.isascii() and "=?" not in text:
        lines = wrap(text, _LINE, break_long_words=False, break_on_hyphens=False)
        if all(len(line) <= _LINE for line in lines):
            return "\r\n ".join(lines)
    start = next((at for at, letter in enumerate(text) if not letter.isascii()), 0)
    plain, rest = text[: text.rfind(" ", 0, start) + 1], text[text.rfind(" ", 0, start) + 1 :]
    if "=?" in plain or len(plain) > _LINE:
        plain, rest = "", text
    words: list[bytes] = []
    for character in rest:
        letter = character.encode("utf-8")
        if words and len(words[-1]) + len(letter) <= _WORD_BYTES:
            words[-1] += letter
        else:
            words.append(letter)
    folded = [f"=?utf-8?b?{b64encode(word).decode('ascii')}?=" for word in words]
    return "\r\n ".join([plain.rstrip(" "), *folded] if plain.strip() else folded)
