"""Reading what a client sends: never more than the limit in memory, forms as text, their files streamed to disk."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from domain.files import FileRules

DISCARDED = 32 * 1024 * 1024
"""Bytes of an oversized body that are read and dropped before the answer, so that a client still sending gets to see it."""
_MOST_FIELDS, _MOST_PARTS = 200, 50


class BodyTooLarge(Exception):
    """A body of more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")
        self.limit = limit


async def read_body(request: Request, limit: int) -> bytes:
    """The body. Raises BodyTooLarge above `limit` bytes; what comes after them is dropped as it arrives."""
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isascii() and announced.isdecimal() and len(announced) < 19 else 0
    # Whoever asks before sending ("Expect: 100-continue") has sent nothing yet, and whoever announces a flood is not read at all.
    if size > DISCARDED or (size > limit and "expect" in request.headers):
        raise BodyTooLarge(limit)
    chunks: list[bytes] = []
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > DISCARDED:
            break
        if length <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
    if length > limit:
        raise BodyTooLarge(limit)
    return b"".join(chunks)


async def read_form(request: Request, limit: int, files: FileRules | None = None) -> FormData:
    """The fields of a form, urlencoded or multipart; files only where `files` says how large and how many.

    `limit` bounds the text in bytes. Raises BodyTooLarge; HTTPException 400 or 415. Whoever takes files closes the form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data" and files is not None:
        return await _read_streamed(request, limit, files)
    body = await read_body(request, limit)
    if kind in ("application/x-www-form-urlencoded", ""):
        with _malformed():
            # Bytes that are no UTF-8 become replacement characters: the person sees them and can correct the text.
            said = body.decode("utf-8", "replace")
            pairs = parse_qsl(said, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS)
            return FormData([(name, value) for name, value in pairs])
    if kind == "multipart/form-data":
        with _malformed():
            parser = MultiPartParser(
                request.headers, _once(body), max_files=0, max_fields=_MOST_FIELDS, max_part_size=limit
            )
            return _readable(await parser.parse())
    raise HTTPException(415, "send the form as application/x-www-form-urlencoded or multipart/form-data")


async def _read_streamed(request: Request, limit: int, files: FileRules) -> FormData:
    """A form whose files go to disk as they arrive: one too large is told as a mistake at its field, a flood is cut off."""
    most = limit + files.most * files.bytes + DISCARDED
    with _malformed():
        parser = MultiPartParser(
            request.headers,
            _bounded(request, most),
            max_files=_MOST_PARTS,
            max_fields=_MOST_FIELDS,
            max_part_size=limit,
        )
        form = _readable(await parser.parse())
    if sum(len(value) for _, value in form.multi_items() if isinstance(value, str)) > limit:
        await form.close()
        raise BodyTooLarge(limit)
    return form


async def _bounded(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdecimal() and (len(announced) > 18 or int(announced) > most):
        raise BodyTooLarge(most)
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > most:
            raise BodyTooLarge(most)
        yield chunk


def _readable(form: FormData) -> FormData:
    """Text without half characters, which a part's own charset can smuggle in and no page could show again."""
    return FormData([(_whole(k), _whole(v) if isinstance(v, str) else v) for k, v in form.multi_items()])


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


@contextmanager
def _malformed() -> Iterator[None]:
    try:
        yield
    except (ValueError, MultiPartException) as error:
        raise HTTPException(400, "the form could not be read") from error
