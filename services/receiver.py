"""The receiver: turns waiting deliveries into cases, a batch in one short transaction, so that a kill loses and doubles nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from domain.case import Actor
from domain.lifecycle import Party
from domain.refusals import FieldRefused
from models.engine import hold
from models.intake import Delivery, DeliveryState, Trust
from models.rows import update_rows
from services.attachments import adopt
from services.casebook import Casebook, NewCase, open_casebook
from services.factor_intake import is_factor, open_requests
from services.office import Office
from services.project_search import named_by_stranger
from services.report import Report, parse_body, read_report
from services.senders import Sender, find_senders
from services.submissions import Submissions
from services.triage import route


@dataclass(frozen=True, slots=True)
class Received:
    """What a batch came to: codes of the cases opened, how many the rules dispatched, the rest for the desk; quarantine.

    Of the cases opened, `restricted` ones are counted and not named. `revised` edits of forms changed what was reported.
    """

    cases: tuple[str, ...]
    dispatched: int
    to_desk: int
    quarantined: int
    waiting_confirmation: int
    taken: int
    restricted: int = 0
    revised: int = 0


def receive_waiting(office: Office, limit: int = 200) -> Received:
    """Take up at most `limit` waiting deliveries. Taking, opening, dispatching and owing the mails are one transaction."""
    with office.writing() as session:
        rows = session.scalars(
            select(Delivery)
            .where(Delivery.state == DeliveryState.WAITING)
            .order_by(Delivery.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        if not rows:
            return Received((), 0, 0, 0, _unconfirmed(session), 0)
        # One at a time from here: two receivers who meet a new enterprise's first two reports must not both make it.
        hold(session, "receive")
        book = open_casebook(office, session)
        forms = Submissions(office, session, book)
        read, quarantined = _read_all(rows, forms)
        good = [(row, report) for row, report in read if forms.rule(row) is not None or not is_factor(row)]
        asked = [(row, report) for row, report in read if forms.rule(row) is None and is_factor(row)]
        requests, refused = open_requests(book, asked)
        senders = find_senders(session, [(report, row.confirmed_at) for row, report in good])
        cases = [_new_case(book, *one, sender) for one, sender in zip(good, senders, strict=True)]
        opened = book.open(cases)
        done = [
            {"state": DeliveryState.DONE, "case_id": i, "handled_at": book.now, "contact_id": new.contact_id, "flags": list(new.flags)}
            for (i, _code), new in zip(opened, cases, strict=True)
        ]  # fmt: skip
        update_rows(session, Delivery, [{"id": row.id, **said} for (row, _), said in zip(good, done, strict=True)])
        for (row, _), said in zip(good, done, strict=True):
            for name, value in said.items():
                # As read anew: what is written for all of them at once must not be written once more for each.
                set_committed_value(row, name, value)
        adopt(book, [row for row, _ in read])
        dispatched = sum(1 for new in cases if new.route.lead is not None)
        named = [code for (_, code), new in zip(opened, cases, strict=True) if not new.restricted]
        return Received(
            (*named, *requests),
            dispatched + len(requests),
            len(cases) - dispatched,
            quarantined + refused,
            _unconfirmed(session),
            len(rows),
            len(opened) - len(named),
            forms.revised,
        )


def _unconfirmed(session: Session) -> int:
    return session.scalar(select(func.count()).where(Delivery.state == DeliveryState.UNCONFIRMED)) or 0


def _read_all(rows: Sequence[Delivery], forms: Submissions) -> tuple[list[tuple[Delivery, Report]], int]:
    good: list[tuple[Delivery, Report]] = []
    quarantined = 0
    for row in rows:
        try:
            rule = forms.rule(row)
            report = read_delivery(row) if rule is None else forms.take(row, rule)
            if report is not None:
                good.append((row, report))
        except FieldRefused as refusal:
            # The sender did its part: what cannot be read stays, with the reason, and can be replayed.
            row.state, row.problem = DeliveryState.QUARANTINED, str(refusal)
            quarantined += 1
    return good, quarantined


def read_delivery(row: Delivery) -> Report:
    """The report in a delivery's body; that it is restricted or withholds its reporter is the desk's to say. Raises FieldRefused."""
    said = parse_body(row.body)
    if row.trust is Trust.SIGNED:
        if said.get("type") != "difficulty.reported":
            raise FieldRefused("field_wrong", "Field {field}: {problem}.", {
                "field": "type", "problem": f"{said.get('type')!r} is not known; send difficulty.reported",
            })  # fmt: skip
        data = said.get("data")
        return read_report(data if isinstance(data, dict) else {}, "data.")
    report = read_report(said)
    if row.trust is not Trust.DESK:
        return report
    by = said.get("by")
    return replace(
        report, restricted=said.get("restricted") is True, withheld=said.get("withheld") is True,
        by=by if isinstance(by, str) and by else None,
    )  # fmt: skip


def _new_case(book: Casebook, row: Delivery, report: Report, sender: Sender) -> NewCase:
    project, enterprise, contact, flags = sender.project, sender.enterprise, sender.contact, sender.flags
    if row.trust is Trust.PUBLIC and project is not None and not named_by_stranger(project, report.project):
        project, flags = None, (*flags, "unknown_project")
    area = project.area_id if project is not None else None
    way, more = route(book.policy, book.people, report.category, report.severity, area)
    if row.trust is Trust.DESK:
        actor = Actor(Party.CLERK, row.source, account=report.by, asserted=report.by is None)
    else:
        actor = Actor(Party.ENTERPRISE, "webhook" if row.trust is Trust.SIGNED else "form", contact=contact.id)
    return NewCase(
        title=report.title, detail=report.detail, source=row.source, category=report.category if "unknown_category" not in more else None,
        severity=report.severity, enterprise_id=enterprise.id, contact_id=contact.id, project_id=project.id if project else None,
        project_said=report.project, area=area, actor=actor, route=way, restricted=report.restricted, withheld=report.withheld,
        flags=tuple(dict.fromkeys((*report.flags, *flags, *more, *([f"category_said:{report.category}"] if "unknown_category" in more and report.category else [])))),
    )  # fmt: skip


def replay(office: Office, receipts: Sequence[str]) -> int:
    """Let quarantined deliveries be read again, e.g. after a mapping was mended; how many will be."""
    with office.writing() as session:
        done = session.execute(
            update(Delivery)
            .where(Delivery.receipt.in_(receipts), Delivery.state == DeliveryState.QUARANTINED)
            .values(state=DeliveryState.WAITING, problem=None)
            .execution_options(synchronize_session=False)
        )
        return int(getattr(done, "rowcount", 0))
