"""What checks say of a policy and a calendar, and what these would change, is said in Chinese too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployments.cli import app
from deployments.refusal import CommandRefused
from services.desk_edits import Asked, show
from services.directory_change import CALENDAR, POLICY
from services.office import Office
from services.rule_words import difference_label, mistake_label, rule_problem_zh, rule_remedy_zh
from services.seed import DEMO

pytestmark = pytest.mark.sqlite

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "services").glob("policy_check*.py")) + [
    ROOT / "services" / f"{name}.py" for name in ("policy_file", "record_reader", "marked_yaml")
]
STAND_INS = (
    "7",
    "text",
    "D08",
    "quorum",
    "deputy_chief of unit D08",
    " of unit D08",
    "no unit of the directory",
    "did you mean it?",
    "",
)
"""What may stand where a sentence holds a fact."""


def _texts(node: ast.expr) -> Iterator[str]:
    """What an expression may say, with each stand-in for its facts."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            for fill in STAND_INS:
                yield "".join(
                    str(part.value)
                    if isinstance(part, ast.Constant)
                    else repr(fill)
                    if isinstance(part, ast.FormattedValue) and part.conversion == ord("r")
                    else fill
                    for part in parts
                )


def _branches(node: ast.expr) -> list[ast.expr]:
    return [*_branches(node.body), *_branches(node.orelse)] if isinstance(node, ast.IfExp) else [node]


def _said(path: Path) -> Iterator[tuple[str, int, list[str]]]:
    """Each problem and each remedy that a module names: which of both, its line, what it may say."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr="add"), args=[_, problem, remedy, *_]):
                given: list[tuple[str, ast.expr]] = [("problem", problem), ("remedy", remedy)]
            case ast.Call(func=ast.Attribute(attr="wrong"), args=[problem, remedy]):
                given = [("problem", problem), ("remedy", remedy)]
            case ast.Assign(targets=[ast.Name(id="problem" | "remedy" as which)], value=value):
                given = [(which, value)]
            case _:
                continue
        for kind, said in given:
            yield from ((kind, node.lineno, list(_texts(branch))) for branch in _branches(said))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_mistake_in_a_file_of_rules_has_chinese_words(path: Path) -> None:
    """Problem and remedy: whoever writes a new check is told here what is still to be said."""
    words = {"problem": rule_problem_zh, "remedy": rule_remedy_zh}
    untold = [
        (which, line, said[0])
        for which, line, said in _said(path)
        if said and not any(words[which](one) is not None for one in said)
    ]
    assert untold == []


def test_a_mistake_is_told_with_its_place(office: Office) -> None:
    """File, line and key stay as they are; a whole check of a policy that is wrong in many ways has no English left."""
    line = "policy.yaml:12: rungs.desk.limit: has no limit, but there are rungs above it; write one such as `5 working days`; the top rung alone may have null"
    assert mistake_label(line).zh == (
        "policy.yaml 第 12 行，rungs.desk.limit：没有时限，而其上还有层级；请写例如 `5 working days`；只有最高层级可为 null"
    )
    text = (DEMO / "policy.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("close: 5 working days", "close: 5 wrking days"),
        ("country: CN", "contry: CN"),
        ("min_cell: 5", "min_cell: 1"),
    ):
        text = text.replace(old, new, 1)
    found = show(office, Asked(POLICY, text=text))
    assert len(found.mistakes) >= 2
    for one in found.mistakes:
        assert re.search(r"[\u4e00-\u9fff]", one.problem.zh), one
        assert one.problem.zh != one.problem.en


@pytest.mark.parametrize(
    ("line", "zh"),
    [
        ("classes.complex.close: 10 working days -> 12 working days", "classes.complex.close（办结时限）：10 个工作日 → 12 个工作日"),
        ("limits.city_report: 1 month, rolls -> (none)", "limits.city_report（上报市级周期）：1 个月（遇非工作日顺延） → （无）"),
        ("notices.red.climbs: True -> False", "notices.red.climbs（是否提级）：是 → 否"),
        ("2026-07-20: 08:30-12:00 14:00-17:30 -> off", "2026-07-20：08:30-12:00 14:00-17:30 → 休息"),
        ("2027: estimated -> announced", "2027 年：推定 → 已公布"),
        ("2027-01-01 to 2027-12-31: added", "2027-01-01 至 2027-12-31：新增"),
        ("district: 鸳湖区 / Yuanhu District -> 鸳湖 / Yuanhu", "district：鸳湖区 / Yuanhu District → 鸳湖 / Yuanhu"),
    ],
)  # fmt: skip
def test_a_difference_is_told_in_words(line: str, zh: str) -> None:
    """The key as the file writes it with what it means, values as people say them."""
    assert (difference_label(line).zh, difference_label(line).en) == (zh, line)


def test_what_a_form_would_change_is_shown_in_both_languages(office: Office) -> None:
    """As the run's table has it, for the policy and for the calendar; so are the mistakes of a calendar."""
    text = (DEMO / "policy.yaml").read_text(encoding="utf-8")
    changed = text.replace("close: 5 working days", "close: 7 working days", 1)
    [line] = [one for one in show(office, Asked(POLICY, text=changed)).lines if "close" in one.en]
    assert "5 个工作日 → 7 个工作日" in line.zh
    [day] = show(office, Asked(CALENDAR, text="day,hours,note\n2026-07-20,off,停电\n")).lines
    assert day.zh.endswith("→ 休息")
    [mistake] = show(office, Asked(CALENDAR, text="day,hours,note\n2026-13-20,off,\n")).mistakes
    assert mistake.problem.zh == "第 2 行：'2026-13-20' 不是日期，请写作 YYYY-MM-DD"


def test_the_command_speaks_chinese_too(office: Office, tmp_path: Path) -> None:
    """Mistakes and differences, with `--locale zh`."""
    text = (DEMO / "policy.yaml").read_text(encoding="utf-8")
    file = tmp_path / "policy.yaml"
    file.write_text(text.replace("close: 5 working days", "close: 7 working days", 1), encoding="utf-8")
    data = ["--data", str(office.settings.data)]
    found = CliRunner().invoke(app, ["policy", "diff", str(file), "--locale", "zh", *data])
    assert "（办结时限）：5 个工作日 → 7 个工作日" in found.output
    file.write_text(text.replace("close: 5 working days", "close: 5 wrking days", 1), encoding="utf-8")
    refused = CliRunner().invoke(app, ["policy", "check", str(file), "--locale", "zh"])
    assert isinstance(refused.exception, CommandRefused)
    assert "不是时间单位；是否应为" in str(refused.exception)
    assert "处错误" in str(refused.exception)
