"""The stage of the written stories: the office on its clock, the mails that arrive, and actors who use the links in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from domain.policy import Label
from models.clock import Clock
from models.directory import Account, Contact
from models.office import Outbox, OutboxState
from notifications.catcher import Catcher
from services.audit import verify
from services.board_lists import board_list, restricted_list
from services.board_steps import register_on_board, take_step
from services.board_types import Filters
from services.board_users import BoardRole, BoardUser
from services.case_view import case_json
from services.desk import coordinate
from services.directory_change import DirectoryProposal, Edit
from services.directory_edit import apply, propose
from services.explain import explain
from services.form import submit_form
from services.office import Office
from services.outbox import owed
from services.page_types import ActPage, AllowedNow, Done, LinkRefused, TrackPage
from services.pages import act, act_page, confirm_report, track_act, track_page
from services.receiver import receive_waiting
from services.sweep import sweep
from tests.mailroom import Mail, catcher_of, deliver_all
from tests.stories.words import FIRMS, PERSONS, Firm, SaidDay, SaidMoment

DECISIONS = frozenset({"approve", "refuse", "hand_back"})
"""What is done with the link of the mail that asks for it, and with no other."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: whether it was done, what the actor was told, in both languages, and what is allowed instead."""

    what: str
    done: bool
    words: str
    allowed: tuple[AllowedNow, ...] = ()


