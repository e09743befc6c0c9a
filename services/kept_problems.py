"""What is wrong with a delivery that was kept, in words: the stored sentence is English, for machines and the record."""

from __future__ import annotations

import re

from domain.policy import Label
from models.intake import DeliveryState
from services.problem_words import problem_zh
from services.refusal_words import field_name

STATES: dict[DeliveryState, Label] = {
    DeliveryState.UNCONFIRMED: Label("待确认", "waiting to be confirmed"),
    DeliveryState.WAITING: Label("等待登记", "waiting"),
    DeliveryState.DONE: Label("已处理", "dealt with"),
    DeliveryState.QUARANTINED: Label("无法读取，已留存", "kept because it could not be read"),
    DeliveryState.DISMISSED: Label("不予受理", "dismissed"),
}

_MISSING = re.compile(r"Field (\S+) is missing: (.+)\.", re.DOTALL)
_WRONG = re.compile(r"Field (\S+): (.+)\.", re.DOTALL)
_QUESTIONS = (
    (re.compile(r"\S+: the form has no question '(.*)'; mend the mapping and replay"), "表单中没有问题“{0}”；请修正来源规则后重新读取"),
    (re.compile(r"\S+: the question '(.*)' was left empty"), "表单中的问题“{0}”未填写"),
    (re.compile(r"\S+: the mapping names no question for it"), "来源规则没有指定对应的问题；请修正后重新读取"),
)  # fmt: skip
_SENTENCES = (
    (re.compile(r"edited by its sender before it was confirmed: (\S+) took its place"), "确认前由来件人修改，已由 {0} 取代。"),
    (re.compile(r"edited by its sender before a clerk decided: (\S+) took its place"), "分办员决定前由来件人修改，已由 {0} 取代。"),
    (
        re.compile(r"an edit of (.+) that nobody signed, from another address: a clerk decides"),
        "对 {0} 的修改未经签名，且来自其他邮箱，由分办员决定。",
    ),
)  # fmt: skip


def kept_problem(problem: str) -> Label:
    """The problem that is kept with a delivery, in both languages; a sentence that has no Chinese yet is introduced in it."""
    for pattern, zh in _SENTENCES:
        found = pattern.fullmatch(problem)
        if found is not None:
            named = found[1].removeprefix("the case of ")
            return Label(zh.format(named), problem)
    found = _MISSING.fullmatch(problem)
    if found is not None:
        whys = dict.fromkeys(zh for one in found[2].split("; ") if (zh := _question_zh(one)))
        return Label(f"缺少“{field_name(found[1])}”{'：' + '；'.join(whys) if whys else ''}。", problem)
    found = _WRONG.fullmatch(problem)
    if found is not None:
        return Label(f"“{field_name(found[1])}”填写有误：{problem_zh(found[2])}。", problem)
    return Label(f"无法读取：{problem}", problem)


def _question_zh(why: str) -> str:
    # The English holds a semicolon of its own, by which it was split.
    for pattern, zh in _QUESTIONS:
        found = pattern.fullmatch(why) or pattern.fullmatch(f"{why}; mend the mapping and replay")
        if found is not None:
            return zh.format(*found.groups())
    return ""
