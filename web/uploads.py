"""Files that forms send: read while they stream in, held and checked, and carried over to the next try under a seal."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from domain.files import FileKind
from domain.refusals import wrong
from services.attachments import FIELD, HeldFile, Taken, room_for_strangers, take
from services.file_store import HELD_SECONDS
from services.problem_words import problem_zh
from web.rates import Rate
from web.seals import seal
from web.site import client_of, site_of

KEPT = "kept"
"""The field that names a file held from the try before; whoever unticks it drops the file."""
_PURPOSE = "held file"
NO_FILES = Taken(())


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A held file as a form shows it again; `value` is what the form sends to keep it."""

    name: str
    bytes: int
    value: str


async def take_files(request: Request, form: FormData, about: str) -> Taken:
    """Hold and check the files of a form, and those held for `about` before. Raises TooOften, FilesUnavailable."""
    sent: list[tuple[str, BinaryIO]] = [
        (part.filename or "", part.file)
        for part in form.getlist(FIELD)
        if isinstance(part, UploadFile) and (part.filename or part.size)
    ]
    site = site_of(request)
    said = [value for value in form.getlist(KEPT) if isinstance(value, str)]
    kept = [file for value in said if (file := opened(site.key, about, value)) is not None]
    if not sent and not kept:
        return NO_FILES
    if sent:
        site.rates.count(Rate.FILES, client_of(request))
    return await run_in_threadpool(take, site.office, sent, kept)


async def take_from_strangers(request: Request, form: FormData, about: str) -> Taken:
    """The same on a form that is open to everybody, while what nobody has confirmed leaves room. Raises as `take_files`."""
    if any(part.size for part in form.values() if isinstance(part, UploadFile)) and not await run_in_threadpool(
        room_for_strangers, site_of(request).office
    ):
        return Taken((), wrong(FIELD, "no files are taken at the moment; add them to the report once it is confirmed"))
    return await take_files(request, form, about)


def said_of_files(taken: Taken, locale: str) -> str:
    """What is wrong with the files, in the reader's language; "" when nothing is."""
    if taken.refused is None:
        return ""
    said = str(taken.refused.facts["problem" if taken.refused.code == "field_wrong" else "remedy"])
    return problem_zh(said) if locale == "zh" else f"{said}."


def kept_of(request: Request, about: str, files: Sequence[HeldFile]) -> tuple[KeptFile, ...]:
    """The files as the form shows them again."""
    key = site_of(request).key
    return tuple(KeptFile(file.name, file.bytes, sealed(key, about, file)) for file in files)


def sealed(key: bytes, about: str, file: HeldFile) -> str:
    """A held file in words that only this installation can write, good for an hour and for `about` alone."""
    until = int(time.time()) + HELD_SECONDS
    facts = json.dumps([file.sha256, file.name, file.kind.value, file.bytes, until]).encode()
    said = base64.urlsafe_b64encode(facts).decode()
    return f"{said}.{seal(key, _PURPOSE, about, said)}"


def opened(key: bytes, about: str, value: str) -> HeldFile | None:
    """The file that a form wants kept; None for words that are not ours, not for `about`, or too old."""
    said, _, given = value.partition(".")
    if not hmac.compare_digest(seal(key, _PURPOSE, about, said).encode(), given.encode("utf-8", "replace")):
        return None
    sha256, name, kind, size, until = json.loads(base64.urlsafe_b64decode(said))
    return HeldFile(sha256, name, FileKind(kind), size) if until >= time.time() else None
