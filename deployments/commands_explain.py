"""`expedite explain CODE`: why each date of a case is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deployments.columns import padded, width
from deployments.commands_office import AsJson, Data, opened, show
from deployments.commands_project import show_project
from deployments.refusal import CommandRefused

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from services.explain import ExplainedClock, Explanation

LOCALES = ("en", "zh")


def explain(
    code: Annotated[str, typer.Argument(help="A case, e.g. DIF-2026-0042, or a project, e.g. P02.")],
    everything: Annotated[bool, typer.Option("--all", help="The clocks that have ended, too.")] = False,
    locale: Annotated[str, typer.Option(help="en or zh.")] = "en",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show for each clock the rule and its version, every interval that counted or did not and why, and the result."""
    from services.explain import explain as account_for
    from services.explain_json import explanation_json

    if locale not in LOCALES:
        raise CommandRefused(f"--locale {locale!r}: write en or zh")
    with opened(data) as office:
        found = account_for(office, code)
        if found is None and show_project(office, code, as_json=as_json):
            return
        if found is None:
            raise CommandRefused(
                f"{code}: there is no such case or project; a code looks like DIF-2026-0042, or P02 for a project's plan"
            )
        if as_json:
            show(explanation_json(office, found))
        else:
            _print(found, locale, office.zone, everything=everything)
        wrong = [clock for clock in found.clocks if not clock.agrees]
        if wrong:
            named = ", ".join(f"{clock.kind} {clock.id}" for clock in wrong)
            raise CommandRefused(f"{named}: the events give another date than is stored; see `expedite audit verify`")


def _print(found: Explanation, locale: str, zone: ZoneInfo, *, everything: bool) -> None:
    shown = [clock for clock in found.clocks if everything or clock.open]
    running = sum(clock.open for clock in found.clocks)
    ended = len(found.clocks) - running
    zh = locale == "zh"
    count = (
        f"{running}个时限计时中，{ended}个已结束"
        if zh
        else f"{running} open {'clock' if running == 1 else 'clocks'}, {ended} ended"
    )
    hint = "" if everything or not ended else "（--all 全部显示）" if zh else " (--all shows these)"
    typer.echo(f"{found.code} · {count}{hint}")
    for clock in shown:
        typer.echo("")
        _print_clock(clock, locale, zone)
    if found.overdue:
        typer.echo("")
        typer.echo("逾期工作日归属" if zh else "overdue working days belong to")
        for owner, days in found.by_unit().items():
            name = found.units[owner].in_(locale)
            why = dict.fromkeys(day.why.in_(locale) for day in found.overdue if day.owner == owner)
            dates = [day.day for day in found.overdue if day.owner == owner]
            span = f"{dates[0]} – {dates[-1]}"
            said = (
                f"{name}（{owner}），{span}：{'；'.join(why)}" if zh else f"{name} ({owner}), {span}: {'; '.join(why)}"
            )
            typer.echo(f"  {days:>3}  {said}")


def _print_clock(clock: ExplainedClock, locale: str, zone: ZoneInfo) -> None:
    from services.explain_words import STATES

    zh = locale == "zh"
    where = f"第{clock.cycle}轮第{clock.round}次" if zh else f"cycle {clock.cycle}, round {clock.round}"
    subject = f" [{clock.subject}]" if clock.subject else ""
    typer.echo(
        f"{clock.label.in_(locale)}{subject} · {clock.owner_label.in_(locale)} · {where} · {STATES[clock.state].in_(locale)}"
    )
    rule, adopted = clock.rule, clock.rule.policy_adopted
    comma = "，" if zh else ", "
    since = f"{adopted.astimezone(zone):%Y-%m-%d}" if adopted is not None else ""
    since = f"（{since}）" if since and zh else f" ({since})" if since else ""
    typer.echo(
        f"  {clock.rule_words.in_(locale)}{comma}{'规则' if zh else 'policy'} {rule.policy[:12]}{since}{comma}"
        f"{'日历' if zh else 'calendar'} {rule.calendar or '—'}"
    )
    for change in clock.changes:
        typer.echo(f"  * {change.in_(locale)}")
    spans = max((width(line.span.in_(locale)) for line in clock.lines), default=0)
    amounts = max((width(line.amount.in_(locale)) for line in clock.lines), default=0)
    for line in clock.lines:
        span, amount = line.span.in_(locale), line.amount.in_(locale)
        mark = "+" if line.counted else " "
        typer.echo(f"  {mark} {padded(span, spans)}  {padded(amount, amounts)}  {line.why.in_(locale)}")
    typer.echo(f"  = {clock.result.in_(locale)}")
