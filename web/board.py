"""The board: its front, the list, a case, restricted cases and figures."""

from __future__ import annotations

from dataclasses import fields, replace
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.board_case import case_page
from services.board_lists import board_list, restricted_list
from services.board_steps import take_step
from services.board_todo import board_front
from services.board_types import Filters
from web.board_door import answer_sent, board_page, of_the_desk, signed_in
from web.personal import Outcome, Sent, named
from web.seals import drop_note, leave_note, take_note
from web.sessions import Session
from web.site import site_of

FILTERS = tuple(field.name for field in fields(Filters))
_LONGEST = 100


def front(request: Request) -> Response:
    """What is late and what waits."""
    session = signed_in(request)
    found = board_front(site_of(request).office, session.user)
    return board_page(request, session, "board.html", found=found)


def listing(request: Request) -> Response:
    """The list under the filters of the address."""
    session = signed_in(request)
    filters = Filters(**{name: request.query_params.get(name, "")[:_LONGEST] for name in FILTERS})
    found = board_list(site_of(request).office, session.user, filters)
    return board_page(
        request, session, "board_list.html", found=found, filters=filters, address=lambda **changes: address(filters, **changes)
    )  # fmt: skip


def address(filters: Filters, **changes: str) -> str:
    """The list under other filters; a change of them begins at the first page."""
    wanted = replace(filters, **{"after": "", **changes})
    asked = {name: value for name in FILTERS if (value := getattr(wanted, name))}
    return "/board/list" + (f"?{urlencode(asked)}" if asked else "")


def restricted(request: Request) -> Response:
    """The restricted cases, for the desk."""
    session = of_the_desk(request)
    rows, after = restricted_list(site_of(request).office, request.query_params.get("after", "")[:_LONGEST])
    return board_page(request, session, "board_restricted.html", rows=rows, after=after)


def case(request: Request) -> Response:
    """A case's page, with what came of the step before it, if one was just taken. A case that is not theirs to see: 404."""
    session, site, code = signed_in(request), site_of(request), _code(request)
    note = take_note(request, site.key, _about(session, code))
    response = _case(request, session, code, Outcome.done_before(note) if note else None)
    if note:
        drop_note(response)
    return response


async def act(request: Request) -> Response:
    """Take a step on a restricted case: done leads back to its page, not done shows it with the reason."""
    return await answer_sent(request, of_the_desk, lambda session, sent: _act(request, session, sent))


def _act(request: Request, session: Session, sent: Sent) -> Response:
    site, code = site_of(request), _code(request)
    done = take_step(site.office, session.user, code, sent.action, sent.values)
    if done is None:
        raise HTTPException(404)
    if not done.done:
        message = named(done, sent.action)
        outcome = Outcome(
            False, message, sent.action, done.field or "", sent.values, done.allowed, already=done.already
        )
        return _case(request, session, code, outcome, 422 if done.field else 409)
    response = RedirectResponse(f"/board/case/{quote(code, safe='')}", 303)
    note = {"zh": done.message.zh, "en": done.message.en}
    leave_note(response, site.key, _about(session, code), note, secure=site.https)
    return response


def _case(request: Request, session: Session, code: str, outcome: Outcome | None, status: int = 200) -> Response:
    office = site_of(request).office
    found = case_page(office, session.user, code)
    if found is None:
        raise HTTPException(404)
    scale = dict(office.policy.follow_up.scale)
    return board_page(
        request, session, "board_case.html", status=status, found=found, case=found.head, scale=scale, outcome=outcome,
        token=session.token,
    )  # fmt: skip


def _code(request: Request) -> str:
    return str(request.path_params["code"]).strip().upper()


def _about(session: Session, code: str) -> str:
    return f"{session.token} {code}"
