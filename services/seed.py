"""Seeding an installation: directory, projects, and an older register of difficulties replayed as actions at their dates.

How the sample's twelve states map to our eight is written down in docs/demo-district.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from domain.case import Actor, Case
from domain.lifecycle import Party
from domain.policy import Colour, Label
from models import case as tables
from models.directory import Contact, Project
from models.engine import make_engine
from services.case_files import load_cases
from services.casebook import Casebook, NewCase, Request, Route, open_casebook
from services.directory import store_directory, store_projects
from services.directory_file import DifficultiesFile, DifficultyRow, DirectoryFile, LogRow, ProjectsFile, load_seed
from services.factor_rows import FactorsFile
from services.milestone_rows import MilestonesFile
from services.numbers import raise_to
from services.office import Office, open_office, set_demo_clock
from services.seed_factors import seed_factor
from services.seed_milestones import seed_milestones
from services.settings import Settings

DEMO = Path(__file__).parent.parent / "deployments" / "demo"
CHANNEL = "register"

Step = tuple[str, Party, str | None, dict[str, object]]

MEETS = {
    "sign_for": "sign_for", "contact": "contact", "answer": "answer", "plan": "report", "interim": "report",
    "suspension_review": "review", "duty": "fulfil",
}  # fmt: skip
"""A register keeps only what changed a case's state: what else was due by then counts as done in time, marked as implied."""


_BY = {"answer": Party.SUPPORTER, "suspension_review": Party.DESK_HEAD, "duty": Party.DUTY_UNIT}


@dataclass(slots=True)
class Seeded:
    """What was written."""

    units: int = 0
    accounts: int = 0
    projects: int = 0
    cases: int = 0
    factors: int = 0
    milestones: int = 0
    known: int = 0
    lines: list[str] = field(default_factory=list)


def seed_demo(settings: Settings, say: Callable[[str], None] = lambda _: None) -> None:
    """The quick part of `--demo`: the office clock starts on its Thursday, and the district's people and projects are there."""
    engine = make_engine(settings.url)
    set_demo_clock(engine, datetime.now(UTC))
    engine.dispose()
    office = open_office(settings)
    with office.reading() as session:
        known = session.scalar(select(Project.id).limit(1))
    if known is None:
        seed_people(office)
        say("the demo district's people and projects are there")
    office.close()


def seed_demo_register(settings: Settings, say: Callable[[str], None] = lambda _: None) -> None:
    """The slow part of `--demo`, a few seconds while the Prefect server starts: the district's register of difficulties."""
    office = open_office(settings)
    done = seed(office, [DEMO / "milestones.yaml", DEMO / "difficulties.yaml", DEMO / "factors.yaml"])
    if done.cases or done.factors:
        say(
            f"{done.cases} difficulties, {done.factors} factor requests and {done.milestones} nodes of plans of the demo district are there"
        )
    office.close()


def seed_people(office: Office, folder: Path = DEMO) -> Seeded:
    """The quick part of a demo district: its directory and projects."""
    return seed(office, [folder / "directory.yaml", folder / "projects.yaml"])


def seed(office: Office, paths: Sequence[Path], say: Callable[[str], None] = lambda _: None) -> Seeded:
    """Seed each file, or each *.yaml of a folder, in the order that references need. Doing it again changes nothing.

    Raises SeedMistakes naming file, line and key.
    """
    files = [f for p in paths for f in (sorted(p.glob("*.yaml")) if p.is_dir() else [p])]
    loaded = [load_seed(f) for f in files if f.name != "policy.yaml"]
    done = Seeded()
    for kind in (DirectoryFile, ProjectsFile, MilestonesFile, DifficultiesFile, FactorsFile):
        for one in loaded:
            if isinstance(one, kind):
                _seed_one(office, one, done, say)
    return done


def _seed_one(office: Office, file: object, done: Seeded, say: Callable[[str], None]) -> None:
    match file:
        case DirectoryFile():
            with office.writing() as session:
                done.units, done.accounts = store_directory(session, file)
            say(f"{done.units} units, {done.accounts} accounts")
        case ProjectsFile():
            with office.writing() as session:
                done.projects = store_projects(session, file, office.now())
            say(f"{done.projects} projects")
        case MilestonesFile():
            done.milestones = seed_milestones(office, file)
            say(f"{done.milestones} nodes of projects' plans taken over")
        case DifficultiesFile():
            with office.reading() as session:
                known = set(session.scalars(select(tables.Case.code)))
            new = [row for row in file.difficulties if row.code not in known]
            done.known += len(file.difficulties) - len(new)
            for row in new:
                with office.writing() as session:
                    Replay(office, row, open_casebook(office, session, silent=True)).run()
                done.cases += 1
            with office.writing() as session:
                for year in {int(row.code.split("-")[1]) for row in file.difficulties}:
                    last = max(
                        int(r.code.rsplit("-", 1)[1]) for r in file.difficulties if r.code.split("-")[1] == str(year)
                    )
                    raise_to(session, "difficulty", year, last)
            say(f"{done.cases} difficulties replayed, {done.known} known already")
        case FactorsFile():
            with office.reading() as session:
                known = set(session.scalars(select(tables.Case.code)))
            fresh = [row for row in file.factors if row.code not in known]
            for factor in fresh:
                with office.writing() as session:
                    seed_factor(office, session, factor)
                    _, of_year, number = factor.code.split("-")
                    raise_to(session, "factor", int(of_year), int(number))
            done.factors, done.known = len(fresh), done.known + len(file.factors) - len(fresh)
            say(f"{done.factors} factor requests taken over")
        case _:
            raise TypeError(f"no seed: {file!r}")


