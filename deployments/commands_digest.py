"""`expedite digest`: the morning digest by hand, or what it would be."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from deployments.commands_office import AsJson, Data, opened, show


def digest(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show who would get what.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Owe each person their morning digest: what is late, due today and waiting. Once a day, on working days."""
    from services.digest import send_digests

    with opened(data) as office:
        report = send_digests(office, dry_run)
        if as_json:
            show(asdict(report) | {"mails": report.mails})
            return
        for line in report.lines:
            said = ", ".join(f"{count} {part}" for part, count in line.counts.items())
            typer.echo(f"{line.account} {line.post.en}: {said}{' (stopped)' if line.stopped else ''}")
        why = "a free day; " if report.free_day else "sent before; " if report.sent_before else ""
        typer.echo(f"{report.day}: {why}{report.mails} mails" + (" (dry run)" if dry_run else ""))
