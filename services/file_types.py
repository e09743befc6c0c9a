"""What a file is, told by its content: a kind that is taken, whose name agrees with it; nothing is ever unpacked."""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
from pathlib import Path

from domain.files import SUFFIXES, FileKind
from domain.refusals import FieldRefused, wrong

LONGEST_NAME = 120
_SAID_BY_CONTENT: dict[FileKind, frozenset[str]] = {
    FileKind.PDF: frozenset({".pdf"}),
    FileKind.JPG: frozenset({".jpg", ".jpeg"}),
    FileKind.PNG: frozenset({".png"}),
    FileKind.HEIC: frozenset({".heic", ".heif"}),
    FileKind.DOCX: frozenset({".docx"}),
    FileKind.XLSX: frozenset({".xlsx"}),
    FileKind.MP4: frozenset({".mp4"}),
}
_BEGINS: dict[FileKind, re.Pattern[bytes]] = {
    FileKind.PDF: re.compile(rb"%PDF-[0-9]\.[0-9]"),
    FileKind.JPG: re.compile(rb"\xff\xd8\xff"),
    FileKind.PNG: re.compile(rb"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
    FileKind.HEIC: re.compile(rb".{4}ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)", re.DOTALL),
    FileKind.DOCX: re.compile(rb"PK\x03\x04"),
    FileKind.XLSX: re.compile(rb"PK\x03\x04"),
    FileKind.MP4: re.compile(rb".{4}ftyp(?!qt  |hei|hev|mif|msf)", re.DOTALL),
}
"""A file has to begin as its kind does: a page with a picture's bytes further on is a page."""

_OFFICE_PART = {FileKind.DOCX: "word/", FileKind.XLSX: "xl/"}
_END_OF_DIRECTORY = b"PK\x05\x06"
_LARGEST_DIRECTORY, _MOST_PARTS, _LARGEST_CONTENT = 1_000_000, 5_000, 300_000_000
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*%]')


def clean_name(said: str) -> str:
    """A name that is safe to show, to save and to send in a header: no path, no control or direction character, 120 long.

    The ending stays, and "" where nothing of a name is left.
    """
    name = unicodedata.normalize("NFC", said.replace("\\", "/").rpartition("/")[2][:2000])
    name = "".join(" " if unicodedata.category(c) in ("Zl", "Zp", "Zs") else c for c in name)
    name = "".join(c for c in name if not unicodedata.category(c).startswith("C"))
    name = " ".join(_FORBIDDEN.sub("_", name).split()).strip(". ")
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        stem, suffix = name, ""
    name = stem[: LONGEST_NAME - len(suffix) - 1].strip() + dot + suffix if len(suffix) <= 10 else name[:LONGEST_NAME]
    return f"_{name}" if _RESERVED.match(name) else name


def kind_of(path: Path, name: str, taken: tuple[FileKind, ...]) -> FileKind:
    """The kind of a stored file of that (clean) name. Raises FieldRefused for `files`: another kind, or a name that says another."""
    _, dot, suffix = name.lower().rpartition(".")
    kind = next((k for k in taken if dot and suffix in SUFFIXES[k]), None)
    endings = ", ".join(k.value for k in taken)
    if kind is None:
        raise wrong("files", f"“{name}” is of a kind that is not taken; send {endings}")
    if not _is(kind, path):
        raise wrong("files", f"“{name}” is not what its ending says; send the file as it was made")
    if kind in _OFFICE_PART:
        _check_office(kind, path, name)
    return kind


def _is(kind: FileKind, path: Path) -> bool:
    with path.open("rb") as file:
        if _BEGINS[kind].match(file.read(64)) is None:
            return False
    import puremagic  # its tables take a moment to read, and the form is shown without them

    try:
        found = {match.extension for match in puremagic.magic_file(path)}
    except (puremagic.PureError, ValueError):
        return False
    return bool(found & _SAID_BY_CONTENT[kind])


def _check_office(kind: FileKind, path: Path, name: str) -> None:
    """An office document by the names in its directory alone: its parts are never unpacked, so that no bomb goes off here."""
    refusal = wrong("files", f"“{name}” is no plain {kind.value} document; save it again without macros, or as PDF")
    names, size = _directory(path, refusal)
    odd = any("\\" in n or n.startswith("/") or ".." in n.split("/") or "\x00" in n for n in names)
    macros = any(n.rpartition("/")[2].lower() in ("vbaproject.bin", "vbadata.xml") for n in names)
    whole = "[Content_Types].xml" in names and any(n.startswith(_OFFICE_PART[kind]) for n in names)
    if odd or macros or not whole or size > _LARGEST_CONTENT:
        raise refusal


def _directory(path: Path, refusal: FieldRefused) -> tuple[list[str], int]:
    """The names in a zip file, and how large it says that all of it is unpacked."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 65_557))
        tail = file.read()
        at = tail.rfind(_END_OF_DIRECTORY)
        # 64-bit directories are for files that are larger than any that is taken.
        if at < 0 or len(tail) < at + 22 or tail[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
            raise refusal
        parts, length = struct.unpack("<HI", tail[at + 10 : at + 16])
        if parts > _MOST_PARTS or length > _LARGEST_DIRECTORY:
            raise refusal
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as zipped:
                found = zipped.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error):
            raise refusal from None
    return [one.filename for one in found], sum(one.file_size for one in found)
