"""Figures for a monitor: how much there is of what, by few and known words; no case, person or unit is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from domain.lifecycle import Status
from domain.lights import Light
from domain.policy import Colour
from models.case import Case
from models.clock import Clock, Notice
from models.intake import Delivery, DeliveryState
from models.office import Outbox, OutboxState
from services.board_lights import edges, light_column
from services.health import read_lags
from services.intake import count_edits
from services.leases import last_beat
from services.office import Office

# Grouped by its name: the expression's parameters would count as others the second time.
_LIGHT = "light"


@dataclass(frozen=True, slots=True)
class Metrics:
    """One moment's figures. `cases` by (status, light), `deliveries` by (state, source), `edits` of forms by source, the others
    by one word.

    `lags` are seconds by which the oldest due step, mail and delivery are late; `swept` seconds of real time since the last
    sweep ended, None before the first.
    """

    cases: Mapping[tuple[str, str], int]
    clocks_due: int
    lags: Mapping[str, float]
    swept: float | None
    outbox: Mapping[str, int]
    deliveries: Mapping[tuple[str, str], int]
    edits: Mapping[str, int]
    notices: Mapping[str, int]


def read_metrics(office: Office) -> Metrics:
    """Count; restricted cases are counted among the others. Raises OutsideCalendarError.

    States that nothing is in are there with 0, so that a monitor's rules see them from the first day.
    """
    now = office.now()
    light = light_column(edges(now, office.policy, office.time)).label(_LIGHT)
    with office.reading() as session:
        cases = session.execute(select(Case.status, light, func.count()).group_by(Case.status, _LIGHT)).all()
        due = session.scalar(select(func.count()).where(Clock.next_action_at <= now)) or 0
        outbox = session.execute(select(Outbox.state, func.count()).group_by(Outbox.state)).all()
        came = session.execute(
            select(Delivery.state, Delivery.source, func.count()).group_by(Delivery.state, Delivery.source)
        ).all()
        edits = count_edits(session)
        notices = session.execute(select(Notice.colour, func.count()).group_by(Notice.colour)).all()
        lags, beat = read_lags(session, office).seconds(now), last_beat(session, "sweep")
    sources = {source for _, source, _ in came}
    return Metrics(
        {(s.value, x.value): 0 for s in Status for x in _lights(s)} | {(status.value, x): n for status, x, n in cases},
        due,
        lags,
        (office.real_now() - beat.at).total_seconds() if beat is not None else None,
        {state.value: 0 for state in OutboxState} | {state.value: n for state, n in outbox},
        {(s.value, x): 0 for s in DeliveryState for x in sources} | {(state.value, x): n for state, x, n in came},
        dict.fromkeys(sources, 0) | edits,
        {colour.value: 0 for colour in Colour} | {colour.value: n for colour, n in notices},
    )


def _lights(status: Status) -> tuple[Light, ...]:
    """The lights that a case of a status can show."""
    match status:
        case Status.CLOSED:
            return (Light.CLOSED,)
        case Status.SUSPENDED:
            return (Light.GREY,)
        case Status.REPLIED:
            return (Light.GREEN,)
        case _:
            return (Light.GREEN, Light.BLUE, Light.YELLOW, Light.RED)