@dataclass(slots=True)
class Replay:
    """One difficulty of a register, replayed without mails: history and clocks are written as if they had run then."""

    office: Office
    row: DifficultyRow
    book: Casebook
    case_id: int = 0
    minute: int = 0

    def run(self) -> None:
        """Open the case, then take each line of its log on its day."""
        until = self.office.now()
        self._open()
        for line in self.row.log:
            # A case is opened before its log; "reopened" says again what the rating before it did.
            if line.action in ("reported", "reopened"):
                continue
            self._catch_up(self._at(line.on))
            self._take(line)
        self._catch_up(until)

    def _at(self, day: date) -> datetime:
        """A moment of office time on that day; each later line a little later."""
        self.minute += 5
        return self.office.time.opening(day) + timedelta(minutes=self.minute)

    def _open(self) -> None:
        row = self.row
        self.book.now = self._at(row.reported_on)
        project = self.book.session.get(Project, row.project)
        contact = self.book.session.scalars(
            select(Contact)
            .where(Contact.enterprise_id == (project.enterprise_id if project else None))
            .order_by(Contact.id)
        ).first()
        new = NewCase(
            title=row.title_zh, detail=row.detail_zh, source=row.source, category=row.category, severity=row.severity,
            enterprise_id=project.enterprise_id if project else None, contact_id=contact.id if contact else None,
            project_id=row.project, project_said=None, area=project.area_id if project else None,
            actor=Actor(Party.CLERK, CHANNEL, asserted=True),
            route=Route(None, (), "ordinary", row.severity, Label("历史台账", "From the register")), code=row.code, document=row.document,
        )  # fmt: skip
        [(self.case_id, _)] = self.book.open([new])

    def _do(self, now: datetime, *steps: Step) -> None:
        self.book.now = now
        for action, party, unit, fields in steps:
            actor = Actor(party, CHANNEL, unit=unit, asserted=True)
            [result] = self.book.apply([Request(self.case_id, action, actor, fields)])
            if result.refusal is not None:
                raise ValueError(f"{self.row.code}: {action} on {now:%Y-%m-%d}: {result.refusal}")

    def _case(self) -> Case:
        return load_cases(self.book.session, [self.case_id])[self.case_id]

    def _catch_up(self, until: datetime) -> None:
        """Let what was owed beside the log be done on its day, in the order of the due moments."""
        while True:
            due = [
                (c.due, c)
                for c in self._case().clocks
                if c.kind in (*MEETS, "return_window") and c.due is not None and c.due <= until and c.paused_at is None
            ]
            if not due:
                return
            now, clock = min(due, key=lambda pair: pair[0])
            if clock.kind == "return_window":
                self.book.now = now
                self.book.tick({self.case_id: [clock.id or 0]})
                continue
            party = _BY.get(clock.kind, Party.LEAD)
            fields: dict[str, object] = {"text": "按台账推定按时完成", "how": "台账", "duty": clock.subject}
            self._do(now - timedelta(minutes=30), (MEETS[clock.kind], party, clock.owner_unit, fields))

    def _take(self, line: LogRow) -> None:
        now = self._at(line.on)
        match line.action:
            case "dispatched":
                self._dispatched(line, now)
            case "returned":
                self._returned(line, now)
            case "escalated":
                self.book.now = now
                self.book.climb_to(self.case_id, line.to_level or 1, line.note_zh or "")
            case "supervision_notice":
                self.book.now = now
                self.book.issue(self.case_id, Colour(line.colour or "yellow"))
            case "extension_requested":
                self._extension_asked(now)
            case "extension_approved":
                self._do(now, ("approve", Party.APPROVER, None, {"text": ""}))
            case "suspended":
                self._suspended(line, now)
            case "consultation":
                tomorrow = self.office.time.working_day_offset(line.on, 1)
                units = [u for u in (self.row.lead, *self.row.supporters) if u]
                self._do(
                    now,
                    (
                        "call_consultation",
                        Party.DESK_HEAD,
                        None,
                        {"participants": units, "date": tomorrow, "text": line.note_zh},
                    ),
                )
            case "closed":
                self._closed(line, now)
            case "follow_up":
                self._followed_up(line, now)
            case other:
                raise ValueError(f"{self.row.code}: no rule for the log's {other!r}")

    def _dispatched(self, line: LogRow, now: datetime) -> None:
        row = self.row
        back = next((entry for entry in row.log if entry.action == "returned"), None)
        first = (back.note_zh or "").split("→")[0] if back else line.to
        tracked = row.class_ == "tracking"
        self._do(now, ("dispatch", Party.DESK_HEAD, None, self._dispatch_fields(first or line.to or "", tracked)))
        if not tracked:
            return
        due = row.sample.next_report_due
        day = due if due is not None and due > line.on else line.on + timedelta(days=30)
        self._do(
            now + timedelta(minutes=1), ("track", Party.DESK_HEAD, None, {"reason": "台账为长期跟踪件", "date": day}),
            ("approve", Party.APPROVER, None, {}),
        )  # fmt: skip

    def _dispatch_fields(self, lead: str, tracked: bool) -> dict[str, object]:
        row = self.row
        climbs = [entry.to_level or 0 for entry in row.log if entry.action == "escalated"]
        area = lead.startswith("A")
        rung = (2 if area else 3) if climbs or row.sample.level <= 1 else row.sample.level
        supporters = [u for u in row.supporters if u != lead]
        return {
            "lead": lead, "supporters": supporters, "case_class": "hard" if tracked else row.class_, "severity": row.severity, "rung": rung,
        }  # fmt: skip

    def _returned(self, line: LogRow, now: datetime) -> None:
        """ "A03→D03: why": the first unit sent it back; when a unit is named behind the arrow, the desk ruled so the same day."""
        way, _, why = (line.note_zh or "").partition(":")
        sender, _, named = way.partition("→")
        if self._case().lead is None:
            # The register says who sent it back, not that it was dispatched: the rule's lead had it from the first day.
            self._do(
                self._at(self.row.reported_on),
                ("dispatch", Party.DESK_HEAD, None, self._dispatch_fields(sender, False)),
            )
        unit = named if named[:1] in ("D", "A") else next((u for u in self.row.supporters if u != sender), sender)
        self._do(now, ("send_back", Party.LEAD, sender, {"reason": why or "—", "basis": "部门职责", "suggested": unit}))
        if named[:1] in ("D", "A"):
            self._do(now + timedelta(minutes=2), ("rule", Party.DESK_HEAD, None, {"lead": named, "reason": why or "—"}))

    def _extension_asked(self, now: datetime) -> None:
        asked = self.row.extension
        due = self._case().due
        if asked is None or due is None:
            raise ValueError(f"{self.row.code}: an extension without its facts")
        day = self.office.time.working_day_offset(due.astimezone(self.office.zone).date(), asked.days)
        if self.row.sample.due and asked.result == "approved":
            day = next((e.new_due for e in self.row.log if e.new_due), day)
        fields: dict[str, object] = {"date": day, "reason": asked.reason_zh, "progress": asked.reason_zh}
        self._do(now, ("ask_extension", Party.LEAD, self.row.lead, fields), ("approve", Party.APPROVER, None, {}))

    def _suspended(self, line: LogRow, now: datetime) -> None:
        facts = self.row.suspension
        if facts is None:
            raise ValueError(f"{self.row.code}: a suspension without its facts")
        fields: dict[str, object] = {"cause": facts.reason, "date": facts.review_by, "reason": facts.reason_zh}
        self._do(now, ("ask_suspension", Party.LEAD, self.row.lead, fields), ("approve", Party.APPROVER, None, {}))

    def _closed(self, line: LogRow, now: datetime) -> None:
        """The register closes with the reply; with us the enterprise has the last word, at the follow-up."""
        fields: dict[str, object] = {
            "outcome": line.outcome or "resolved",
            "text": "见台账",
            "document": self.row.document,
        }
        if line.outcome == "explained":
            fields["policy"] = "见台账"
        if line.outcome == "promised":
            fields["date"] = date(line.on.year, 12, 31)
        self._do(now, ("reply", Party.LEAD, self.row.lead, fields), ("approve", Party.APPROVER, None, {}))

    def _followed_up(self, line: LogRow, now: datetime) -> None:
        answer: dict[str, object] = {"answer": "answered", "result": str(line.rating), "attitude": str(line.rating)}
        self._do(now, ("record_follow_up", Party.CLERK, None, answer))
