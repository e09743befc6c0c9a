"""`expedite health`: whether what is due gets done, and what needs the operator; it tells nobody else."""

from __future__ import annotations

import typer

from deployments.commands_office import AsJson, Data, opened, show
from deployments.refusal import CommandRefused


def health(data: Data = None, as_json: AsJson = False) -> None:
    """Say what needs the operator. Exit status 1 while what is due is not done."""
    from services.health import health as look
    from services.health import problems, well

    with opened(data) as office:
        found = problems(office)
        if as_json:
            said = look(office)
            show(said | {"found": [
                {"problem": one.key, "zh": one.says.zh, "en": one.says.en, "remedy_zh": one.remedy.zh, "remedy_en": one.remedy.en}
                for one in found
            ]})  # fmt: skip
        else:
            for one in found:
                typer.echo(f"{one.says.en}: {one.remedy.en}")
            if not found:
                typer.echo("all well")
    if not well(found):
        raise CommandRefused("what is due is not done")
