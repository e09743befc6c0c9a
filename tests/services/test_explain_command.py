"""Tests of `expedite explain`: columns for people in either language, JSON for machines, refusals with their reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from deployments.cli import app
from deployments.refusal import CommandRefused
from models.clock import Clock
from models.office import Setting
from services.milestones import set_milestone
from services.office import OFFSET, Office
from tests.builders import report

pytestmark = pytest.mark.sqlite


@pytest.fixture
def code(office: Office) -> str:
    """A difficulty of Thursday 16 July, in an installation whose clock stands at Friday the 24th."""
    it = report(office).by_lead("contact").at("2026-07-24 18:00")
    with office.writing() as session:
        # The command reads the office's clock, which runs on from here.
        session.add(Setting(key=OFFSET, value=str((office.now() - datetime.now(UTC)).total_seconds())))
    return it.code


def run(office: Office, *arguments: str) -> Result:
    """The command on the office's data folder."""
    return CliRunner().invoke(app, ["explain", *arguments, "--data", str(Path(office.settings.data))])


def test_open_clocks_are_printed_and_ended_ones_counted(office: Office, code: str) -> None:
    """Each with its rule, a line a stretch, and the result beside what is stored."""
    done = run(office, code)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == f"{code} · 6 open clocks, 3 ended (--all shows these)"
    close = lines[lines.index(next(line for line in lines if line.startswith("Closing"))) :]
    assert close[1].strip().startswith("10 working days (classes.complex.close), policy ")
    assert close[2].split("  ")[-1] == "the start day does not count"
    assert "  + Fri 2026-07-17" in close[3]
    assert any(line == "  = 10 working days in all: due Thu 2026-07-30 17:30; as stored" for line in close)
    assert "Triage" not in done.output
    assert "Triage" in run(office, code, "--all").output


def test_the_same_in_chinese(office: Office, code: str) -> None:
    """Every word, with its punctuation."""
    done = run(office, code, "--locale", "zh")
    assert "起算日不计" in done.output
    assert "合计10个工作日，期限 2026-07-30（周四）17:30；与登记一致" in done.output
    assert not any(word in done.output for word in ("working day", "stored", "policy "))


def test_machines_get_every_clock(office: Office, code: str) -> None:
    """Ended ones too, whatever is printed for people."""
    found = json.loads(run(office, code, "--json").output)
    assert found["code"] == code
    assert {clock["state"] for clock in found["clocks"]} >= {"running", "met"}


def test_what_cannot_be_explained_is_refused_with_the_reason(office: Office, code: str) -> None:
    """An unknown code, an unknown language, a date that was changed by hand."""
    assert "there is no such case" in str(run(office, "DIF-2026-9999").exception)
    assert "en or zh" in str(run(office, code, "--locale", "fr").exception)
    with office.writing() as session:
        session.execute(update(Clock).where(Clock.kind == "close").values(due=office.now()))
    done = run(office, code)
    assert isinstance(done.exception, CommandRefused)
    assert "another date than is stored" in str(done.exception)


def test_a_project_s_dates_are_explained_too(office: Office, code: str) -> None:
    """Its plan, with the clock of each node: whoever asks of a project need not know another command."""
    planned = {"what": "plan", "project": "P02", "node": "started", "date": "2026-08-20"}
    assert set_milestone(office, planned, "explained").done
    done = run(office, "p02")
    assert done.exit_code == 0, done.output
    assert "started" in done.output
    assert "yellow from 2026-08-28" in done.output
    assert json.loads(run(office, "P02", "--json").output)["code"] == "P02"
