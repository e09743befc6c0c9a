"""Seeding factor requests of an older register: opened on their day, granted as dated, standing where the register says.

A register says which stage a request has reached, not since when: the stages before it are done "from the register", and its own
clock counts from the day on which the register is taken over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from domain.case import Actor, Case
from domain.lifecycle import Party
from services.case_files import load_cases
from services.casebook import Request, open_casebook
from services.factor_intake import known_project
from services.factor_opening import NewFactor, open_factors
from services.factor_request import read_factor
from services.factor_rows import FactorRow
from services.office import Office

CHANNEL = "register"
PAPER = "台账"


def seed_factor(office: Office, session: Session, row: FactorRow) -> None:
    """Open one request and bring it to where the register says it stands. Raises FieldRefused, ValueError."""
    book = open_casebook(office, session, now=_at(office, row.requested_on), silent=True)
    asked = read_factor(
        office.policy, office.time,
        {
            "type": row.type, "item": row.item_zh, "quantity": row.quantity, "unit": row.unit, "needed_by": row.needed_by,
            "project": row.project, "difficulty": row.difficulty, "lead": row.lead, "note": row.note_zh,
        },
        row.requested_on,
    )  # fmt: skip
    actor = Actor(Party.CLERK, CHANNEL, asserted=True)
    new = NewFactor(asked, known_project(book, row.project), actor, CHANNEL, code=row.code, reached=row.stage)
    [(case_id, _)] = open_factors(book, [new])
    _Register(office, session, row, case_id).run()


def _at(office: Office, day: date) -> datetime:
    """A moment of office time on that day, or on the next working day, but not after now."""
    return min(office.time.opening(day) + timedelta(minutes=5), office.now())


@dataclass(frozen=True, slots=True)
class _Register:
    office: Office
    session: Session
    row: FactorRow
    case_id: int

    def run(self) -> None:
        row, now = self.row, self.office.now()
        self._do(_at(self.office, row.requested_on), "sign_for", Party.LEAD, {})
        for grant in row.grants:
            given = {
                "quantity": grant.quantity,
                "document": grant.document,
                "date": grant.on,
                "stage": row.stage,
                "expires": grant.expires_on,
            }
            self._do(_at(self.office, grant.on), "grant", Party.CLERK, given)
            if grant.drawn:
                self._do(now, "draw", Party.CLERK, {"grant": grant.document, "quantity": grant.drawn})
        factor = self._case().factor
        if factor is not None and factor.figures(self.office.today()).gap == 0 and factor.stages[-1].code == row.stage:
            self._do(
                _at(self.office, row.grants[-1].on), "pass_stage", Party.CLERK, {"document": PAPER, "stage": row.stage}
            )
            return
        book = open_casebook(self.office, self.session, now=now, silent=True)
        book.restart_stage(self.case_id, row.stage)
        if row.blocked_zh:
            self._do(now, "block", Party.CLERK, {"reason": row.blocked_zh})
        if row.suspension is not None and row.suspension.until > self.office.today():
            # A register that is read after the day on which the suspension ended: work has resumed.
            asked = {"cause": row.suspension.reason, "date": row.suspension.until, "reason": row.note_zh or PAPER}
            self._do(now, "ask_suspension", Party.LEAD, asked, row.lead)
            self._do(now, "approve", Party.APPROVER, {})

    def _case(self) -> Case:
        return load_cases(self.session, [self.case_id])[self.case_id]

    def _do(
        self, now: datetime, action: str, party: Party, fields: Mapping[str, object], unit: str | None = None
    ) -> None:
        book = open_casebook(self.office, self.session, now=now, silent=True)
        [result] = book.apply([Request(self.case_id, action, Actor(party, CHANNEL, unit=unit, asserted=True), fields)])
        if result.refusal is not None:
            raise ValueError(f"{self.row.code}: {action} on {now:%Y-%m-%d}: {result.refusal}")
