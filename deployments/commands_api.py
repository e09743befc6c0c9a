"""`expedite api-key`: a key for a program, and its line for EXPEDITE_API_KEYS."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from deployments.refusal import CommandRefused


def api_key(
    name: Annotated[str, typer.Argument(help="What the program is called in the log and in the history.")],
    role: Annotated[
        str, typer.Option(help="reader (lists and cases), desk (also the desk's steps) or intake (hands in reports).")
    ],
    unit: Annotated[str, typer.Option(help="A reader sees the cases of this unit alone, e.g. D08; none: all.")] = "-",
    until: Annotated[str, typer.Option(help="The last day on which the key works (YYYY-MM-DD); none: for ever.")] = "-",
) -> None:
    """Make a key: its line for EXPEDITE_API_KEYS goes to the output, the key itself, told this once, to the terminal."""
    from services.api_keys import BadApiKey, entry_of, new_key

    try:
        told, key = new_key(name, role, unit, until)
    except BadApiKey as problem:
        raise CommandRefused(f"{problem.shown} {problem.problem}.") from problem
    print(f"The key, told this once: {told}", file=sys.stderr)
    typer.echo(entry_of(key))
