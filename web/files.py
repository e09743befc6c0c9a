"""Files that people added, for whoever may have them: always as a download, never shown by the browser, never run."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from services.attachments import file_behind, file_on_board
from services.page_types import FileLine
from web.board_door import signed_in
from web.headers import FILE_POLICY
from web.personal import token_of
from web.site import site_of


def tracked(request: Request) -> Response:
    """A file for a reporter. Raises LinkRefused, and HTTPException 404 for one that is not theirs to have."""
    return _answer(file_behind(site_of(request).office, token_of(request), _number(request), officer=False))


def handled(request: Request) -> Response:
    """A file for an officer. Raises LinkRefused, and HTTPException 404."""
    return _answer(file_behind(site_of(request).office, token_of(request), _number(request), officer=True))


def on_board(request: Request) -> Response:
    """A file for the desk. Raises SignInFirst, and HTTPException 404."""
    session, code = signed_in(request), str(request.path_params["code"]).strip().upper()
    return _answer(file_on_board(site_of(request).office, session.user, code, _number(request)))


def disposition(name: str) -> str:
    """A Content-Disposition (RFC 6266) that saves a file under its name: in ASCII for old programs, in full for others."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%;' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _answer(found: tuple[FileLine, Path] | None) -> Response:
    if found is None:
        raise HTTPException(404)
    line, path = found
    headers = {
        "content-disposition": disposition(line.name), "content-security-policy": FILE_POLICY, "cache-control": "private, no-store",
    }  # fmt: skip
    # A type that no browser shows or runs, whatever the content is.
    return FileResponse(path, media_type="application/octet-stream", headers=headers)


def _number(request: Request) -> int:
    return int(request.path_params["number"])
