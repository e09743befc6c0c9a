"""An enterprise's page on its report: who has it until when, the reply, and what the enterprise may do. Looking changes nothing."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from services.page_types import Button, Done
from services.pages import confirm_report, track_act, track_page
from web.personal import Outcome, Sent, look, perform, shared, token_of
from web.site import page, site_of

CONFIRM_REPORT = "confirm_report"
_VERDICTS = ("confirm", "dispute")


def show(request: Request) -> Response:
    """The page behind a tracking link. Raises LinkRefused."""
    return look(request, lambda outcome: _show(request, outcome))


async def submit(request: Request) -> Response:
    """Confirm the report, or act on the case. Raises LinkRefused."""
    return await perform(
        request, lambda sent: _act(request, sent), lambda outcome, status: _show(request, outcome, status)
    )


def _act(request: Request, sent: Sent) -> Done:
    office, token = site_of(request).office, token_of(request)
    if sent.action == CONFIRM_REPORT:
        return confirm_report(office, token)
    return track_act(office, token, sent.action, sent.values, sent.taken.files, sent.command)


def _show(request: Request, outcome: Outcome | None, status: int = 200) -> Response:
    office = site_of(request).office
    found = track_page(office, token_of(request))
    buttons: dict[str, Button] = {button.action.name: button for button in found.buttons}
    # On a reply that waits for the enterprise both verdicts stand together as one question.
    asked = found.case is not None and found.case.status_code == "replied" and "confirm" in buttons
    verdicts = [buttons[name] for name in _VERDICTS if asked and name in buttons]
    return page(
        request, "track.html", status=status, reader=found.locale, found=found, case=found.case, verdicts=verdicts,
        others=[b for b in found.buttons if b not in verdicts], rungs=office.policy.rungs, scale=dict(office.policy.follow_up.scale), dispute_at=office.policy.follow_up.dispute_at,
        **shared(request, outcome),
    )  # fmt: skip
