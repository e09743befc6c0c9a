"""`expedite mail preview`: any mail that the system writes, with example facts, to be looked at before anybody gets it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deployments.refusal import CommandRefused

mail = typer.Typer(help="The mails that the system writes.", no_args_is_help=True)


class Language(StrEnum):
    """A language that mails are written in."""

    ZH = "zh"
    EN = "en"


@mail.callback()
def _mail() -> None:
    """The mails that the system writes."""


@mail.command("preview")
def preview(
    name: Annotated[str | None, typer.Argument(help="Which mail, e.g. assigned_lead; --list names them.")] = None,
    locale: Annotated[Language, typer.Option(help="Its language.")] = Language.ZH,
    variant: Annotated[str, typer.Option(help="Another look of it, e.g. red; --list names them.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write the page to this file and the plain text beside it (.txt).")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Name every mail, what it is, and its other looks.")] = False,
) -> None:
    """Print a mail's subject and text as its reader gets them, all of it fictional; --out writes the page too."""
    import notifications.messages  # noqa: F401 - importing them fills the registry
    from notifications.message import Message, UnknownMessage
    from notifications.names import name_of
    from notifications.preview import UnknownVariant
    from notifications.preview import preview as write

    if list_ or name is None:
        for known, kind in sorted(Message.registry.items()):
            looks = ", ".join(kind.variants())
            typer.echo(f"{known:<26}{name_of(known).in_(locale.value)}{f' ({looks})' if looks else ''}")
        return
    try:
        written = write(name, locale.value, variant)
    except (UnknownMessage, UnknownVariant) as unknown:
        raise CommandRefused(str(unknown)) from unknown
    if out is None:
        typer.echo(f"{written.subject}\n\n{written.text}", nl=False)
        return
    text = out.with_suffix(".txt")
    if text == out:
        raise CommandRefused(f"{out}: name the page, e.g. {out.with_suffix('.html').name}; its text goes beside it")
    try:
        out.write_text(written.html, encoding="utf-8")
        text.write_text(f"{written.subject}\n\n{written.text}", encoding="utf-8")
    except OSError as problem:
        raise CommandRefused(f"{problem.filename}: {problem.strerror or problem}") from problem
    typer.echo(f"{out}, {text}: written")
