"""The checks that every edit of the directory goes through, and the words in which a mistake is said with its remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from domain.policy import Label, Policy, Role
from services.directory_change import Mistake
from services.directory_state import Directory, PersonState, UnitState

LONGEST = 120
"""Characters that a name or a title may have."""

FIELD_LABELS = {
    "zh": Label("中文全称", "Chinese name"), "short_zh": Label("中文简称", "Chinese short name"), "en": Label("英文全称", "English name"),
    "short_en": Label("英文简称", "English short name"), "email": Label("邮箱", "mailbox"), "title_zh": Label("中文职务", "Chinese title"),
    "title_en": Label("英文职务", "English title"), "unit": Label("单位", "unit"), "locale": Label("语言", "language"),
}  # fmt: skip
"""What a changed field is called."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_MAIL = re.compile(r"[^\s@<>,;:\"()\\]+@[^\s@<>,;:\"()\\]+\.[^\s@<>,;:\"()\\.]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@dataclass(slots=True)
class Checks:
    """A directory under an edit: what is said of it, what is wrong with it. `where` names the place of a field."""

    directory: Directory
    policy: Policy
    today: date
    lines: list[Label] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    where: Callable[[str], str] = str

    # -- saying --------------------------------------------------------------------------------------------------------

    def _say(self, zh: str, en: str) -> None:
        self.lines.append(Label(zh, en))

    def _say_field(self, whose: str, name: str, before: str, now: str) -> None:
        label, was = FIELD_LABELS[name], before or "—"
        self._say(f"{whose} {label.zh} {was} → {now}", f"{whose} {label.en} {was} → {now}")

    def _wrong(self, name: str, problem: Label, remedy: Label) -> None:
        self.mistakes.append(Mistake(self.where(name), problem, remedy))

    def _role(self, role: Role) -> Label:
        return self.policy.roles.get(role, Label(role.value, role.value))

    def _unit_name(self, unit: str | None) -> Label:
        known = self.directory.units.get(unit or "")
        return Label(f"{known.id} {known.short_zh}", f"{known.id} {known.short_en}") if known else Label("—", "—")

    def _person_name(self, account: str) -> Label:
        known = self.directory.persons[account]
        return Label(f"{known.id} {known.title_zh}", f"{known.id} {known.title_en}")

    # -- checks --------------------------------------------------------------------------------------------------------

    def _unit(self, name: str, unit: str, *, active: bool = True) -> UnitState | None:
        known = self.directory.units.get(unit)
        if known is None:
            near = "、".join(list(self.directory.units)[:30])
            self._wrong(
                name, Label(f"没有单位“{unit}”", f"there is no unit {unit!r}"),
                Label(f"现有单位：{near}", f"choose one of {near.replace('、', ', ')}"),
            )  # fmt: skip
            return None
        if active and not known.active:
            heir = self._unit_name(known.successor)
            self._wrong(
                name, Label(f"单位 {unit} 已停用", f"unit {unit} is no longer active"),
                Label(f"请改用其他单位（承接单位：{heir.zh}）", f"choose another one (its successor is {heir.en})"),
            )  # fmt: skip
            return None
        return known

    def _person(self, name: str, account: str, *, active: bool | None = None) -> PersonState | None:
        known = self.directory.persons.get(account)
        if known is None:
            self._wrong(
                name, Label(f"没有人员“{account}”", f"there is no person {account!r}"),
                Label("请先新增该人员，或核对编号", "add the person first, or check the id"),
            )  # fmt: skip
            return None
        if active is not None and known.active is not active:
            state = Label("已停用", "is not in use") if active else Label("正在使用", "is in use already")
            self._wrong(
                name, Label(f"{account} {state.zh}", f"{account} {state.en}"),
                Label("请核对编号", "check the id"),
            )  # fmt: skip
            return None
        return known

    def _new_id(self, name: str, said: str, taken: Iterable[str]) -> None:
        if not _ID.fullmatch(said):
            self._wrong(
                name, Label(f"编号“{said}”不可用", f"{said!r} cannot be an id"),
                Label("用字母、数字、- 和 _，最多 32 个字符", "use letters, digits, - and _, at most 32 characters"),
            )  # fmt: skip
        elif said.casefold() in {one.casefold() for one in taken}:
            self._wrong(
                name, Label(f"编号 {said} 已使用", f"{said} is taken"), Label("请换一个编号", "choose another id")
            )

    def _texts(self, **said: str) -> None:
        for name, text in said.items():
            if not text.strip() or len(text) > LONGEST or _CONTROL.search(text):
                self._wrong(
                    name, Label("名称为空、过长或含有控制字符", "is empty, too long or holds control characters"),
                    Label(f"写一行文字，最多 {LONGEST} 个字符", f"write one line of at most {LONGEST} characters"),
                )  # fmt: skip

    def _mail(self, said: str) -> None:
        if not _MAIL.fullmatch(said) or len(said) > 254 or not said.isascii():
            self._wrong(
                "email", Label(f"“{said}”不是邮箱地址", f"{said!r} is not an address"),
                Label("例如 desk@example.org", "write e.g. desk@example.org"),
            )  # fmt: skip

    def _own_mail(self, account: str, said: str) -> None:
        self._mail(said)
        for other in self.directory.persons.values():
            if other.id != account and other.active and other.email.casefold() == said.casefold():
                self._wrong(
                    "email", Label(f"{said} 是 {other.id} 的邮箱", f"{said} is the mailbox of {other.id}"),
                    Label("办理链接只能发给本人，请填写另一个邮箱", "links are personal: name another mailbox"),
                )  # fmt: skip

    def _one_of(self, name: str, said: str, known: Iterable[str]) -> bool:
        options = list(known)
        if said in options:
            return True
        listed = ", ".join(options)
        self._wrong(
            name,
            Label(f"“{said}”不在可选值中", f"{said!r} is none of the choices"),
            Label(f"可选：{listed}", f"choose one of {listed}"),
        )
        return False

    def _nothing(self) -> None:
        self._wrong(
            "edit",
            Label("与现状相同，没有变更", "changes nothing"),
            Label("填写新的内容，或删去此项", "write what is new, or leave it out"),
        )
