"""Tests of `expedite case`: a sheet in words for people in either language, JSON for machines, refusals with their reason."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deployments.cli import app
from deployments.columns import width
from deployments.refusal import CommandRefused
from services.office import Office
from tests.builders import report

pytestmark = pytest.mark.sqlite


def run(office: Office, *arguments: str) -> Result:
    """The command on the office's data folder."""
    return CliRunner().invoke(app, ["case", *arguments, "--data", str(Path(office.settings.data))])


def test_a_case_is_told_in_words(office: Office) -> None:
    """Where it stands, who has it until when, what happened: names and days, no codes of ours, and its columns stand in line."""
    it = report(office).by_lead("contact").at("2026-07-17 10:00")
    done = run(office, it.code)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == f"{it.code} · 第二路电源无廊道"
    assert lines[1].startswith("In progress · ")
    assert "Power Supply" in lines[2]
    assert lines[3] == "closing due 2026-07-30 17:30"
    history = lines[lines.index("History") + 1 :]
    assert "Reported" in history[0]
    assert history[-1].split()[:2] == ["2026-07-16", "10:00"]
    assert "How: 电话" in history[-1]
    starts = {width(line[: line.index(what)]) for line, what in ((history[0], "Reported"), (history[1], "Dispatched"))}
    assert len(starts) == 1
    assert not re.search(r"[{}_]|D08|\+08:00", done.output)


def test_the_same_in_chinese(office: Office) -> None:
    """Every word of ours."""
    done = run(office, report(office).code, "--locale", "zh")
    assert done.exit_code == 0, done.output
    assert "办理中" in done.output
    assert "办结期限 2026-07-30 17:30" in done.output
    assert "经过" in done.output
    assert not re.search(r"closing|History|Running|Reported", done.output)


def test_machines_get_json(office: Office) -> None:
    """The codes, the facts and the moments as they are."""
    it = report(office)
    told = json.loads(run(office, it.code, "--json").output)
    assert (told["code"], told["status"], told["lead"]) == (it.code, "in_progress", "D08")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["DIF-2026-9999"], "there is no such case"), (["DIF-2026-0001", "--locale", "fr"], "write en or zh")],
)
def test_what_cannot_be_shown_is_refused_in_words(office: Office, arguments: list[str], says: str) -> None:
    """With what to write instead."""
    done = run(office, *arguments)
    assert isinstance(done.exception, CommandRefused)
    assert says in str(done.exception)
