"""The `expedite` command: its subcommands by name, each loaded only when it is asked for.

A subcommand is a function or a `typer.Typer` in a module `deployments/commands_*.py`. Those modules import Prefect and the
database's libraries inside their functions, so that `expedite --help` answers at once.
"""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from deployments.refusal import CommandRefused

COMMANDS: dict[str, str] = {
    "up": "deployments.commands_engine:up",
    "worker": "deployments.commands_engine:worker",
    "seed": "deployments.commands_office:seed",
    "case": "deployments.commands_case:case",
    "factor": "deployments.commands_factor:factor",
    "project": "deployments.commands_project:project",
    "explain": "deployments.commands_explain:explain",
    "sweep": "deployments.commands_office:sweep",
    "digest": "deployments.commands_digest:digest",
    "health": "deployments.commands_health:health",
    "inbox": "deployments.commands_office:inbox",
    "outbox": "deployments.commands_office:outbox",
    "hooks": "deployments.commands_hooks:hooks",
    "mail": "deployments.commands_mail:mail",
    "policy": "deployments.commands_rules:policy",
    "calendar": "deployments.commands_rules:calendar",
    "export": "deployments.commands_directory:export",
    "import": "deployments.commands_directory:import_",
    "board-user": "deployments.commands_board:board_user",
    "api-key": "deployments.commands_api:api_key",
    "figures": "deployments.commands_matters:figures",
    "matters": "deployments.commands_matters:matters",
    "audit": "deployments.commands_audit:audit",
    "bench": "deployments.commands_bench:bench",
    "backup": "deployments.commands_backup:backup",
    "restore": "deployments.commands_backup:restore",
}
"""Where each subcommand stands, in the order of the help text."""


class _Commands(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        where = COMMANDS.get(cmd_name)
        if where is None:
            return None
        module, name = where.split(":")
        target: Any = getattr(importlib.import_module(module), name)
        if not isinstance(target, typer.Typer):
            alone = typer.Typer(add_completion=False)
            alone.command(name=cmd_name)(target)
            target = alone
        command = typer.main.get_command(target)
        command.name = cmd_name
        return command


app = typer.Typer(cls=_Commands, add_completion=False, no_args_is_help=True)


@app.callback()
def expedite() -> None:
    """Expedite: workflow orchestration for approvals and issue resolution."""


def main() -> None:
    """Run the command line. Exit status: 0 done, 1 refused with a reason on stderr, 2 wrong usage."""
    # Most of what a command makes are modules that stay: looking through them again and again is a tenth of its time.
    gc.set_threshold(20_000)
    try:
        if Path(".env").is_file():
            from services.settings import take_env_file

            take_env_file()
        app()
    except CommandRefused as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(1)
    except ValueError as problem:
        from services.settings import BadSettings

        if not isinstance(problem, BadSettings):
            raise
        print(problem, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
