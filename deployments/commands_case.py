"""`expedite case CODE`: where a case stands, who has it until when, and its whole history, in words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from deployments.columns import padded, width
from deployments.commands_office import AsJson, Data, opened, show
from deployments.refusal import CommandRefused

if TYPE_CHECKING:
    from domain.label import Label
    from services.case_sheet import CaseSheet
    from services.page_types import ClockLine, TimelineLine

LOCALES = ("en", "zh")


def case(
    code: Annotated[str, typer.Argument(help="e.g. DIF-2026-0042")],
    locale: Annotated[str, typer.Option(help="en or zh.")] = "en",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show a case: where it stands, who has it until when, and its whole history."""
    if locale not in LOCALES:
        raise CommandRefused(f"--locale {locale!r}: write en or zh")
    from services.case_sheet import case_sheet
    from services.case_view import case_json

    with opened(data) as office:
        told = case_json(office, code) if as_json else None
        sheet = case_sheet(office, code) if not as_json else None
        if told is not None:
            show(told)
        elif sheet is not None:
            _Printer(locale, office.zone).sheet(sheet)
        else:
            raise CommandRefused(f"{code}: there is no such case; a code looks like DIF-2026-0042")


class _Printer:
    """Prints a sheet in one language, moments in the office's zone."""

    def __init__(self, locale: str, zone: ZoneInfo) -> None:
        self.locale, self.zone, self.zh = locale, zone, locale == "zh"

    def sheet(self, sheet: CaseSheet) -> None:
        """The cover, what runs, the history."""
        head = sheet.head
        typer.echo(f"{head.code} · {head.title}")
        turn = f"第{head.round}轮" if self.zh else f"round {head.round}"
        stands = self.said(head.status, head.light_label, head.rung_label, turn)
        typer.echo(" · ".join([*stands, *self.said(head.category, head.case_class, head.severity)]))
        typer.echo(" · ".join(self.said(head.enterprise, head.project, head.holder)))
        if head.due is not None:
            moved = head.original_due is not None and head.original_due != head.due
            first = f"{'（原定' if self.zh else ' (first '}{self.moment(head.original_due)}{'）' if self.zh else ')'}"
            typer.echo(f"{'办结期限 ' if self.zh else 'closing due '}{self.moment(head.due)}{first if moved else ''}")
        if head.outcome is not None:
            typer.echo(head.outcome.in_(self.locale))
        if sheet.clocks:
            typer.echo("\n" + ("计时" if self.zh else "Running"))
            self.rows([self.clock(line) for line in sheet.clocks])
        typer.echo("\n" + ("经过" if self.zh else "History"))
        self.rows([self.step(line) for line in sheet.timeline])

    def clock(self, line: ClockLine) -> tuple[str, str, str]:
        """Until when, whose, what."""
        state = ("暂停" if self.zh else "paused") if line.paused else self.moment(line.due)
        late = (f"，超{line.late}个工作日" if self.zh else f", {line.late} working days late") if line.late > 0 else ""
        what = " · ".join(self.said(line.what, line.about))
        return f"{state}{late}", line.owner.in_(self.locale), what

    def step(self, line: TimelineLine) -> tuple[str, str, str]:
        """When, who, what."""
        colon = "：" if self.zh else ": "
        said = [f"{name.in_(self.locale)}{colon}{' '.join(self.said(text))}" for name, text in line.text]
        return self.moment(line.at), line.who.in_(self.locale), " · ".join([line.what.in_(self.locale), *said])

    def rows(self, rows: list[tuple[str, str, str]]) -> None:
        """Three columns, the last one as long as it is."""
        first, second = (max(width(row[column]) for row in rows) for column in (0, 1))
        for row in rows:
            typer.echo(f"  {padded(row[0], first)}  {padded(row[1], second)}  {row[2]}")

    def said(self, *parts: Label | str | None) -> list[str]:
        """What there is of the parts, in the language."""
        words = (part if isinstance(part, str) else part.in_(self.locale) for part in parts if part)
        return [" ".join(word.split()) for word in words]

    def moment(self, at: datetime | None) -> str:
        """Day and time in the office's zone."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}" if at is not None else "—"
