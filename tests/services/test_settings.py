"""Settings: from the environment or `.env`, and told by name when they cannot be right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.machine import _require_readable
from deployments.refusal import CommandRefused
from services.settings import BadSettings, load_settings, take_env_file

pytestmark = pytest.mark.sqlite

ROOT = Path(__file__).parent.parent.parent


def test_a_file_of_settings_counts_for_secrets_that_a_policy_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source's secret in `.env` is as good as one in the environment, which stands where both are; other programs' lines stay out."""
    monkeypatch.setattr(os, "environ", {"EXPEDITE_HOST": "127.0.0.1"})
    file = tmp_path / ".env"
    file.write_text("EXPEDITE_WEBHOOK_TALLY_SECRET='one two'\nEXPEDITE_HOST=0.0.0.0\nOTHER=x\n", encoding="utf-8")
    take_env_file(file)
    assert load_settings().webhook_secrets("tally") == ("one", "two")
    assert os.environ["EXPEDITE_HOST"] == "127.0.0.1"
    assert "OTHER" not in os.environ


def test_a_setting_that_cannot_be_right_is_told_by_its_name_and_never_by_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name is the one that was set; the value may be a secret in the wrong place."""
    monkeypatch.setenv("EXPEDITE_BODY_LIMIT", "a-secret")
    with pytest.raises(BadSettings, match=r"^EXPEDITE_BODY_LIMIT: ") as told:
        load_settings()
    assert "a-secret" not in str(told.value)


def test_a_command_refuses_a_bad_setting_in_one_line(tmp_path: Path) -> None:
    """Whoever mistypes `.env` gets the setting's name and the exit status 1, not a traceback."""
    (tmp_path / ".env").write_text("EXPEDITE_BODY_LIMIT=much\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-m", "deployments.cli", "health"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr.startswith("EXPEDITE_BODY_LIMIT: ")
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("url", ["ftp://mail.example.org", "mail.example.org:25", "smtps://user@mail.example.org"])
def test_nothing_is_started_for_a_mail_server_that_cannot_be(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is looked at before the start, which says how one is written."""
    monkeypatch.setenv("EXPEDITE_SMTP_URL", url)
    with pytest.raises(CommandRefused, match=r"EXPEDITE_SMTP_URL .* smtps://"):
        _require_readable(tmp_path)
