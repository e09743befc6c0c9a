"""`expedite matters` and `expedite figures`: what recurs across enterprises, and how much was solved; `--json` for machines."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from deployments.commands_office import AsJson, Data, opened, show
from deployments.refusal import CommandRefused

if TYPE_CHECKING:
    from services.figures import Figures, PartFigures

matters = typer.Typer(
    help="Difficulties that recur across enterprises: show, link, unlink.", invoke_without_command=True
)


@matters.callback()
def matters_list(context: typer.Context, data: Data = None, as_json: AsJson = False) -> None:
    """The systemic matters of the last months, those of most enterprises first."""
    if context.invoked_subcommand is not None:
        return
    from services.matters import systemic_matters

    with opened(data) as office:
        with office.reading() as session:
            found = systemic_matters(session, office)
        if as_json:
            show([asdict(matter) for matter in found])
            return
        for matter in found:
            typer.echo(f"{matter.title.en} · {matter.enterprises} enterprises · {matter.first} to {matter.last}")
            typer.echo(f"  {matter.reason.en}")
            for case in matter.cases:
                typer.echo(f"  {case.code} {case.opened} {case.status.en:<12} {case.enterprise or '—'} · {case.title}")


@matters.command("link")
def matters_link(codes: list[str], data: Data = None) -> None:
    """Confirm that cases have the same cause: they then count as alike whatever their wording."""
    _take(codes, data, linked=True)


@matters.command("unlink")
def matters_unlink(codes: list[str], data: Data = None) -> None:
    """Take cases out of what they were linked to; the others stay linked."""
    _take(codes, data, linked=False)


def _take(codes: list[str], data: Data, *, linked: bool) -> None:
    from domain.case import Actor
    from domain.lifecycle import Party
    from services.same_cause import link_same_cause, unlink_same_cause

    with opened(data) as office:
        take = link_same_cause if linked else unlink_same_cause
        results = take(office, codes, f"cli-{uuid4().hex}", Actor(Party.CLERK, "cli", asserted=True))
        for result in results:
            typer.echo(f"{result.case}: {result.message}")
        if not all(result.done for result in results):
            raise CommandRefused("not all were done")


def figures(
    first: Annotated[
        str, typer.Option("--from", help="First day, e.g. 2026-07-01; the month's first day if left out.")
    ] = "",
    last: Annotated[str, typer.Option("--to", help="Last day; today if left out.")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """How much was solved (办成), apart from how much was closed (办结), over all, by unit and by category."""
    from services.figures import figures as count

    with opened(data) as office:
        today = office.today()
        until = _day("--to", last) or today
        since = _day("--from", first) or until.replace(day=1)
        if since > until:
            raise CommandRefused(f"--from {since} is later than --to {until}")
        with office.reading() as session:
            found = count(session, office, since, until)
        if as_json:
            show(asdict(found))
            return
        _print(found)


def _day(option: str, said: str) -> date | None:
    if not said:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise CommandRefused(f"{option} {said!r}: write a day as 2026-07-01") from None


def _print(found: Figures) -> None:
    typer.echo(f"{found.first} to {found.last}")
    share = "—" if found.solved_share is None else f"{found.solved_share:.1%}"
    typer.echo(f"solved 办成 {found.solved:g} of {found.counted} ({share}) · closed 办结 {found.closed}")
    typer.echo(f"received {found.received} · open {found.open} · closed on time {found.on_time}, late {found.late}")
    typer.echo(f"rated {found.rated}, of these satisfied {found.satisfied} · unrated {found.unrated}")
    typer.echo(
        f"working days to the reply: median {_number(found.median_days)}, 90 % within {_number(found.ninetieth_days)}"
    )
    for outcome in found.outcomes:
        typer.echo(f"  {outcome.code:<24} {outcome.cases}")
    typer.echo(
        "unit/category        received signed on-time solved satisfied extended returned yellow red overdue-days"
    )
    for part in (*found.units, *found.categories):
        typer.echo(_row(part))


def _row(part: PartFigures) -> str:
    cells = (
        part.received, f"{part.signed_on_time}/{part.signed}", f"{part.on_time}/{part.closed}", f"{part.solved:g}/{part.counted}",
        f"{part.satisfied}/{part.rated}", part.extended, part.returned, part.yellow, part.red, part.overdue_days,
    )  # fmt: skip
    return f"{part.code:<20} " + " ".join(f"{cell!s:>8}" for cell in cells)


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:g}"
