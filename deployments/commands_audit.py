"""`expedite audit verify|digest|redact`: whether the history is what was written, and what is removed from it by right."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import uuid4

import typer

from deployments.commands_office import AsJson, Data, opened, show
from deployments.refusal import CommandRefused

audit = typer.Typer(help="The history: verify it, store its digest, redact a personal text.", no_args_is_help=True)


@audit.command("verify")
def audit_verify(data: Data = None, as_json: AsJson = False) -> None:
    """Recompute every chain, text, file, digest and clock. Exit status 1 with the list of what is wrong."""
    from services.audit import verify

    with opened(data) as office:
        report = verify(office)
    if as_json:
        day, digest = report.last or (None, None)
        show({
            "ok": not report.findings, "cases": report.cases, "events": report.events, "clocks": report.clocks,
            "digests": report.digests, "files": report.files, "last_digest": {"day": day, "digest": digest} if digest else None,
            "findings": [asdict(f) for f in report.findings], "seconds": round(report.seconds, 3),
        })  # fmt: skip
    else:
        typer.echo(
            f"{report.cases} cases, {report.events} events, {report.clocks} clocks, {report.digests} digests, {report.files} files in "
            f"{report.seconds:.1f} s"
        )
        if report.last is not None:
            typer.echo(f"last digest {report.last[0]}: {report.last[1]} (compare it with the supervisor's mail)")
    if report.findings:
        found = "" if as_json else "\n".join(map(str, report.findings)) + "\n"
        raise CommandRefused(f"{found}{len(report.findings)} finding(s): the history is not what was written")
    if not as_json:
        typer.echo("the history is what was written")


@audit.command("digest")
def audit_digest(data: Data = None, as_json: AsJson = False) -> None:
    """Store today's digest of all histories now, and mail it to the supervisor; once an office day."""
    from services.heads import digest_today

    with opened(data) as office:
        made = digest_today(office)
    if as_json:
        show(asdict(made))
        return
    said = "stored" if made.made else "was stored already"
    typer.echo(f"{made.day}: {made.digest} ({made.cases} cases, {made.moved} changed) {said}")


@audit.command("redact")
def audit_redact(
    code: Annotated[str, typer.Argument(help="e.g. DIF-2026-0042")],
    seq: Annotated[int, typer.Argument(help="The event's number, as `expedite case` shows it.")],
    reason: Annotated[str, typer.Option(help="On whose request, on what ground; kept in the history.")],
    data: Data = None,
) -> None:
    """Blank the personal text of an event and remove its files for ever; the chain stays whole and says that it was done."""
    from domain.case import Actor
    from domain.lifecycle import Party
    from services.redaction import redact

    with opened(data) as office:
        done = redact(office, code, seq, reason, Actor(Party.CLERK, "cli", asserted=True), f"cli-{uuid4().hex}")
    typer.echo(f"{done.case}: the text of event {done.seq} is gone; event {done.recorded_as} says so")
    if done.elsewhere:
        typer.echo(f"{done.elsewhere} mails, approvals and dates that held the same words were blanked")
    if done.mails or done.copies:
        typer.echo(
            f"{done.mails} mails and {done.copies} copies (printed sheets too) had gone out with it: nobody can call them back, ask who has them"
        )
