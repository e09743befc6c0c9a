"""Change the directory, the policy or the calendar: the difference is shown first, and applied by a second run."""

from __future__ import annotations

from typing import Literal

from prefect import State, flow
from prefect.states import Failed

from domain.policy import Label
from services.directory_change import WHAT_LABELS
from tasks.choices import NOTHING, chosen
from tasks.directory import apply_change, show_change
from tasks.run_record import leave_results, leave_table, name_run, refusals
from tasks.table_words import both

YesOrNo = Literal["—", "yes", "no"]


@flow(name="edit-directory", persist_result=False)
def edit_directory(
    what: str,
    unit: str = NOTHING,
    into: str = NOTHING,
    new_id: str = "",
    kind: Literal["—", "department", "utility", "area", "office"] = "—",
    zh: str = "",
    short_zh: str = "",
    en: str = "",
    short_en: str = "",
    city_level: YesOrNo = "—",
    account: str = NOTHING,
    title_zh: str = "",
    title_en: str = "",
    email: str = "",
    locale: Literal["—", "zh", "en"] = "—",
    role: str = NOTHING,
    substitute: str = NOTHING,
    first_day: str = "",
    last_day: str = "",
    people_follow: YesOrNo = "—",
    text: str = "",
    file: str = "",
    recalculate: bool = False,
    apply: bool = False,
    shown: str = "",
) -> State[None] | str:
    """Show a change and its digest; with `apply` and that digest, make it. Returns the digest, or what was done.

    Args:
        what: 要做的变更。What to change.
        unit: 单位（更名、并入、撤销、所在或所任单位）。The unit (renamed, merged, closed, worked in, role held for).
        into: 并入或承接的单位。The unit that takes over.
        new_id: 新单位或新人员的编号，以后不变。Id of a new unit or person; it never changes.
        kind: 新单位的类型。Kind of a new unit.
        zh: 单位中文全称。Unit's Chinese name.
        short_zh: 单位中文简称。Unit's Chinese short name.
        en: 单位英文全称。Unit's English name.
        short_en: 单位英文简称。Unit's English short name.
        city_level: 是否市级单位。Whether the unit is the city's.
        account: 人员（变更、离任、任免岗、被代理人）。The person (changed, left, given or losing a role, away).
        title_zh: 中文职务，不写姓名。Title in Chinese, no names.
        title_en: 英文职务。Title in English.
        email: 邮箱（单位或人员）。Mailbox of the unit or the person.
        locale: 邮件语言。Language of the person's mails.
        role: 岗位。The role.
        substitute: 代理人。The substitute.
        first_day: 代理起日。First day of the substitution.
        last_day: 代理止日。Last day of the substitution.
        people_follow: 单位并入或撤销时，人员及岗位是否随之转入。Whether people keep their roles in the unit that takes over.
        text: 多项变更的清单、规则全文或日历 CSV。A list of edits, the policy's text, or the calendar's CSV.
        file: 数据文件夹 directories、policies、calendars 中的文件名。A file's name in the data folder's directories, policies, calendars.
        recalculate: 更换规则时，未办结事项的时限按新规则重算。With a new policy: open clocks are reckoned anew by it.
        apply: 按下面的校验码执行变更；不勾选则只显示差异。Make the change that bears the digest below; else it is only shown.
        shown: 显示差异时给出的校验码。The digest that came with the difference.
    """
    taken = chosen(what)
    name_run(
        Label("执行", "Apply") if apply else Label("显示差异", "Show"),
        both(WHAT_LABELS.get(taken, Label(taken, taken))),
    )
    fields = _fields(taken, {
        "unit": chosen(unit), "into": chosen(into), "new_id": new_id, "kind": chosen(kind), "zh": zh, "short_zh": short_zh,
        "en": en, "short_en": short_en, "city_level": chosen(city_level), "account": chosen(account), "title_zh": title_zh,
        "title_en": title_en, "email": email, "locale": chosen(locale), "role": chosen(role), "substitute": chosen(substitute),
        "first_day": first_day, "last_day": last_day, "people_follow": chosen(people_follow),
    })  # fmt: skip
    asked: dict[str, object] = {"what": taken, "fields": fields, "text": text, "file": file, "recalculate": recalculate}

    if apply:
        result = apply_change(asked, shown)
        leave_results("directory-changed", "change", WHAT_LABELS.get(taken, Label(taken, taken)), [result])
        return result.message if result.done else Failed(message=refusals([result]))

    found = show_change(asked)
    if found.mistakes:
        rows = [
            {
                "where": m.where,
                "problem": m.problem,
                "remedy": m.remedy,
            }
            for m in found.mistakes
        ]
        leave_table(
            "directory-difference",
            rows,
            Label(f"共 {len(rows)} 处错误，无法执行。", f"{len(rows)} mistake(s): nothing can be applied."),
        )
        return Failed(message="; ".join(f"{m.where}：{m.problem.zh}，{m.remedy.zh} · {m}" for m in found.mistakes[:5]))
    leave_table(
        "directory-difference",
        [{"change": line} for line in found.lines],
        Label(
            f"执行：勾选 apply，shown 填 {found.digest}。",
            f"To apply it, run again with apply and shown = {found.digest}.",
        ),
    )
    return found.digest


def _fields(what: str, given: dict[str, str]) -> dict[str, object]:
    """The fields of an edit by its own names: one form serves them all."""
    names = {
        "add_unit": {"unit": "new_id"}, "add_person": {"account": "new_id"}, "close_unit": {"successor": "into"},
        "add_substitution": {"absent": "account"}, "end_substitution": {"absent": "account"},
    }.get(what, {})  # fmt: skip
    fields: dict[str, object] = {name: value for name, value in given.items() if value}
    for ours, theirs in names.items():
        if theirs in fields:
            fields[ours] = fields.pop(theirs)
    for flag in ("city_level", "people_follow"):
        if flag in fields:
            fields[flag] = fields[flag] == "yes"
    return fields
