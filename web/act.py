"""An officer's page on a case, an approval, a waiting report or a project's plan: everything at a glance, and what they may do now."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from domain.rules import CLOCK_OF
from services.calendar_feed import subscribe, unsubscribe
from services.milestone_rulings import leads_to_plan, rule_on_change
from services.notices import notices_behind
from services.office import Office
from services.page_types import Button, Done, ReportPage
from services.pages import act, act_page
from web import plan
from web.personal import Outcome, Sent, look, perform, shared, token_of
from web.site import page, site_of


def show(request: Request) -> Response:
    """The page behind an officer's link. Raises LinkRefused."""
    return look(request, lambda outcome: _show(request, outcome))


async def submit(request: Request) -> Response:
    """Act on what the link is for. Raises LinkRefused."""
    office = site_of(request).office
    return await perform(
        request,
        lambda sent: _do(office, token_of(request), sent),
        lambda outcome, status: _show(request, outcome, status),
    )


def _do(office: Office, token: str, sent: Sent) -> Done:
    if leads_to_plan(office, token):
        return rule_on_change(office, token, sent.action, sent.values)
    match sent.action:
        case "subscribe":
            return subscribe(office, token)
        case "unsubscribe":
            return unsubscribe(office, token)
        case action:
            return act(office, token, action, sent.values, sent.taken.files, sent.command)


def _show(request: Request, outcome: Outcome | None, status: int = 200) -> Response:
    office = site_of(request).office
    if leads_to_plan(office, token_of(request)):
        return plan.behind_link(request, outcome, status)
    found = act_page(office, token_of(request))
    facts = shared(request, outcome)
    if isinstance(found, ReportPage):
        return page(request, "waiting_report.html", status=status, reader=found.locale, found=found, **facts)
    scale = dict(office.policy.follow_up.scale)
    return page(
        request,
        "act.html",
        status=status,
        reader=found.locale,
        found=found,
        case=found.case,
        scale=scale,
        buttons=likely_first(found.buttons),
        notices=notices_behind(office, token_of(request)),
        **facts,
    )


def likely_first(buttons: tuple[Button, ...]) -> tuple[Button, ...]:
    """The buttons in their order, led by the first that is still owed: a first contact that was made stands back."""
    owed = [button for button in buttons if button.action.name not in CLOCK_OF or button.until is not None]
    return tuple(dict.fromkeys((*owed[:1], *buttons)))
