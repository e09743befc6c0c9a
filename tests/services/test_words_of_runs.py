"""What runs and kept deliveries say is said in both languages of the office."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployments.cli import app
from domain.label import Label
from domain.lifecycle import ACTIONS
from services.desk import StepResult, coordinate
from services.guarantees import request
from services.kept_problems import kept_problem
from services.milestones import set_milestone
from services.office import Office
from tasks.table_words import HEADINGS, both, counted, heading, row_of, title_of
from tests.builders import report

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def columns_in(source: str) -> set[str]:
    """The keys of the rows that a module hands to a table."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
            found |= set(keys)
    return found


@pytest.mark.sqlite
def test_an_unknown_column_is_an_error_and_a_known_one_is_headed_in_both_languages() -> None:
    """A table's column without a heading never reaches its reader."""
    assert row_of({"case": "DIF-2026-0001", "done": True, "says": Label("已完成", "done")}) == {
        "事项 Case": "DIF-2026-0001", "是否完成 Done": "是 · yes", "说明 What was said": "已完成 · done",
    }  # fmt: skip
    with pytest.raises(KeyError):
        heading("stranger")
    assert both(Label("D08", "D08")) == "D08"


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "module", ["flows/escalate_overdue.py", "flows/check_health.py", "flows/deliver_notices.py", "tasks/supervision.py"]
)
def test_every_column_of_the_tables_has_a_heading(module: str) -> None:
    """What a flow's rows are keyed by is in the table of headings."""
    columns = columns_in((ROOT / module).read_text(encoding="utf-8"))
    assert columns
    assert columns <= set(HEADINGS)


def test_a_refused_step_says_why_in_both_languages(office: Office, at: Callable[[str], object]) -> None:
    """Whoever reads a failed run learns the reason in Chinese too; the English stays what machines know."""
    at("2026-07-16 09:00")
    results = [
        *coordinate(office, "dispatch", ["DIF-2026-9999"], {}, "no such case"),
        *coordinate(office, "stranger", ["DIF-2026-9999"], {}, "no such step"),
        request(office, {"type": "land"}, "an empty request"),
        set_milestone(office, {"what": "plan", "project": "P99", "node": "started"}, "no such project"),
    ]
    for one in results:
        assert not one.done
        assert CHINESE.search(one.zh), one
        assert not CHINESE.search(one.message), one
    assert "没有编号为 DIF-2026-9999 的事项" in results[0].zh


@pytest.mark.sqlite
def test_a_result_that_was_stored_without_chinese_is_still_read() -> None:
    """Commands that an older version stored answer with what they have."""
    assert StepResult(case="DIF-2026-0001", done=True, message="Dispatch").says == Label("Dispatch", "Dispatch")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("kept", "zh"),
    [
        ("Field body: is not JSON.", "“来件正文”填写有误：不是 JSON。"),
        (
            "Field title is missing: title: the form has no question 'Q1'; mend the mapping and replay.",
            "缺少“难题标题”：表单中没有问题“Q1”；请修正来源规则后重新读取。",
        ),
        ("Field data.title is missing: say in one line what the difficulty is.", "缺少“难题标题”。"),
        (
            "edited by its sender before it was confirmed: R-1 took its place",
            "确认前由来件人修改，已由 R-1 取代。",
        ),
    ],
)
def test_what_is_kept_with_a_delivery_is_shown_in_chinese(kept: str, zh: str) -> None:
    """The record keeps the sentence; the board says it in the reader's language."""
    assert kept_problem(kept) == Label(zh, kept)


@pytest.mark.sqlite
def test_a_run_is_called_by_what_it_did_as_pages_call_it() -> None:
    """The step's name in both languages, and its case or how many; never the code of the step."""
    assert title_of(ACTIONS["ask_extension"].label, "DIF-2026-0042") == "申请延期 Ask for more time · DIF-2026-0042"
    assert title_of(Label("督办", "Escalate"), counted(12, "步", "steps")) == "督办 Escalate · 12 步 steps"


@pytest.mark.sqlite
def test_a_sweep_on_the_command_line_names_rungs_clocks_and_posts(
    office: Office, at: Callable[[str], datetime]
) -> None:
    """What was done and what would be: in words; codes are for --json."""
    report(office)
    folder = ["--data", str(office.settings.data)]
    at("2026-08-10 09:00")
    ahead = CliRunner().invoke(app, ["sweep", "--dry-run", "--as-of", "2026-08-10T09:00", *folder]).output
    assert "One rung up, Department → Task-force consultation: DIF-2026-0001" in ahead
    done = CliRunner().invoke(app, ["sweep", "--as-of", "2026-08-10T09:00", *folder]).output
    assert "DIF-2026-0001 Closing: red notice → " in done
    assert "Head, Power Supply" in done
    assert not re.search(r"_|\bH08\b|rung_stay|D08", done), done
