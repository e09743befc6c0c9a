"""`expedite hooks`: who is told what happens to cases, whether that works, and telling again one that rested."""

from __future__ import annotations

from typing import Annotated

import typer

from deployments.commands_office import AsJson, Data, opened, show
from deployments.refusal import CommandRefused

hooks = typer.Typer(help="Outgoing webhooks: list, test, resume.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The hook's name in the policy.")]


@hooks.command("list")
def list_(data: Data = None, as_json: AsJson = False) -> None:
    """The policy's hooks, since when one rests, and how many deliveries are owed, sent and failed."""
    from services.hooks import hooks as known

    with opened(data) as office:
        found = known(office)
        if as_json:
            show([
                {
                    "name": one.rule.name, "url": one.rule.url or None, "events": one.rule.events, "paused": one.paused,
                    "deliveries": one.deliveries,
                }
                for one in found
            ])  # fmt: skip
            return
        for one in found:
            counts = ", ".join(f"{n} {state}" for state, n in sorted(one.deliveries.items())) or "nothing yet"
            rests = f"  rests since {one.paused.astimezone(office.zone):%Y-%m-%d %H:%M}" if one.paused else ""
            typer.echo(f"{one.rule.name:<20} {', '.join(one.rule.events) or 'all events'}: {counts}{rests}")
        if not found:
            typer.echo("the policy names no hooks")


@hooks.command("test")
def try_(name: Name, data: Data = None) -> None:
    """Send one signed delivery of the type `test` now, and say what the receiver answered."""
    from services.channels import notifier
    from services.hooks import UnknownHook, try_hook

    with opened(data) as office:
        try:
            refused = try_hook(office, notifier(office), name)
        except UnknownHook as unknown:
            raise CommandRefused(str(unknown)) from unknown
    if refused is not None:
        raise CommandRefused(f"{name}: {refused.code or ''} {refused.text}".replace(":  ", ": "))
    typer.echo(f"{name}: taken")


@hooks.command("resume")
def resume(name: Name, data: Data = None) -> None:
    """Tell a hook again that rested since its receiver answered 410: of what happens from now on."""
    from services.hooks import UnknownHook
    from services.hooks import resume as go_on

    with opened(data) as office:
        try:
            rested = go_on(office, name)
        except UnknownHook as unknown:
            raise CommandRefused(str(unknown)) from unknown
    typer.echo(f"{name}: {'is told again' if rested else 'did not rest'}")
