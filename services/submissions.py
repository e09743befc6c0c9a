"""Submissions of form services as the receiver meets them: mapped, believed or not, new or the edit of one that is here already."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.case import Actor
from domain.lifecycle import Party
from domain.refusals import FieldRefused, wrong
from domain.sources import SourceRule
from models.case import Case
from models.directory import Contact
from models.intake import Delivery, DeliveryState, Trust
from services.casebook import Casebook, Request
from services.confirmations import ask_to_confirm
from services.edits import (
    EDITS,
    FROM_ELSEWHERE,
    OLDER,
    Changes,
    changed,
    earlier_edits,
    in_words,
    newest_of,
    own_addresses,
    report_in,
    waits_for_clerk,
)
from services.office import Office
from services.report import Report, read_report
from services.sources import rule_of
from services.sources.kind import NoSubmission
from services.sources.mapping import Mapped, lacking, map_body
from services.waiting_reports import dismiss, start_clock

LONGEST_ENTRY = 160
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Submissions:
    """Takes up the mapped deliveries of one batch. `revised` counts edits of cases, `waiting` reports that now wait to be confirmed."""

    office: Office
    session: Session
    book: Casebook
    revised: int = 0
    waiting: int = 0
    _taken: set[tuple[str, str]] = field(default_factory=set)

    def rule(self, row: Delivery) -> SourceRule | None:
        """The mapping of a delivery's source; None for reports in our own form."""
        return rule_of(self.book.policy, row.source)

    def take(self, row: Delivery, rule: SourceRule) -> Report | None:
        """The report to open a case of now; None where the delivery is settled otherwise. Raises FieldRefused: quarantine."""
        if row.confirmed_by is not None and "said" in row.extra:
            # What was confirmed is what becomes the case, also when the mapping was changed meanwhile.
            if row.entry is not None:
                self._taken.add((row.source, row.entry))
            if EDITS in row.extra:
                self._accepted(row)
                return None
            return report_in(row)
        try:
            mapped = map_body(rule, row.body)
        except FieldRefused:
            raise
        except NoSubmission as other:
            row.state, row.problem, row.handled_at = DeliveryState.DISMISSED, str(other), self.book.now
            return None
        except Exception as error:
            # Whatever a stranger's bytes do to a service's file, the other deliveries of the batch must not wait for it.
            _log.exception("delivery %s of %s could not be mapped", row.receipt, row.source)
            raise wrong("body", f"could not be mapped ({type(error).__name__}); the log says where") from error
        report = _read(mapped)
        row.extra = {**row.extra, "said": mapped.data}
        row.entry, row.edited_at = _entry(mapped.entry), mapped.edited_at
        if row.entry is not None:
            if (row.source, row.entry) in self._taken:
                return None  # Its first delivery becomes a case in this very batch: the next one revises that.
            self._taken.add((row.source, row.entry))
            if self._revises(row, report):
                return None
        if row.trust is Trust.PUBLIC and row.confirmed_by is None:
            row.state = DeliveryState.UNCONFIRMED
            ask_to_confirm(self.session, self.office, row.id, row.receipt, report, row.locale)
            self.waiting += 1
            return None
        return report

    def _revises(self, row: Delivery, report: Report) -> bool:
        """Whether the delivery was settled as the edit of an earlier one."""
        earlier = earlier_edits(self.session, row)
        # What waits for a clerk because it came from elsewhere counts for nothing yet, least of all as what came before.
        strange = [one for one in earlier if waits_for_clerk(one)]
        earlier = [one for one in earlier if not waits_for_clerk(one)]
        waits = [one for one in earlier if one.state is DeliveryState.UNCONFIRMED]
        newest = newest_of(earlier)
        if newest is None:
            return False
        if _older(row, newest):
            row.state, row.case_id, row.handled_at = DeliveryState.DONE, newest.case_id, self.book.now
            row.flags = [OLDER]
            return True
        for one in waits:
            # Nobody has confirmed that one: the newer words wait in its place, the older ones stay on record.
            dismiss(self.session, self.office, one, "edited")
            one.problem = f"edited by its sender before it was confirmed: {row.receipt} took its place"
        case_id = next((one.case_id for one in reversed(earlier) if one.case_id is not None), None)
        if case_id is None:
            return False
        if row.trust is Trust.PUBLIC and report.email not in own_addresses(earlier):
            self._ask_clerk(row, newest, case_id, strange)
        else:
            self._revise(row, report, newest, case_id)
        return True

    def _ask_clerk(self, row: Delivery, newest: Delivery, case_id: int, strange: Sequence[Delivery]) -> None:
        """An edit that nobody signed, from an address that the case was not confirmed from: a clerk looks at both versions."""
        for one in strange:
            dismiss(self.session, self.office, one, "edited")
            one.problem = f"edited by its sender before a clerk decided: {row.receipt} took its place"
        row.state, row.flags = DeliveryState.UNCONFIRMED, [FROM_ELSEWHERE]
        row.extra = {**row.extra, EDITS: case_id}
        row.problem = (
            f"an edit of {self._named(case_id, newest)} that nobody signed, from another address: a clerk decides"
        )
        start_clock(self.session, self.book.policy, self.office.time, row.id, self.book.now)
        self.waiting += 1

    def _accepted(self, row: Delivery) -> None:
        """An edit that a clerk accepted: it revises the case as it stands now, recorded by the clerk for who sent it."""
        case_id = int(row.extra[EDITS])
        report, newest = report_in(row), newest_of(earlier_edits(self.session, row))
        if newest is None:
            raise wrong("entry", "what it edits is not there any more")
        speaker = f"{report.contact or report.enterprise} <{report.email or '-'}>"
        account = row.confirmed_by if row.confirmed_by in self.book.people.persons else None
        row.problem = None
        self._revise(
            row, report, newest, case_id,
            Actor(Party.CLERK, row.source, account=account, asserted=account is None, spoken_for=speaker),
        )  # fmt: skip

    def _revise(
        self, row: Delivery, report: Report, newest: Delivery, case_id: int, actor: Actor | None = None
    ) -> None:
        before = report_in(newest)
        found = changed(before, report)
        row.case_id, row.contact_id = case_id, newest.contact_id
        if found:
            self._tell(row, newest, case_id, found, actor)
        row.state, row.handled_at = DeliveryState.DONE, self.book.now
        row.flags = ["revision", *(f"changed:{name}" for name in found)] if found else ["no_change"]
        self.revised += bool(found)

    def _tell(self, row: Delivery, newest: Delivery, case_id: int, changed: Changes, actor: Actor | None) -> None:
        contact = row.contact_id if row.contact_id is not None else self._reporter(case_id)
        actor = actor or Actor(Party.ENTERPRISE, row.source, contact=contact)
        said = {"text": in_words(row.locale, self.book.policy, changed), "revised": " ".join(changed)}
        [result] = self.book.apply([Request(case_id, "supplement", actor, said)])
        if result.refusal is not None:
            row.case_id = None
            raise FieldRefused("field_wrong", "Field {field}: {problem}.", {
                "field": "entry", "problem": f"it edits {self._named(case_id, newest)}, which cannot take it any more: {result.refusal}",
            })  # fmt: skip

    def _reporter(self, case_id: int) -> int | None:
        return self.session.scalar(
            select(Delivery.contact_id).where(Delivery.case_id == case_id, Delivery.contact_id.is_not(None)).limit(1)
        ) or self.session.scalar(
            select(Contact.id)
            .join(Case, Case.enterprise_id == Contact.enterprise_id)
            .where(Case.id == case_id)
            .limit(1)
        )

    def _named(self, case_id: int, by: Delivery) -> str:
        """The case's code; of a restricted one, which stands on no list, the receipt `by` which it is known."""
        code, restricted = self.session.execute(select(Case.code, Case.restricted).where(Case.id == case_id)).one()
        return f"the case of {by.receipt}" if restricted else str(code)


def _read(mapped: Mapped) -> Report:
    """The report; a mistake says by which question the field is filled."""
    missing = lacking(mapped)
    if missing:
        places = {one.field: one for one in mapped.found}
        said = "; ".join(_nowhere(places[name].field, places[name].asked, places[name].how) for name in missing)
        raise FieldRefused(
            "field_missing", "Field {field} is missing: {remedy}.", {"field": missing[0], "remedy": said}
        )
    return read_report(mapped.data)


def _nowhere(name: str, asked: str, how: str) -> str:
    if how == "nowhere":
        return f"{name}: the form has no question {asked!r}; mend the mapping and replay"
    return (
        f"{name}: the question {asked!r} was left empty" if asked else f"{name}: the mapping names no question for it"
    )


def _entry(said: str) -> str | None:
    if len(said) <= LONGEST_ENTRY:
        return said or None
    return said[: LONGEST_ENTRY - 65] + ":" + hashlib.sha256(said.encode()).hexdigest()


def _older(row: Delivery, newest: Delivery) -> bool:
    """By the moments of both, else by the order in which they came: a replay comes later than it came."""
    if row.edited_at is None or newest.edited_at is None:
        return row.id < newest.id
    return (row.edited_at, row.id) < (newest.edited_at, newest.id)
