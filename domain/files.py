"""What a policy says of the public form and of the files that people add: their kinds, size and number, and what senders consent to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from domain.label import Label


class FileKind(StrEnum):
    """Kinds of files that are told by their content; nothing that a browser or an office program would run is among them."""

    PDF = "pdf"
    JPG = "jpg"
    PNG = "png"
    HEIC = "heic"
    DOCX = "docx"
    XLSX = "xlsx"
    MP4 = "mp4"


SUFFIXES: dict[FileKind, tuple[str, ...]] = {
    **{kind: (kind.value,) for kind in FileKind},
    FileKind.JPG: ("jpg", "jpeg"),
    FileKind.HEIC: ("heic", "heif"),
}
"""How the name of a file of a kind may end, without the dot."""

WITH_FILES = frozenset(
    {"supplement", "dispute", "appeal", "resubmit", "contact", "answer", "report", "fulfil", "reply", "deliver"}
)
"""Actions with which files may be added (LIFECYCLE.md, Needs: files, evidence)."""

FILES_ADDED = "files_added"
"""The history's line on files: each with its SHA-256 and size as facts, its name as text."""


CONSENT = Label(
    "您填写的内容和联系方式仅供办理本事项的单位查看，不作他用；办结后依照档案管理规定保存。",
    "Only the units that handle your report see what you write here and how to reach you. It is used for nothing else, and "
    "kept after the closing as the rules on records say.",
)


@dataclass(frozen=True, slots=True)
class FileRules:
    """`most` files with one report or action, each of at most `megabytes`.

    `unconfirmed_megabytes` bounds what all reports together that nobody has confirmed may take: the public form is open to
    everybody. The files of a report that was dismissed are removed after `dismissed_days` days.
    """

    most: int = 5
    megabytes: int = 10
    unconfirmed_megabytes: int = 2000
    dismissed_days: int = 30
    kinds: tuple[FileKind, ...] = tuple(FileKind)

    @property
    def bytes(self) -> int:
        """The size that one file may have."""
        return self.megabytes * 1_000_000

    @property
    def endings(self) -> tuple[str, ...]:
        """The endings that names may have, with the dot, as a file chooser takes them."""
        return tuple(f".{suffix}" for kind in self.kinds for suffix in SUFFIXES[kind])


@dataclass(frozen=True, slots=True)
class FormRules:
    """What the public form says of the use and the keeping of what is sent, and what files are taken on every page."""

    consent: Label = CONSENT
    files: FileRules = field(default_factory=FileRules)
