"""`expedite backup` and `expedite restore`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deployments.commands_office import AsJson, Data, show
from deployments.refusal import CommandRefused


@contextmanager
def _refusing() -> Iterator[None]:
    from domain.working_time import CalendarError
    from models.migrate import DatabaseRefused
    from services.backup_manifest import BackupRefused
    from services.marked_yaml import FileMistakes

    try:
        yield
    except (BackupRefused, DatabaseRefused, CalendarError) as refused:
        raise CommandRefused(str(refused)) from refused
    except FileMistakes as mistakes:
        raise CommandRefused("\n".join(str(m) for m in mistakes.mistakes)) from mistakes
    except OSError as problem:
        raise CommandRefused(f"{problem.filename or 'a file'}: {problem.strerror or problem}") from problem


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Copy database, caught mail, secret and policy as of one moment, while everything runs. Keep it as you keep the secret."""
    from services.backup import backup as take
    from services.settings import load_settings

    with _refusing():
        manifest = take(load_settings(data), folder)
    if as_json:
        show(asdict(manifest))
        return
    typer.echo(
        f"{folder}: {manifest.database}, {len(manifest.counts)} tables, {manifest.rows} rows, {manifest.bytes / 1e6:.1f} MB"
    )


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `expedite backup` made.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup into an empty data folder or database of the same kind, and verify the history. 1 if that finds anything."""
    from services.backup import restore as put
    from services.settings import load_settings

    with _refusing():
        done = put(load_settings(data), folder, (lambda _: None) if as_json else typer.echo)
    audit = done.audit
    if as_json:
        show({
            "rows": done.manifest.rows, "made_at": done.manifest.made_at, "cases": audit.cases, "events": audit.events,
            "policy": done.policy, "findings": [asdict(f) for f in audit.findings],
        })  # fmt: skip
    else:
        typer.echo(f"{audit.cases} cases, {audit.events} events, {audit.clocks} clocks restored")
        if done.policy is not None:
            typer.echo(
                f"the policy then in force is not the present one: it is {done.policy}; set EXPEDITE_POLICY to it"
            )
    if audit.findings:
        found = "\n".join(map(str, audit.findings))
        raise CommandRefused(
            f"{found}\n{len(audit.findings)} finding(s): the history in the backup is not what was written"
        )
    if not as_json:
        typer.echo("the history is what was written")
