"""The desk's own pages: registering a difficulty, reports that wait for its word, and mails that were refused."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.policy import Label
from domain.refusals import FieldRefused
from services.attachments import FIELD as FILES
from services.attachments import Taken
from services.board_inbox import decide, failed_mails, inbox_item, send_again, waiting_items
from services.board_steps import read_on_board, register_on_board
from services.form import form_choices
from web.board_door import answer_sent, board_page, of_the_desk
from web.form import LONGEST, NONCE, content_key, mistakes_of
from web.languages import locale_of
from web.personal import Outcome, Sent
from web.seals import drop_note, leave_note, take_note
from web.sessions import Session
from web.site import site_of
from web.uploads import NO_FILES, kept_of, said_of_files

REGISTERED = (
    "title", "detail", "category", "severity", "enterprise", "uscc", "project", "contact", "phone", "email", "channel", "locale",
    "restricted", "withheld",
)  # fmt: skip
NEEDED = ("title", "enterprise")


def register(request: Request) -> Response:
    """The empty form. Its nonce makes a form that is sent twice one case."""
    session = of_the_desk(request)
    return _form(request, session, {"nonce": secrets.token_urlsafe(24), "severity": "1", "channel": "phone"}, NO_FILES)


async def submit(request: Request) -> Response:
    """Register, and lead to the case; with a mistake, the form again with what was typed (422)."""
    return await answer_sent(request, of_the_desk, lambda session, sent: _submit(request, session, sent), files=True)


def _submit(request: Request, session: Session, sent: Sent) -> Response:
    typed = {name: sent.values.get(name, "") for name in (*REGISTERED, "nonce")}
    if not NONCE.fullmatch(typed["nonce"]):
        typed["nonce"] = secrets.token_urlsafe(24)
    site, files = site_of(request), sent.taken.files
    hashes = ",".join(file.sha256 for file in files)
    key = content_key(typed | {FILES: hashes}, (*REGISTERED, *((FILES,) if hashes else ())))
    try:
        if sent.taken.refused is not None:
            read_on_board(session.user, typed)
            return _form(request, session, typed, sent.taken, sent.taken.refused)
        done = register_on_board(site.office, session.user, typed, key, files)
    except FieldRefused as refused:
        return _form(request, session, typed, sent.taken, refused)
    if not done.done:
        raise HTTPException(409, done.message)
    response = RedirectResponse(f"/board/case/{quote(done.case, safe='')}", 303)
    note = {"zh": f"已登记为 {done.case}。", "en": f"Registered as {done.case}."}
    leave_note(response, site.key, f"{session.token} {done.case}", note, secure=site.https)
    return response


def _form(
    request: Request, session: Session, typed: Mapping[str, str], taken: Taken, refused: FieldRefused | None = None
) -> Response:
    office = site_of(request).office
    mistakes = mistakes_of(typed, refused, NEEDED) if refused is not None else {}
    if taken.refused is not None:
        mistakes[FILES] = "wrong"
    return board_page(
        request, session, "board_register.html", status=422 if mistakes else 200, typed=typed, longest=LONGEST,
        choices=form_choices(office), mistakes=mistakes, problem=str(refused or taken.refused or ""), rules=office.policy.form,
        kept=kept_of(request, session.token, taken.files), file_problem=said_of_files(taken, locale_of(request)),
    )  # fmt: skip


def reports(request: Request) -> Response:
    """Reports that nobody has confirmed, and deliveries that could not be read."""
    session = of_the_desk(request)
    return board_page(request, session, "board_reports.html", items=waiting_items(site_of(request).office))


def report(request: Request) -> Response:
    """One of them, with what the desk may do about it."""
    session, site, receipt = of_the_desk(request), site_of(request), _receipt(request)
    note = take_note(request, site.key, f"{session.token} {receipt}")
    response = _report(request, session, receipt, Outcome.done_before(note) if note else None)
    if note:
        drop_note(response)
    return response


async def decide_report(request: Request) -> Response:
    """Accept or dismiss it, or let it be read again."""

    def answer(session: Session, sent: Sent) -> Response:
        site, receipt = site_of(request), _receipt(request)
        done = decide(site.office, session.user, receipt, sent.action)
        if not done.done:
            return _report(request, session, receipt, Outcome(False, done.message, already=done.already), 409)
        response = RedirectResponse(request.url.path, 303)
        note = {"zh": done.message.zh, "en": done.message.en}
        leave_note(response, site.key, f"{session.token} {receipt}", note, secure=site.https)
        return response

    return await answer_sent(request, of_the_desk, answer)


def _report(request: Request, session: Session, receipt: str, outcome: Outcome | None, status: int = 200) -> Response:
    item = inbox_item(site_of(request).office, receipt)
    if item is None:
        raise HTTPException(404)
    return board_page(request, session, "board_report.html", status=status, item=item, outcome=outcome)


def _receipt(request: Request) -> str:
    return str(request.path_params["receipt"]).strip().upper()


def mails(request: Request) -> Response:
    """Mails that were finally refused."""
    session, site = of_the_desk(request), site_of(request)
    note = take_note(request, site.key, f"{session.token} mails")
    outcome = Outcome.done_before(note) if note else None
    response = board_page(request, session, "board_mails.html", items=failed_mails(site.office), outcome=outcome)
    if note:
        drop_note(response)
    return response


async def retry_mails(request: Request) -> Response:
    """Send those that were ticked once more."""

    def answer(session: Session, sent: Sent) -> Response:
        site = site_of(request)
        ids = [
            int(one)
            for one in sent.values.get("id", "").split(",")
            if one.isascii() and one.isdecimal() and len(one) < 10
        ]
        count = send_again(site.office, ids)
        response = RedirectResponse(request.url.path, 303)
        said = Label(f"{count} 封邮件将再次发送。", f"{count} to be sent again.")
        note = {"zh": said.zh, "en": said.en}
        leave_note(response, site.key, f"{session.token} mails", note, secure=site.https)
        return response

    return await answer_sent(request, of_the_desk, answer)
