"""`expedite project`: a project's plan from the command line, `--json` for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.commands_office import AsJson, Data, opened, show
from deployments.refusal import CommandRefused

if TYPE_CHECKING:
    from services.office import Office


def project(code: Annotated[str, typer.Argument(help="e.g. P02")], data: Data = None, as_json: AsJson = False) -> None:
    """Show a project's plan: its nodes with planned, expected and actual days, slip, light, and what each date came from."""
    with opened(data) as office:
        if not show_project(office, code, as_json=as_json):
            raise CommandRefused(f"{code}: there is no such project; a code looks like P02")


def show_project(office: Office, code: str, *, as_json: bool) -> bool:
    """Print a project's plan; whether there is such a project."""
    from services.milestone_json import plan_json

    found = plan_json(office, code)
    if found is None:
        return False
    if as_json:
        show(found)
        return True
    typer.echo(f"{found['code']} · {found['name_zh']} · {found['name_en']}")
    parts = " · ".join(f"{name} {light or '—'}" for name, light in found["parts"].items())
    typer.echo(f"{found['light'] or '—'} ({parts}) · {found['progress_percent']}% · next {found['next_node'] or '—'}")
    for node in found["nodes"]:
        _echo_node(node)
    for one in found["changes"]:
        typer.echo(f"  {one['node']}: {one['from']} → {one['to']} {one['state']} by {one['decider']}: {one['reason']}")
    for one in found["notices"]:
        typer.echo(f"  {one['number']} {one['colour']} {one['issued_at'][:16]}")
    return True


def _echo_node(node: dict[str, Any]) -> None:
    plan = node["plan"] if node["plan"] == node["original_plan"] else f"{node['original_plan']}→{node['plan']}"
    day = node["actual"] or (f"~{node['forecast']}" if node["forecast"] else "—")
    warning = f" ! {node['warning']}" if node["warning"] else ""
    typer.echo(
        f"  {node['code']:<12} {plan:<22} {day:<11} {node['slip_days']:>4} days"
        f"{' (expected)' if node['expected'] else ''} {node['light']:<7} {node['owner']}{warning}"
    )
    if node["at_risk"] or node["held_by"]:
        typer.echo(
            f"      {'key node at risk' if node['at_risk'] else 'not at risk'}; held up by {', '.join(node['held_by']) or 'no open case'}"
        )
    for clock in node["clocks"]:
        stops = f", heat stops {', '.join(clock['heat_stop_days'])}" if clock["heat_stop_days"] else ""
        kept = "as its events give" if clock["agrees"] else "ITS EVENTS GIVE ANOTHER"
        typer.echo(
            f"      {clock['state']} since {clock['started'][:10]}: planned {clock['planned_end'][:10]}{stops}, due {clock['due'][:10]} "
            f"({kept}); yellow from {clock['yellow_from'][:10]}, red from {clock['red_from'][:10]}; rule {clock['rule']} "
            f"of policy {clock['policy'][:12]}"
        )
