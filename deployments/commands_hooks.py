"""`expedite hooks`: who beside mail is told what, whether that works, and telling again a hook that rested."""

from __future__ import annotations

from typing import Annotated

import typer

from deployments.commands_office import AsJson, Data, opened, show
from deployments.refusal import CommandRefused

hooks = typer.Typer(help="Outgoing webhooks and channels beside mail: list, test, resume.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The name in the policy.")]


@hooks.command("list")
def list_(data: Data = None, as_json: AsJson = False) -> None:
    """The policy's hooks and channels, since when a hook rests, and how many deliveries are owed, sent and failed."""
    from domain.channels import ChannelRule
    from services.hooks import ways_out

    with opened(data) as office:
        found = ways_out(office)
        if as_json:
            show([
                {
                    "name": one.rule.name, "kind": one.rule.kind if isinstance(one.rule, ChannelRule) else "hook",
                    "url": one.rule.url or None, "paused": one.paused, "deliveries": one.deliveries,
                }
                for one in found
            ])  # fmt: skip
            return
        for one in found:
            counts = ", ".join(f"{n} {state}" for state, n in sorted(one.deliveries.items())) or "nothing yet"
            rests = f"; rests since {one.paused.astimezone(office.zone):%Y-%m-%d %H:%M}" if one.paused else ""
            kind = one.rule.kind if isinstance(one.rule, ChannelRule) else "hook"
            typer.echo(f"{one.rule.name:<20} {kind:<10} {counts}{rests}")
        if not found:
            typer.echo("the policy names no hooks and no channels")


@hooks.command("test")
def try_(name: Name, data: Data = None) -> None:
    """Send one delivery that says that it is a test, now, and say what the receiver answered."""
    import notifications.messages  # noqa: F401 - importing them fills the registry
    from services.channels import notifier
    from services.hooks import UnknownWay, try_out

    with opened(data) as office:
        try:
            refused = try_out(office, notifier(office), name)
        except UnknownWay as unknown:
            raise CommandRefused(str(unknown)) from unknown
    if refused is not None:
        raise CommandRefused(f"{name}: {f'{refused.code} ' if refused.code else ''}{refused.text}")
    typer.echo(f"{name}: taken")


@hooks.command("resume")
def resume(name: Name, data: Data = None) -> None:
    """Tell a hook again that rested since its receiver answered 410: of what happens from now on."""
    from services.hooks import UnknownWay
    from services.hooks import resume as go_on

    with opened(data) as office:
        try:
            rested = go_on(office, name)
        except UnknownWay as unknown:
            raise CommandRefused(str(unknown)) from unknown
    typer.echo(f"{name}: {'is told again' if rested else 'did not rest'}")
