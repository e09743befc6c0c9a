"""Reading what a client sends: never more than the limit in memory, and forms as text."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

DISCARDED = 32 * 1024 * 1024
"""Bytes of an oversized body that are read and dropped before the answer, so that a client still sending gets to see it."""
_MOST_FIELDS = 200


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


async def read_form(request: Request, limit: int) -> FormData:
    """The fields of a form without files, urlencoded or multipart. Raises BodyTooLarge; HTTPException 400 or 415."""
    body = await read_body(request, limit)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
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
            return await parser.parse()
    raise HTTPException(415, "send the form as application/x-www-form-urlencoded or multipart/form-data")


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


@contextmanager
def _malformed() -> Iterator[None]:
    try:
        yield
    except (ValueError, MultiPartException) as error:
        raise HTTPException(400, "the form could not be read") from error
