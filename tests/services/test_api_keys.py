"""Keys of the API: made once, kept as hashes, read strictly, and never told in an error."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployments.cli import app
from services.api_keys import ApiRole, BadApiKey, entry_of, find_key, new_key, read_api_keys

TODAY = date(2026, 7, 16)


def test_a_key_is_known_by_its_hash_alone() -> None:
    """What the setting holds lets nobody in: only the key that was told once does."""
    told, key = new_key("grafana", "reader", "D08")
    [kept] = read_api_keys(entry_of(key))
    assert kept == key
    assert told not in entry_of(key)
    assert find_key([kept], told, TODAY) == key
    assert find_key([kept], told + "x", TODAY) is None
    assert find_key([kept], kept.hash, TODAY) is None
    assert find_key([kept], "", TODAY) is None


def test_a_name_may_have_two_keys_while_it_is_rotated() -> None:
    """Both work until the old one is taken out, or its last day is over."""
    old, first = new_key("sync", "desk", until=TODAY.isoformat())
    new, second = new_key("sync", "desk")
    keys = read_api_keys(f"{entry_of(first)}\n{entry_of(second)}")
    assert {find_key(keys, told, TODAY) for told in (old, new)} == {first, second}
    assert find_key(keys, old, TODAY + timedelta(days=1)) is None
    assert find_key(keys, new, TODAY + timedelta(days=1)) == second


def test_keys_may_stand_in_a_file_with_remarks(tmp_path: Path) -> None:
    """A file keeps hashes out of the process list, and says what each key is for."""
    _, key = new_key("form", "intake")
    place = tmp_path / "keys"
    place.write_text(f"# the office's own form\n{entry_of(key)}\n", encoding="utf-8")
    assert read_api_keys(str(place)) == (key,)


H = "0" * 64


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (f"a:reader:{H}", "five parts"),
        (f":reader:-:-:{H}", "name"),
        (f"{'n' * 25}:reader:-:-:{H}", "name"),
        (f"a:chief:-:-:{H}", "role"),
        (f"a:desk:D08:-:{H}", "unit"),
        (f"a:reader::-:{H}", "unit"),
        (f"a:reader:-:soon:{H}", "last day"),
        ("a:reader:-:-:exp_oops_the_key_itself", "SHA-256"),
        (f"a:reader:-:-:{H} a:desk:-:-:{'1' * 64}", "another role"),
    ],
)
def test_an_entry_that_cannot_be_right_stops_the_start(entry: str, problem: str) -> None:
    """It is named by its number and first parts; what stands in the place of the hash is not repeated."""
    with pytest.raises(BadApiKey, match=problem) as refused:
        read_api_keys(entry)
    assert "oops" not in str(refused.value)


def test_the_command_tells_the_key_apart_from_its_line() -> None:
    """The output can go into the setting as it is; the key is on the terminal alone."""
    done = CliRunner().invoke(app, ["api-key", "grafana", "--role", "reader", "--until", "2027-01-31"])
    assert done.exit_code == 0, done.output
    [key] = read_api_keys(done.stdout)
    told = done.stderr.strip().rpartition(" ")[2]
    assert (key.name, key.role, key.until) == ("grafana", ApiRole.READER, date(2027, 1, 31))
    assert find_key([key], told, TODAY) == key


def test_the_command_refuses_a_role_that_does_not_exist() -> None:
    """With the role in the message, and without a key."""
    done = CliRunner().invoke(app, ["api-key", "grafana", "--role", "chief"])
    assert done.exit_code == 1
    assert "chief" in str(done.exception) + done.output
