"""What the pages behind personal links share: reading an action that was sent, and telling what came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.lifecycle import ACTIONS
from domain.policy import Label
from services.attachments import FIELD as FILES
from services.attachments import Taken
from services.page_types import AllowedNow, Done, LinkRefused
from services.refusal_words import in_words
from web.bodies import read_form
from web.seals import FIELD, check_origin, check_seal, drop_note, form_seal, leave_note, take_note
from web.site import page, site_of
from web.uploads import KEPT, NO_FILES, KeptFile, kept_of, take_files

ACTION = "action"
FILES_LABEL = Label("附件", "Files")
_STRAY = ".,;:!?)]}>'\"。，；：！？）》”"


@dataclass(frozen=True, slots=True)
class Sent:
    """An action as a form sent it, with its files; several values of one field are joined by commas."""

    action: str
    values: dict[str, str]
    taken: Taken = NO_FILES
    command: str = ""
    """The same for the same form sent twice from one showing of its page: two clicks, or a reload."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a page says of an action: done or not, in words; the field to mend, and what was typed."""

    done: bool
    message: Label
    action: str = ""
    wrong: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    allowed: tuple[AllowedNow, ...] = ()
    kept: tuple[KeptFile, ...] = ()
    """Files that came with it, held for the next try."""
    already: bool = False
    """Whether it was not done because it had been done before."""

    @classmethod
    def done_before(cls, note: Mapping[str, Any]) -> Outcome:
        """What the page before this one left to say."""
        return cls(True, Label(note["zh"], note["en"]))


def token_of(request: Request) -> str:
    """The link's token; mail programs like to add the punctuation that follows an address."""
    return str(request.path_params["token"]).rstrip(_STRAY)


async def read_action(request: Request) -> Sent:
    """The action that was sent, its files held and checked. Raises ForeignForm, BodyTooLarge, TooOften, FilesUnavailable."""
    site, token = site_of(request), token_of(request)
    check_origin(request, site.settings.base_url)
    form = await read_form(request, site.settings.body_limit, site.office.policy.form.files)
    try:
        shown = check_seal(site.key, token, str(form.get(FIELD, "")))
        values: dict[str, str] = {}
        for name, value in form.multi_items():
            if name not in (FIELD, ACTION, KEPT) and isinstance(value, str):
                values[name] = f"{values[name]},{value}" if name in values else value
        action, taken = str(form.get(ACTION, "")), await take_files(request, form, token)
        return Sent(action, values, taken, _command(token, shown, action, values, taken))
    finally:
        await form.close()


def _command(token: str, shown: str, action: str, values: Mapping[str, str], taken: Taken) -> str:
    said = json.dumps([token, shown, action, sorted(values.items()), [file.sha256 for file in taken.files]])
    return f"page:{hashlib.sha256(said.encode()).hexdigest()[:48]}"


def look(request: Request, show: Callable[[Outcome | None], Response]) -> Response:
    """Show a page with what came of the action before it, if one was just done. Raises LinkRefused."""
    site, token = site_of(request), token_of(request)
    note = take_note(request, site.key, token)
    if not note:
        return show(None)
    outcome = Outcome.done_before(note)
    try:
        response = show(outcome)
    except LinkRefused:
        # What was done can end the link by which it was done, e.g. sending a case back: that is no mistake.
        response = page(request, "done.html", outcome=outcome)
    drop_note(response)
    return response


async def perform(
    request: Request, act: Callable[[Sent], Done], show: Callable[[Outcome | None, int], Response]
) -> Response:
    """Do what was sent; done leads back to the page (303), not done shows it with the reason (409, or 422 for a field)."""
    sent = await read_action(request)

    def work() -> Response:
        site, token = site_of(request), token_of(request)
        refused = sent.taken.refused
        done = Done(False, in_words(refused), FILES) if refused is not None else act(sent)
        if not done.done:
            kept = kept_of(request, token, sent.taken.files)
            message = named(done, sent.action)
            outcome = Outcome(
                False, message, sent.action, done.field or "", sent.values, done.allowed, kept, done.already
            )
            return show(outcome, 422 if done.field else 409)
        response = RedirectResponse(request.url.path, 303)
        note = {"zh": done.message.zh, "en": done.message.en}
        leave_note(response, site.key, token, note, secure=site.https)
        return response

    return await run_in_threadpool(work)


def shared(request: Request, outcome: Outcome | None) -> dict[str, Any]:
    """The facts that templates of personal pages need beside their page."""
    token = token_of(request)
    return {"outcome": outcome, "seal": form_seal(site_of(request).key, token), "token": token}


def named(done: Done, action: str) -> Label:
    """The message with the field called as the page calls it, without the help that stands there in brackets."""
    fields = ACTIONS[action].fields if action in ACTIONS else ()
    label = FILES_LABEL if done.field == FILES else next((f.label for f in fields if f.name == done.field), None)
    if label is None or not done.field:
        return done.message
    zh, en = label.zh.partition("（")[0], label.en.partition(" (")[0]
    said = done.message.zh.replace(f"“{done.field}”", f"“{zh}”").replace(f"Field {done.field} ", f"“{zh}” ")
    return Label(said, done.message.en.replace(f"Field {done.field}", f"“{en}”"))
