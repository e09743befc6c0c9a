"""What the public and personal pages show: plain values in the reader's language, ready to be printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from domain.files import FileKind, FileRules
from domain.lifecycle import Action, FieldKind
from domain.policy import Label


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a drop-down."""

    value: str
    label: Label
    hint: Label | None = None


Pairs = tuple[tuple[Label, Label | str], ...]
"""Lines of a name and what stands there: a Label has both languages, text is people's own and stays as they wrote it."""


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of an action as a page draws it; `choices` are given for drop-downs and ratings, `value` stands in it at first."""

    name: str
    kind: FieldKind
    label: Label
    required: bool
    choices: tuple[Choice, ...] = ()
    value: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """An action that the reader may take now, with its fields and until when (None: no limit); `files` where some may be added.

    `owed` is what is expected of them, against what is only open to them.
    """

    action: Action
    fields: tuple[FormField, ...]
    until: datetime | None
    files: FileRules | None = None
    owed: bool = False


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file in a list. `action` is what it came with, `at` when; `bytes` its size."""

    id: int
    name: str
    kind: FileKind
    bytes: int
    sha256: str
    at: datetime
    action: str


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One line of the history in plain words. `text` is free text of people: print it escaped, as text.

    `minutes` is the line's number where it holds the minutes of a consultation, which are a document too.
    """

    at: datetime
    what: Label
    who: Label
    text: Pairs = ()
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A deadline that runs: what, whose, until when; `late` working days overdue, `paused` while it stands still.

    `about` says more than the kind does: a duty's text, a consultation's day and place.
    """

    what: Label
    owner: Label
    due: datetime | None
    estimated: bool
    late: int
    paused: bool
    about: Label | None = None


@dataclass(frozen=True, slots=True)
class CaseHead:
    """The cover of a case."""

    code: str
    document: str
    title: str
    detail: str
    status: Label
    status_code: str
    light: str
    light_label: Label
    rung: int
    rung_label: Label
    round: int
    cycle: int
    category: Label | None
    case_class: Label | None
    severity: Label
    enterprise: Label | None
    project: Label | None
    lead: Label | None
    supporters: tuple[Label, ...]
    holder: Label
    due: datetime | None
    original_due: datetime | None
    estimated: bool
    outcome: Label | None
    opened_at: datetime
    closed_at: datetime | None
    result: int | None
    attitude: int | None
    withheld: bool = False
    """Whether who reported is kept from the reader: then `enterprise` is None."""


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage of a factor request: whose, its state, until when; `late` working days overdue."""

    what: Label
    unit: Label
    state: str
    state_label: Label
    due: datetime | None
    late: int
    decided_at: datetime | None
    document: str


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A grant of a factor request, its quantities in the request's unit."""

    quantity: str
    on: date
    document: str
    conditions: str
    expires_on: date | None
    expired: bool
    drawn: str


@dataclass(frozen=True, slots=True)
class FactorSheet:
    """What a page shows of a factor request: asked, granted, drawn and missing in `unit`, its stages, its grants."""

    type: Label
    status: Label
    status_code: str
    unit: str
    requested: str
    granted: str
    drawn: str
    gap: str
    percent: int
    needed_by: date
    deferred_until: date | None
    blocked: str
    difficulty: str | None
    stages: tuple[StageLine, ...]
    grants: tuple[GrantLine, ...]


@dataclass(frozen=True, slots=True)
class ActPage:
    """An officer's page behind a personal link. `asked` describes the approval to decide."""

    person: Label
    capacity: Label
    principal: Label | None
    case: CaseHead
    contact: tuple[tuple[Label, str], ...]
    clocks: tuple[ClockLine, ...]
    timeline: tuple[TimelineLine, ...]
    buttons: tuple[Button, ...]
    asked: Pairs
    done_already: TimelineLine | None
    locale: str
    factor: FactorSheet | None = None
    subscribed: bool = False
    """Whether the reader's own calendar follows their dates."""
    files: tuple[FileLine, ...] = ()
    why: tuple[tuple[Label, Label, Label], ...] = ()
    """Of each deadline its name, the rule that gives it, and what the rule comes to."""
    notes: tuple[Label, ...] = ()
    """What could not be made out in the report, for the desk."""


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit that waits for a clerk: of which case (of a restricted one the receipt), and each field before and after."""

    of: str
    changes: tuple[tuple[Label, Label, Label], ...]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A clerk's page on a report that waits to be confirmed: accept it or dismiss it."""

    receipt: str
    received_at: datetime
    due: datetime | None
    lines: Pairs
    state: str
    locale: str
    files: tuple[FileLine, ...] = ()
    edit: Edit | None = None
    asked: bool = True
    """Whether its reporter was asked to confirm it; not where the address had its mails of the day."""


@dataclass(frozen=True, slots=True)
class TrackPage:
    """An enterprise's tracking page.

    `stage` is unconfirmed (the reporter must confirm), received (stored, not yet a case), quarantined, dismissed, or case.
    """

    stage: str
    receipt: str
    received_at: datetime
    locale: str
    case: CaseHead | None = None
    reply: Pairs = ()
    timeline: tuple[TimelineLine, ...] = ()
    buttons: tuple[Button, ...] = ()
    principal: bool = True
    factor: FactorSheet | None = None
    said: Pairs = ()
    """What the report to be confirmed says, shown only behind the mailed link."""
    mailed: bool = True
    """Whether the link came by mail: behind any other a report cannot be confirmed, nor another be sent without confirming it."""
    asked: bool = True
    """Whether a mail that asks to confirm the report was sent."""
    files: tuple[FileLine, ...] = ()


@dataclass(frozen=True, slots=True)
class AllowedNow:
    """One thing that may be done instead of what was refused: by whom, and until when (office time) if a clock says so."""

    what: Label
    by: tuple[Label, ...]
    until: str | None


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an action: a sentence for the reader, and whether it was done; if not, what is allowed now."""

    done: bool
    message: Label
    field: str | None = None
    allowed: tuple[AllowedNow, ...] = ()
    already: bool = False
    """Whether it was not done because it had been done before: that is no mistake of whoever asked."""


class LinkRefused(Exception):
    """A link that leads nowhere: `reason` is unknown, expired or revoked; `renewable` if a new one can be asked for."""

    def __init__(self, reason: str, renewable: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.renewable = renewable
