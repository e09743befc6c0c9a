"""What may be wrong with a field is said in Chinese too: every sentence of the rules has its words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.problem_words import problem_zh

pytestmark = pytest.mark.sqlite

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
STAND_INS = ("7", "2026-07-16", "D08", "82 亩 is above the gap of 36 亩", "7.5 is no exact number of kVA", " of P02")
"""What may stand where a sentence holds a fact: a number, a day, a code, or a whole sentence that another one goes on from."""

OF_FILES = re.compile(r"policy_check.*|policy_file|record_reader|marked_yaml|directory_file|factor_rows|milestone_rows")
"""Modules that speak of lines in files: their words stand in `services.rule_words`."""


def sentences() -> Iterator[tuple[str, list[str]]]:
    """Every problem that a module gives to `wrong`: where it stands, and what it says with each stand-in for its facts."""
    for folder in ("domain", "services", "web"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if OF_FILES.fullmatch(path.stem):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "wrong":
                    said = [text for fill in STAND_INS if (text := _text(node.args[1], fill)) is not None]
                    if said:
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", said


def _text(node: ast.expr, fill: str) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(
                str(part.value) if isinstance(part, ast.Constant) else repr(fill) if _quotes(part) else fill
                for part in parts
            )
        case _:
            return None


def _quotes(part: ast.expr) -> bool:
    return isinstance(part, ast.FormattedValue) and part.conversion == ord("r")


def test_every_problem_of_a_field_has_chinese_words() -> None:
    """A sentence that a rule was given today is not shown in English on a Chinese page tomorrow."""
    found = dict(sentences())
    assert len(found) > 100
    untold = {
        where: said[2] for where, said in found.items() if not any(CHINESE.search(problem_zh(one)) for one in said)
    }
    assert untold == {}


@pytest.mark.parametrize(
    ("problem", "zh"),
    [
        ("structure of P02 was reached on 2026-07-01; nothing holds it up", "P02 的节点 structure 已于 2026-07-01 完成，不再受阻"),
        ("2026-07-16 is no heat-stop day of P02; see the plan", "2026-07-16 不是高温停工日，请查看节点计划"),
        ("2026-09-01 is in the future; record what is expected with what = forecast", "2026-09-01 在今天之后；预计时间请登记为预计（what = forecast）"),
        ("is later than 2026-07-30: an extension is no longer than the limit", "晚于 2026-07-30：延期不得超过原办理时限"),
        ("takes a time as HH:MM, not '9'", "请按 HH:MM 填写时间"),
        ("a sentence that nobody knows", "a sentence that nobody knows"),
    ],
)  # fmt: skip
def test_the_facts_stay(problem: str, zh: str) -> None:
    """Days, codes and numbers stand in the Chinese as they stood; what is unknown is shown as it is."""
    assert problem_zh(problem) == zh
