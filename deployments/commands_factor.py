"""`expedite factor`: a factor request from the command line, `--json` for machines."""

from __future__ import annotations

from typing import Annotated

import typer

from deployments.commands_office import AsJson, Data, opened, show
from deployments.refusal import CommandRefused


def factor(
    code: Annotated[str, typer.Argument(help="e.g. FAC-2026-0003")], data: Data = None, as_json: AsJson = False
) -> None:
    """Show a factor request: asked, granted, drawn and missing, its stages, its grants, its whole history."""
    from services.factor_view import factor_json

    with opened(data) as office:
        found = factor_json(office, code)
        if found is None:
            raise CommandRefused(f"{code}: there is no such factor request; a code looks like FAC-2026-0003")
        if as_json:
            show(found)
            return
        unit = found["unit"]
        typer.echo(f"{found['code']} · {found['type']} · {found['item']} · project {found['project']}")
        typer.echo(f"{found['status']} · {found['light']} · needed by {found['needed_by']} · lead {found['lead']}")
        typer.echo(
            f"asked {found['requested']} {unit}, granted {found['granted']}, drawn {found['drawn']}, gap {found['gap']}"
        )
        for stage in found["stages"]:
            typer.echo(
                f"  {stage['seq']:>2} {stage['code']:<18} {stage['state']:<9} {stage['unit']} {stage['due'] or ''} {stage['document']}"
            )
        for grant in found["grants"]:
            expires = f", until {grant['expires_on']}" if grant["expires_on"] else ""
            typer.echo(
                f"  {grant['on']} {grant['quantity']} {unit} · {grant['document']} (drawn {grant['drawn']}{expires})"
            )
        for event in found["events"]:
            typer.echo(
                f"  {event['seq']:>3} {event['at'][:16]} {event['action']:<18} {event['actor']['party']} {event['facts']}"
            )
        for clock in found["clocks"]:
            typer.echo(
                f"  {clock['kind']:<18} {clock['subject']:<16} {clock['state']:<10} {clock['due']} {clock['owner'] or ''}"
            )
