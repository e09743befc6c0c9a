"""`expedite board-user`: a line for EXPEDITE_BOARD_USERS."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from deployments.refusal import CommandRefused


def board_user(
    name: Annotated[str, typer.Argument(help="What they type to sign in.")],
    role: Annotated[str, typer.Option(help="reader (looks) or desk (also acts on restricted cases and registers).")],
    account: Annotated[
        str, typer.Option(help="Their account in the directory, e.g. R06; none: they act as the desk.")
    ] = "-",
) -> None:
    """Ask for a password (or read it from a pipe) and print the user's line for EXPEDITE_BOARD_USERS."""
    from services.board_users import BadBoardUser, entry_of, new_user

    password = _password()
    try:
        typer.echo(entry_of(new_user(name, role, account, password)))
    except BadBoardUser as problem:
        raise CommandRefused(f"{problem.shown} {problem.problem}.") from problem
    except ValueError as problem:
        raise CommandRefused(str(problem)) from problem


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    from getpass import getpass

    first = getpass("Password: ")
    if getpass("Once more: ") != first:
        raise CommandRefused("The two passwords differ.")
    return first