@dataclass(slots=True)
class Stage:
    """An office in a story. What an actor tries must succeed, unless the next step says that it was refused."""

    office: Office
    code: str = ""
    cases: dict[str, str] = field(default_factory=dict)
    """The case of each enterprise, by the enterprise's address; `code` is the one that the story speaks of."""
    catcher: Catcher | None = None
    mails: list[Mail] = field(default_factory=list)
    seen: int = 0
    """How many mails had arrived before the last thing that happened."""
    last: Outcome | None = None
    notice: dict[str, Any] = field(default_factory=dict)
    """The supervision notice that the story speaks of."""
    told: Outcome | None = None
    """The last refusal."""
    shown: tuple[Label, ...] = ()
    """What a change of the directory was shown to do before it was applied."""
    named: set[str] = field(default_factory=set)
    """The cases that sweeps named in their reports, which the engine keeps."""
    commands: int = 0

    # -- time ----------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The office's present moment on its own clock, without the zone."""
        return self.office.now().astimezone(self.office.zone).replace(tzinfo=None)

    def utc(self, local: datetime) -> datetime:
        """A moment of the office's clock as the database keeps it."""
        return local.replace(tzinfo=self.office.zone).astimezone(UTC)

    def day(self, said: SaidDay) -> str:
        """A day of the story's year, as forms take it."""
        return said.on(self.now.year).isoformat()

    def moment(self, said: SaidMoment) -> datetime:
        """A moment of the story's year on the office's clock."""
        return said.on(self.now.year)

    def begin_at(self, said: SaidMoment) -> None:
        """Let the story begin at a moment, before anything was reported."""
        self.office.fixed = self.utc(self.moment(said))

    def wait_until(self, said: SaidMoment) -> None:
        """Let time pass: whenever a clock's moment comes the sweep runs, as it does every few minutes in an office."""
        self.happens()
        target = self.utc(self.moment(said))
        assert target >= self.office.now(), f"{said} has passed"
        while (due := self._next_step()) is not None and due <= target:
            self.office.fixed = max(due, self.office.now())
            self.named |= {step.case for step in sweep(self.office).steps}
        self.office.fixed = target
        self.post()

    def _next_step(self) -> datetime | None:
        with self.office.reading() as session:
            return session.scalar(select(func.min(Clock.next_action_at)))

    # -- mail ----------------------------------------------------------------------------------------------------------

    def post(self) -> None:
        """Deliver what the outbox owes, over SMTP."""
        if owed(self.office):
            self.catcher = self.catcher or catcher_of(self.office)
            self.mails += deliver_all(self.office, self.catcher)

    def news(self, address: str) -> list[Mail]:
        """The mails to an address that the last thing that happened brought."""
        self.settle()
        self.post()
        return [mail for mail in self.mails[self.seen :] if mail.to == address]

    def happens(self) -> None:
        """Something is about to happen: what was tried before must have been done, and its mails are old."""
        self.settle()
        self.post()
        self.seen = len(self.mails)

    def leave(self) -> None:
        """Stop what the story has started."""
        if self.catcher is not None:
            self.catcher.stop()

    def end(self) -> None:
        """The story is over: every mail went out, every chain of events is whole, and every date replays from its events."""
        self.settle()
        self.post()
        with self.office.reading() as session:
            failed = select(Outbox.message, Outbox.problem).where(Outbox.state == OutboxState.FAILED)
            assert session.execute(failed).all() == []
        assert verify(self.office).findings == ()

    # -- acting --------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """What was tried last must have been done, if no step said that it was refused."""
        last, self.last = self.last, None
        assert last is None or last.done, f"{last.what}: {last.words}"

    def refusal(self) -> Outcome:
        """What was tried last, which must have been refused."""
        last, self.last = self.last, None
        assert last is not None, "nothing was tried"
        assert not last.done, f"{last.what} was done: {last.words}"
        self.told = last
        return last

    def officer(self, address: str, action: str, **fields: str) -> None:
        """An official acts through the link in a mail of theirs: the newest one that lets them."""
        self.happens()
        token = self._link(address, action)
        try:
            self._tried(f"{action} by {address}", act(self.office, token, action, fields))
        except LinkRefused as refused:
            self.last = Outcome(action, False, f"the link is {refused.reason}")

    def _link(self, address: str, action: str) -> str:
        links = [
            _token(mail, "/act/")
            for mail in reversed(self.mails)
            if mail.to == address and self.code in mail.subject and any("/act/" in link for link in mail.links)
            if action not in DECISIONS or mail.message == "approval_asked"
        ]
        assert links, f"{address} never got a link for {action}"
        if action in DECISIONS:
            return links[0]
        live = ""
        for link in links:
            page = self._page(link)
            if page is None:
                continue
            live = live or link
            if action in {button.action.name for button in page.buttons}:
                return link
        return live or links[0]

    def _page(self, token: str) -> ActPage | None:
        try:
            page = act_page(self.office, token)
        except LinkRefused:
            return None
        return page if isinstance(page, ActPage) else None

    def page_of(self, address: str) -> ActPage | None:
        """What the newest link of an official for this case shows; None when it leads nowhere any more."""
        self.settle()
        self.post()
        for mail in reversed(self.mails):
            if mail.to == address and self.code in mail.subject and any("/act/" in link for link in mail.links):
                return self._page(_token(mail, "/act/"))
        raise AssertionError(f"{address} never got a link")

    def enterprise(self, firm: Firm, action: str, **fields: str) -> None:
        """An enterprise acts on its tracking page."""
        self.happens()
        self._tried(f"{action} by {firm.said}", track_act(self.office, self._track(firm), action, fields))

    def tracking_page(self, firm: Firm) -> TrackPage:
        """What an enterprise sees."""
        self.settle()
        self.post()
        return track_page(self.office, self._track(firm))

    def _track(self, firm: Firm) -> str:
        for mail in reversed(self.mails):
            if mail.to == firm.email and mail.message != "confirm_report" and any("/track/" in x for x in mail.links):
                return _token(mail, "/track/")
        raise AssertionError(f"{firm.said} never got a link")

    def desk(self, step: str, **fields: object) -> None:
        """The desk takes a step in the Prefect UI."""
        self.happens()
        [result] = coordinate(self.office, step, [self.code], fields, self._command())
        self.last = Outcome(f"{step} by the desk", result.done, result.message)

    def directory(self, *edits: Edit) -> None:
        """The desk changes the directory: it looks at the difference, and applies it."""
        self.happens()
        proposal = DirectoryProposal(edits)
        difference = propose(self.office, proposal)
        self.shown = difference.lines
        result = apply(self.office, proposal, self._command(), "desk", difference.digest)
        self.last = Outcome("a change of the directory", result.done, result.message)

    def on_board(self, address: str, step: str, **fields: str) -> None:
        """Somebody of the desk takes a step on the board, where restricted cases are handled."""
        self.happens()
        done = take_step(self.office, self._user(address), self.code, step, fields)
        assert done is not None, f"{self.code} is not handled on the board"
        self._tried(f"{step} on the board by {address}", done)

    def register_restricted(self, address: str, firm: Firm, category: str, title: str) -> None:
        """Somebody of the desk registers a restricted difficulty on the board."""
        self.happens()
        said = {
            "enterprise": firm.name, "contact": "项目联络员", "email": firm.email, "title": title, "project": firm.project,
            "category": category, "severity": "1", "restricted": "yes",
        }  # fmt: skip
        result = register_on_board(self.office, self._user(address), said, self._command())
        assert result.done, result.message
        self.code = self.cases[firm.email] = result.case
        self.post()

    def listed(self) -> tuple[set[str], set[str]]:
        """The codes on the board's list, as a reader sees it, and on the desk's list of restricted cases."""
        self.settle()
        reader = BoardUser("reader", BoardRole.READER, None, "")
        rows = board_list(self.office, reader, Filters()).rows
        return {row.code for row in rows}, {row.code for row in restricted_list(self.office)[0]}

    def _user(self, address: str) -> BoardUser:
        return BoardUser("desk", BoardRole.DESK, self.account(address), "")

    def account(self, address: str) -> str:
        """The account of an official."""
        with self.office.reading() as session:
            return session.scalars(select(Account.id).where(Account.email == address)).one()

    def unit_of(self, address: str) -> str:
        """The unit in which an official sits."""
        with self.office.reading() as session:
            return session.scalars(select(Account.unit_id).where(Account.email == address)).one()

    def who(self, actor: Mapping[str, Any]) -> str:
        """Who stands behind a line of the history, in the stories' words."""
        if actor.get("asserted"):
            return "the desk"
        if actor["party"] in ("rule", "clock"):
            return f"the {actor['party']}s"
        with self.office.reading() as session:
            if "account" in actor:
                address = session.get_one(Account, actor["account"]).email
                return next(said for said, box in PERSONS.items() if f"{box}@example.org" == address)
            address = str(session.get_one(Contact, actor["contact"]).email)
            return next(said for said, firm in FIRMS.items() if firm.email == address)

    def _command(self) -> str:
        self.commands += 1
        return f"story-{self.commands}"

    def _tried(self, what: str, done: Done) -> None:
        self.last = Outcome(what, done.done, f"{done.message.zh}\n{done.message.en}", done.allowed)

    # -- reporting -----------------------------------------------------------------------------------------------------

    def report(self, firm: Firm, category: str, severity: str, title: str) -> None:
        """An enterprise reports in the public form, and confirms by the link in its mail where it is asked to."""
        self.happens()
        said = {
            "enterprise": firm.name, "contact": "项目联络员", "email": firm.email, "project": firm.project, "category": category,
            "severity": severity, "title": title, "detail": "", "nonce": f"report-{len(self.cases)}",
        }  # fmt: skip
        submit_form(self.office, said, "zh")
        self.post()
        for mail in self.mails[self.seen :]:
            if mail.message == "confirm_report":
                assert confirm_report(self.office, _token(mail, "/track/")).done
        [code] = receive_waiting(self.office).cases
        self.cases[firm.email] = code
        self.code = self.code or code
        self.post()

    # -- reading -------------------------------------------------------------------------------------------------------

    @property
    def case(self) -> dict[str, Any]:
        """The case of the story as `expedite case CODE --json` gives it."""
        return self.case_of(self.code)

    def case_of(self, code: str) -> dict[str, Any]:
        """A case as machines see it."""
        self.settle()
        found = case_json(self.office, code)
        assert found is not None
        return found

    def overdue(self) -> dict[str, int]:
        """Overdue working days of the closing date by the unit to which they belong, as `expedite explain` counts them."""
        self.settle()
        found = explain(self.office, self.code)
        assert found is not None
        return found.by_unit()

    def running(self, kind: str, subject: str | None = None) -> list[Mapping[str, Any]]:
        """The clocks of a kind that run or stand still; a supporter's or a duty's by its unit."""
        return [
            clock
            for clock in self.case["clocks"]
            if clock["kind"] == kind and clock["state"] in ("running", "paused")
            if subject is None or clock["owner"] == subject
        ]

    def due(self, kind: str, subject: str | None = None) -> datetime:
        """When the one clock of a kind that runs is due, on the office's clock."""
        found = self.running(kind, subject)
        assert len(found) == 1, f"{len(found)} {kind} clocks run"
        return on_clock(found[0]["due"])


def on_clock(iso: str) -> datetime:
    """An ISO moment of the office's zone without the zone, as the stories say moments."""
    return datetime.fromisoformat(iso).replace(tzinfo=None)


def _token(mail: Mail, path: str) -> str:
    return next(link for link in mail.links if path in link).rsplit("/", 1)[1]
