"""What an edit does to the directory and what must hold for it: each edit is tried on a copy, and said as old → new."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import assert_never

from domain.effects_succession import LONGEST_CHAIN
from domain.policy import Label, Role
from services.directory_change import (
    EDIT_LABELS,
    DirectoryProposal,
    Edit,
    PersonAdded,
    PersonBack,
    PersonChanged,
    PersonLeft,
    RoleGiven,
    RoleTaken,
    SubstitutionAdded,
    SubstitutionEnded,
    UnitAdded,
    UnitChanged,
    UnitClosed,
    UnitMerged,
    name_of,
)
from services.directory_checks import Checks
from services.directory_file import UnitType
from services.directory_state import Away, Held, PersonState, UnitState

LOCALES = ("zh", "en")


@dataclass(slots=True)
class Editor(Checks):
    """Makes the edits of a proposal on a directory, one after the other, and collects what is said and what is wrong."""

    def make(self, proposal: DirectoryProposal) -> None:
        """Make all edits; one with a mistake is left out, and the others are still looked at."""
        for number, edit in enumerate(proposal.edits):
            before = len(self.mistakes)
            where = partial(proposal.where, number)
            trial = Editor(self.directory.copied(), self.policy, self.today, [], self.mistakes, where)
            trial._make(edit)
            if len(self.mistakes) == before:
                self.directory = trial.directory
                label = EDIT_LABELS[name_of(edit)]
                self.lines += [Label(f"{label.zh}：{said.zh}", f"{label.en}: {said.en}") for said in trial.lines]

    def _make(self, edit: Edit) -> None:
        match edit:
            case UnitAdded():
                self._add_unit(edit)
            case UnitChanged():
                self._change_unit(edit)
            case UnitMerged():
                self._end_unit("unit", edit.unit, "into", edit.into, people_follow=edit.people_follow)
            case UnitClosed():
                self._end_unit("unit", edit.unit, "successor", edit.successor, people_follow=edit.people_follow)
            case PersonAdded():
                self._add_person(edit)
            case PersonChanged():
                self._change_person(edit)
            case PersonLeft():
                self._use_person(edit.account, active=False)
            case PersonBack():
                self._use_person(edit.account, active=True)
            case RoleGiven():
                self._give_role(edit)
            case RoleTaken():
                self._take_role(edit)
            case SubstitutionAdded():
                self._add_substitution(edit)
            case SubstitutionEnded():
                self._end_substitution(edit)
            case _:
                assert_never(edit)

    # -- units ---------------------------------------------------------------------------------------------------------

    def _add_unit(self, edit: UnitAdded) -> None:
        self._new_id("unit", edit.unit, self.directory.units)
        self._one_of("kind", edit.kind, list(UnitType))
        self._texts(zh=edit.zh, short_zh=edit.short_zh, en=edit.en, short_en=edit.short_en)
        self._mail(edit.email)
        self.directory.units[edit.unit] = UnitState(
            edit.unit, edit.kind, edit.zh, edit.short_zh, edit.en, edit.short_en, edit.email, edit.city_level
        )
        self._say(f"{edit.unit} {edit.short_zh}（{edit.zh}）", f"{edit.unit} {edit.short_en} ({edit.en})")

    def _change_unit(self, edit: UnitChanged) -> None:
        unit = self._unit("unit", edit.unit, active=False)
        if unit is None:
            return
        said = {n: getattr(edit, n) for n in ("zh", "short_zh", "en", "short_en", "email")}
        said = {n: v for n, v in said.items() if v and v != getattr(unit, n)}
        self._texts(**{n: v for n, v in said.items() if n != "email"})
        if "email" in said:
            self._mail(said["email"])
        city = edit.city_level if edit.city_level not in (None, unit.city_level) else None
        if not said and city is None:
            self._nothing()
            return
        for name, value in said.items():
            self._say_field(unit.id, name, getattr(unit, name), value)
        if city is not None:
            self._say(
                f"{unit.id} 市级单位 → {'是' if city else '否'}", f"{unit.id} of the city → {'yes' if city else 'no'}"
            )
        self.directory.units[unit.id] = replace(unit, **said, city_level=unit.city_level if city is None else city)

    def _end_unit(self, name: str, old: str, heir_field: str, new: str, *, people_follow: bool) -> None:
        unit, heir = self._unit(name, old, active=False), self._unit(heir_field, new)
        if unit is None or heir is None:
            return
        if old == new:
            self._wrong(
                heir_field,
                Label("承接单位是该单位本身", "is the unit itself"),
                Label("请填写承接其工作的单位", "name the unit that takes over"),
            )
        if old == self.policy.desk_unit:
            self._wrong(
                name, Label("该单位是规则中的分办台", "is the desk's own unit in the policy"),
                Label("先启用指定其他分办台的规则", "adopt a policy that names another desk first"),
            )  # fmt: skip
        if not unit.active and unit.successor == new:
            self._nothing()
        self.directory.units[old] = replace(
            unit, active=False, successor=new, valid_to=unit.valid_to if not unit.active else self.today
        )
        self._check_chains(heir_field, old)
        was, now = self._unit_name(unit.successor), self._unit_name(new)
        if unit.active:
            self._say(f"{unit.id} {unit.short_zh} → {now.zh}", f"{unit.id} {unit.short_en} → {now.en}")
        else:
            self._say(f"{unit.id} 的承接单位 {was.zh} → {now.zh}", f"successor of {unit.id}: {was.en} → {now.en}")
        if people_follow:
            self._follow(old, new)

    def _check_chains(self, name: str, old: str) -> None:
        """Successors are followed three far: a longer chain, or a circle, would leave work with nobody."""
        units = self.directory.units
        for unit in units.values():
            path = [unit.id]
            while (last := units[path[-1]]).successor and not last.active and last.successor in units:
                path.append(last.successor)
                broken = len(path) > LONGEST_CHAIN + 1 or path.count(path[-1]) > 1
                if broken and old in path:
                    shown = " → ".join(path)
                    self._wrong(
                        name, Label(f"承接关系超过三级或成环：{shown}", f"the chain of successors is longer than three, or a circle: {shown}"),
                        Label(f"先把 {path[0]} 的承接单位改为后面的单位", f"first name a later unit as the successor of {path[0]}"),
                    )  # fmt: skip
                if broken:
                    break

    def _follow(self, old: str, new: str) -> None:
        for person in [p for p in self.directory.persons.values() if p.unit == old]:
            self.directory.persons[person.id] = replace(person, unit=new)
        moved = [h for h in self.directory.held if h.unit == old]
        # Behind the successor's own: those go on being asked first.
        stay = [h for h in self.directory.held if h.unit != old]
        self.directory.held = stay + [h for h in (replace(m, unit=new) for m in moved) if h not in stay]
        for held in moved:
            who, role = self._person_name(held.account), self._role(held.role)
            self._say(f"{who.zh}：{role.zh} {old} → {new}", f"{who.en}: {role.en} {old} → {new}")

    # -- people --------------------------------------------------------------------------------------------------------

    def _add_person(self, edit: PersonAdded) -> None:
        self._new_id("account", edit.account, self.directory.persons)
        self._texts(title_zh=edit.title_zh, title_en=edit.title_en)
        self._own_mail(edit.account, edit.email)
        self._one_of("locale", edit.locale, LOCALES)
        self._unit("unit", edit.unit)
        self.directory.persons[edit.account] = PersonState(
            edit.account, edit.title_zh, edit.title_en, edit.unit, edit.email, edit.locale
        )
        self._say(f"{edit.account} {edit.title_zh}（{edit.unit}）", f"{edit.account} {edit.title_en} ({edit.unit})")

    def _change_person(self, edit: PersonChanged) -> None:
        person = self._person("account", edit.account)
        if person is None:
            return
        said = {n: getattr(edit, n) for n in ("title_zh", "title_en", "unit", "email", "locale")}
        said = {n: v for n, v in said.items() if v and v != getattr(person, n)}
        self._texts(**{n: v for n, v in said.items() if n.startswith("title")})
        if "email" in said:
            self._own_mail(person.id, said["email"])
        if "unit" in said:
            self._unit("unit", said["unit"])
        if "locale" in said:
            self._one_of("locale", said["locale"], LOCALES)
        if not said:
            self._nothing()
        for name, value in said.items():
            self._say_field(person.id, name, getattr(person, name), value)
        self.directory.persons[person.id] = replace(person, **said)

    def _use_person(self, account: str, *, active: bool) -> None:
        person = self._person("account", account, active=not active)
        if person is None:
            return
        if active:
            self._own_mail(account, person.email)
        who = self._person_name(account)
        self._say(f"{who.zh} → {'启用' if active else '停用'}", f"{who.en} → {'in use' if active else 'not in use'}")
        self.directory.persons[account] = replace(person, active=active)

    # -- roles ---------------------------------------------------------------------------------------------------------

    def _held(self, account: str, role: str, unit: str) -> Held | None:
        known = self._one_of("role", role, list(Role))
        person = self._person("account", account)
        if not known or person is None:
            return None
        return Held(account, Role(role), unit or person.unit)

    def _give_role(self, edit: RoleGiven) -> None:
        held = self._held(edit.account, edit.role, edit.unit)
        if held is None:
            return
        self._person("account", edit.account, active=True)
        self._unit("unit", held.unit or "")
        if held in self.directory.held:
            self._nothing()
            return
        self.directory.held.append(held)
        self._say_role(held, Label("任", "gets"))

    def _take_role(self, edit: RoleTaken) -> None:
        held = self._held(edit.account, edit.role, edit.unit)
        if held is None:
            return
        if not edit.unit and replace(held, unit=None) in self.directory.held:
            held = replace(held, unit=None)
        if held not in self.directory.held:
            self._wrong(
                "role", Label(f"{edit.account} 没有担任此岗", f"{edit.account} does not hold that role"),
                Label("请核对岗位和单位", "check the role and its unit"),
            )  # fmt: skip
            return
        self.directory.held.remove(held)
        self._say_role(held, Label("免", "loses"))

    def _say_role(self, held: Held, how: Label) -> None:
        who, role, unit = self._person_name(held.account), self._role(held.role), self._unit_name(held.unit)
        self._say(f"{who.zh} {how.zh} {role.zh}（{unit.zh}）", f"{who.en} {how.en} {role.en} ({unit.en})")

    # -- substitutions -------------------------------------------------------------------------------------------------

    def _add_substitution(self, edit: SubstitutionAdded) -> None:
        absent, substitute = (
            self._person("absent", edit.absent),
            self._person("substitute", edit.substitute, active=True),
        )
        if edit.absent == edit.substitute:
            self._wrong(
                "substitute", Label("代理人是本人", "is the absent person"), Label("请填写另一人", "name somebody else")
            )
        if edit.first_day > edit.last_day:
            self._wrong(
                "last_day", Label("止日早于起日", "is before the first day"), Label("请核对日期", "check the days")
            )
        elif edit.last_day < self.today:
            self._wrong(
                "last_day",
                Label("代理期已过", "has passed"),
                Label(f"止日不早于 {self.today}", f"name a day from {self.today} on"),
            )
        if absent is None or substitute is None:
            return
        made = Away(edit.absent, edit.substitute, edit.first_day, edit.last_day)
        for other in self.directory.away:
            if other.absent == made.absent and other.first_day <= made.last_day and made.first_day <= other.last_day:
                self._wrong(
                    "absent", Label(f"{other.first_day} 至 {other.last_day} 已由 {other.substitute} 代理", f"{other.substitute} stands in already from {other.first_day} to {other.last_day}"),
                    Label("先结束原代理，或改日期", "end that one first, or choose other days"),
                )  # fmt: skip
        self.directory.away.append(made)
        self._say_away(made, made.last_day)

    def _say_away(self, away: Away, until: date) -> None:
        who, instead = self._person_name(away.absent), self._person_name(away.substitute)
        self._say(
            f"{instead.zh} 代理 {who.zh}，{away.first_day} 至 {until}",
            f"{instead.en} stands in for {who.en}, {away.first_day} to {until}",
        )

    def _end_substitution(self, edit: SubstitutionEnded) -> None:
        found = [
            a for a in self.directory.away
            if a.absent == edit.absent and a.substitute == edit.substitute and edit.first_day in (None, a.first_day)
            and a.last_day >= self.today
        ]  # fmt: skip
        if not found:
            self._wrong(
                "substitute", Label("没有这项代理，或代理期已过", "there is no such substitution, or it is over"),
                Label("请核对人员和起日", "check the people and the first day"),
            )  # fmt: skip
            return
        away = min(found, key=lambda a: a.first_day)
        until = edit.last_day or self.today - timedelta(days=1)
        if edit.last_day is not None and (until >= away.last_day or until < self.today - timedelta(days=1)):
            self._wrong(
                "last_day", Label(f"应早于 {away.last_day}，且不早于昨天", f"must be before {away.last_day}, and not before yesterday"),
                Label("延长请另加一项代理", "to prolong it, add another substitution"),
            )  # fmt: skip
            return
        at = self.directory.away.index(away)
        if until < away.first_day:
            del self.directory.away[at]
            self._say_away(away, away.last_day)
        else:
            self.directory.away[at] = replace(away, last_day=until)
            self._say_away(away, until)
