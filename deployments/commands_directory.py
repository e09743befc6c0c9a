"""`expedite export|import directory`: the directory as one Excel workbook, out and in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deployments.commands_office import AsJson, Data, opened, show
from deployments.refusal import CommandRefused

Workbook = Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="The workbook.")]

export = typer.Typer(help="Write the office's tables for Excel.", no_args_is_help=True)
import_ = typer.Typer(help="Read the office's tables from Excel.", no_args_is_help=True)


@export.callback()
def _export() -> None:
    """Write the office's tables for Excel."""


@import_.callback()
def _import() -> None:
    """Read the office's tables from Excel."""


@export.command("directory")
def export_directory(file: Workbook, data: Data = None) -> None:
    """Write units, people, roles and substitutions as one workbook with drop-downs and a how-to."""
    from services.directory_sheet import export_directory as write

    with opened(data) as office:
        content = write(office)
    try:
        file.write_bytes(content)
    except OSError as problem:
        raise CommandRefused(f"{file}: {problem.strerror or problem}") from problem
    typer.echo(f"{file}: written")


@import_.command("directory")
def import_directory(
    file: Workbook,
    apply: Annotated[bool, typer.Option("--apply", help="Make the changes; else they are only shown.")] = False,
    shown: Annotated[str, typer.Option("--shown", help="Only if the difference still has this digest.")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show what a workbook would change, or every mistake by sheet and cell; with --apply, change it."""
    from uuid import uuid4

    from services.desk_edits import Unusable, sheet_proposal
    from services.directory_edit import apply as make
    from services.directory_edit import propose

    try:
        content = file.read_bytes()
    except OSError as problem:
        raise CommandRefused(f"{file}: {problem.strerror or problem}") from problem
    with opened(data) as office:
        try:
            proposal = sheet_proposal(office, content)
        except Unusable as unusable:
            raise CommandRefused(_listed([str(m) for m in unusable.mistakes])) from unusable
        difference = propose(office, proposal)
        if difference.mistakes:
            raise CommandRefused(_listed([str(m) for m in difference.mistakes]))
        if not proposal.edits:
            typer.echo("{}" if as_json else f"{file}: no difference")
            return
        if as_json and not apply:
            show({"lines": [{"zh": line.zh, "en": line.en} for line in difference.lines], "digest": difference.digest})
            return
        for line in difference.lines if not as_json else ():
            typer.echo(line.en)
        if not apply:
            typer.echo(f"nothing was changed; to change it, add --apply (digest {difference.digest})")
            return
        result = make(office, proposal, f"cli-{uuid4().hex}", "operator (command line)", shown or difference.digest)
        if not result.done:
            raise CommandRefused(result.message)
        show({"done": True, "message": result.message}) if as_json else typer.echo(result.message)


def _listed(mistakes: list[str]) -> str:
    return "\n".join(mistakes) + f"\n{len(mistakes)} mistake(s); nothing was changed"
