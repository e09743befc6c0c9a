"""Composing what a message says: the facts that a case's mails share, and the names of units, rungs and roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.case import Case, NoticeDue, Owed
from domain.labels import APPROVAL_LABELS, PARTY_LABELS, clock_name
from domain.lifecycle import ApprovalKind, Party
from domain.meetings import Meeting, convening, who_meets
from domain.policy import Label, Policy
from domain.working_time import WorkingTime
from notifications.message import Line, Words, line, words
from services.identities import WITHHELD
from services.people import Found, People

RULE_LABEL = Label("系统规则", "The system's rules")

_DECISIONS = {
    "granted": Label("同意", "Approved"),
    "refused": Label("不同意", "Refused"),
    "returned": Label("退回补正", "Returned for supplement"),
    "lapsed": Label("已失效（事项状态或牵头单位已变化）", "Lapsed: the case changed meanwhile"),
}

FACT_LABELS = {
    "outcome": Label("办理结果", "Outcome"),
    "document": Label("佐证或文号", "Evidence or document"),
    "policy": Label("政策依据", "Policy cited"),
    "date": Label("日期", "Date"),
    "cause": Label("挂起原因", "Listed reason"),
    "reason": Label("理由", "Reason"),
    "progress": Label("目前进展", "Progress"),
    "why": Label("企业意见", "What the enterprise says"),
    "redos": Label("已重办次数", "Redone so far"),
    "stage": Label("环节", "Stage"),
    "item": Label("需求内容", "What is needed"),
    "requested": Label("需求数量", "Asked for"),
    "granted": Label("已落实", "Granted"),
    "gap": Label("缺口", "Gap"),
    "needed_by": Label("最晚需要时间", "Needed by"),
    "supplement": Label("补正说明", "Supplemented"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on a case's cover: the texts that the rules do not need but its mails do.

    `enterprise` is None where who reported is withheld; then `project` does not give it away either.
    """

    title: str
    enterprise: Label | None
    project: Label | None

    def placed(self, found: Found | None) -> str | None:
        """The project in a recipient's language."""
        return self.project.in_(found.person.locale if found is not None else "zh") if self.project else None

    def named(self, found: Found | None) -> str:
        """The enterprise as a recipient may know it, in their language."""
        return (self.enterprise or WITHHELD).in_(found.person.locale if found is not None else "zh")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the facts of a message, for one transaction's policy and directory."""

    policy: Policy
    people: People
    time: WorkingTime

    def unit(self, unit_id: str | None) -> Words:
        """A unit's name; the desk's when none is named."""
        return words(self.people.label(unit_id or self.policy.desk_unit))

    def rung(self, number: int) -> Words:
        """A rung's name."""
        return words(self.policy.rung(number).label)

    def outcome(self, code: str | None) -> Words:
        """An outcome's name."""
        rule = self.policy.outcomes.get(code or "")
        return words(rule.label if rule else Label(code or "—", code or "—"))

    def facts(self, owed: Owed, case: Case, sheet: Sheet, found: Found | None, now: datetime) -> dict[str, object]:
        """The facts of `owed` for one recipient (None: the reporter)."""
        said = owed.facts
        facts: dict[str, object] = {"case_code": case.code, "title": sheet.title}
        match owed.message:
            case "assigned_lead":
                facts |= self._assigned(case, sheet, found) | {
                    "sign_for_due": _at(said.get("sign_for_due")), "first_contact_due": _at(said.get("first_contact_due")),
                }  # fmt: skip
            case "assigned_supporter":
                facts |= {
                    "enterprise": sheet.named(found), "lead_unit": self.unit(case.lead), "answer_due": _at(said["answer_due"]),
                    "estimated": self._is_estimated(said["answer_due"]),
                }  # fmt: skip
            case "case_opened":
                facts |= {
                    "lead_unit": self.unit(case.lead), "first_contact_due": _at(said.get("first_contact_due")),
                    "due": _at(case.due), "estimated": case.estimated,
                }  # fmt: skip
            case "approval_asked":
                facts |= self._asked(said, case)
            case "approval_decided":
                kind = ApprovalKind(str(said["kind"]))
                decided_by = said.get("decided_by")
                facts |= {
                    "kind": words(APPROVAL_LABELS[kind]), "decision": words(_DECISIONS[str(said["decision"])]),
                    "reason": str(said.get("reason") or "") or None,
                    "decided_by": words(self.people.label(str(decided_by)) if decided_by else RULE_LABEL),
                }  # fmt: skip
            case "ruling_needed":
                facts |= {
                    "returned_by": self.unit(str(said["returned_by"])), "reason": str(said["reason"]),
                    "suggested": self.unit(str(said["suggested"])) if said.get("suggested") else None,
                    "rule_by": _at(said.get("rule_by")),
                }  # fmt: skip
            case "reply_to_confirm":
                facts |= {"lead_unit": self.unit(case.lead), "outcome": self.outcome(case.outcome)}
            case "redo_started":
                facts |= {
                    "round": case.round, "rung": self.rung(case.rung), "due": _at(case.due), "estimated": case.estimated, "why": None,
                }  # fmt: skip
            case "climbed":
                facts |= {
                    "from_rung": self.rung(int(str(said["from_rung"]))), "to_rung": self.rung(int(str(said["to_rung"]))),
                    "cause": _label(said["cause"]), "holder": self.holder(case), "you_hold": bool(said["you_hold"]),
                    "participants": self._to_convene(case) if said["you_hold"] else (),
                }  # fmt: skip
            case "called_to_consultation" | "consultation_cancelled":
                facts |= self._meeting(said)
            case "consultation_moved":
                facts |= self._meeting(said) | self._moved(said)
            case "consultation_concluded":
                facts |= {
                    "agreed": bool(said["agreed"]), "minutes": _short(said["minutes"]) or "—", "duties": _duties(said["duties"]),
                    "planned": _at(said.get("planned")),
                }  # fmt: skip
            case "case_update":
                due = said.get("due", case.due)
                facts |= {
                    "what": _label(said["what"]), "by": words(self._actor(said)), "note": _short(said.get("note")),
                    "due": _at(due), "estimated": self._is_estimated(due),
                }  # fmt: skip
            case "work_passed_on":
                facts |= self.passed_on(
                    Party(str(said["part"])),
                    str(said["unit"]),
                    self.unit(str(said["before"])),
                    _label(said["why"]),
                    said.get("due"),
                    found,
                )
            case "enterprise_update":
                facts |= {"what": _label(said["what"]), "due": _at(case.due), "estimated": case.estimated}
            case "case_closed":
                facts |= {"outcome": self.outcome(case.outcome), "rounds": case.round, "for_enterprise": found is None}
            case "follow_up_due":
                facts |= {"due": _at(said.get("due"))}
            case "triage_needed":
                triage = case.open_clock("triage")
                facts |= {
                    "why": _label(said["why"]),
                    "due": _at(triage.due if triage else None),
                    "alike": said.get("alike", ()),
                    "project_said": sheet.project.zh if case.project is None and sheet.project is not None else None,
                }
            case "likely_duplicate":
                facts |= {"alike": said["alike"]}
            case other:
                raise LookupError(f"no rule for the facts of message {other!r}")
        return facts

    def passed_on(
        self, part: Party, unit: str | None, before: Words | None, why: Words, due: object, found: Found | None
    ) -> dict[str, object]:
        """What a message says that hands a part in a case to somebody, beside the case itself."""
        principal = found.principal if found is not None else None
        return {
            "part": words(PARTY_LABELS[part]), "unit": self.unit(unit) if unit else None, "before": before, "why": why,
            "stands_for": words(principal.title) if principal is not None else None, "due": _at(due),
            "estimated": self._is_estimated(due),
        }  # fmt: skip

    def _meeting(self, said: Mapping[str, object]) -> dict[str, object]:
        meeting = said["meeting"]
        if not isinstance(meeting, Meeting):
            raise TypeError(f"no consultation: {meeting!r}")
        facts: dict[str, object] = {
            "at": meeting.start.isoformat(), "place": meeting.place or None, "number": meeting.number, "moves": meeting.moves,
        }  # fmt: skip
        if "agenda" in said:
            facts |= {"participants": tuple(self.unit(u) for u in meeting.units), "agenda": _short(said["agenda"])}
        return facts

    def _moved(self, said: Mapping[str, object]) -> dict[str, object]:
        meeting, before = said["meeting"], said["before"]
        if not isinstance(meeting, Meeting) or not isinstance(before, Meeting):
            raise TypeError(f"no consultation: {before!r}")
        return {
            "was": before.start.isoformat(), "was_at": before.place or None,
            "participants": tuple(self.unit(u) for u in meeting.units), "reason": _short(said["reason"]),
        }  # fmt: skip

    def _to_convene(self, case: Case) -> tuple[Words, ...]:
        """Who would take part in the joint meeting that the rung asks its holder to call; empty where it asks for none."""
        return tuple(self.unit(u) for u in who_meets(case)) if convening(case, self.policy) else ()

    def holder(self, case: Case) -> Words:
        """Who holds the rung a case stands on: the lead on rung 3, else the rung's own holder."""
        if case.rung == 3 and case.lead:
            return self.unit(case.lead)
        if case.rung == 2 and (case.area or case.lead):
            return self.unit(case.area or case.lead)
        return words(self.policy.roles[self.policy.rung(case.rung).holders[0]])

    def notice(self, due: NoticeDue, number: str, case: Case, sheet: Sheet, now: datetime) -> dict[str, object]:
        """The facts of a supervision notice, whoever gets it."""
        rule = self.policy.notices[due.colour]
        clock_due = due.clock.due or now
        return {
            "number": number, "colour": due.colour.value, "notice": words(rule.label), "case_code": case.code, "title": sheet.title,
            "clock": words(clock_name(due.clock.kind, due.clock.subject)), "due": clock_due.isoformat(),
            "overdue_working_days": due.overdue, "owner": self._owner(due.owner),
            "answer_by": _at(due.answer_by),
        }  # fmt: skip

    def as_recipient(self, found: Found, copy: bool) -> dict[str, object]:
        """What a supervision notice says to one recipient of themselves."""
        return {"recipient_role": words(self.policy.roles[found.role]), "is_copy": copy}

    def _owner(self, owner: str) -> Words:
        return words(self.people.label(owner)) if owner != "approver" else {"zh": "审批人", "en": "The approver"}

    def _assigned(self, case: Case, sheet: Sheet, found: Found | None) -> dict[str, object]:
        policy = self.policy
        category = policy.categories.get(case.category or "")
        return {
            "enterprise": sheet.named(found), "project": sheet.placed(found),
            "category": words(category.label if category else Label("待定", "To be named")),
            "case_class": words(policy.classes[case.case_class or policy.triage.default_class].label),
            "severity": words(policy.severities[case.severity].label), "due": _at(case.due), "estimated": case.estimated,
            "supporters": tuple(self.unit(u) for u in case.supporters), "round": case.round, "rung": self.rung(case.rung),
        }  # fmt: skip

    def _asked(self, said: Mapping[str, object], case: Case) -> dict[str, object]:
        kind = ApprovalKind(str(said["kind"]))
        given = said["facts"]
        lines: list[Line] = []
        for key, value in given.items() if isinstance(given, Mapping) else ():
            # The reply's full text stays behind the link: mails are brief.
            if key == "text" or value in (None, ""):
                continue
            lines.append(line(FACT_LABELS.get(key, Label(key, key)), self._value(key, value, case)))
        return {
            "kind": words(APPROVAL_LABELS[kind]), "asked_by": self.unit(str(said["asked_by"]) if said.get("asked_by") else None),
            "lines": tuple(lines), "decide_by": _at(said.get("decide_by")),
        }  # fmt: skip

    def _value(self, key: str, value: object, case: Case) -> str | Label:
        if key == "stage" and case.factor is not None:
            stages = self.policy.factor_types[case.factor.type].stages
            return next((stage.label for stage in stages if stage.code == value), str(value))
        if key == "outcome":
            rule = self.policy.outcomes.get(str(value))
            return rule.label if rule else str(value)
        if key == "cause":
            reason = self.policy.suspension_reasons.get(str(value))
            return reason.label if reason else str(value)
        return _short(value) or "—"

    def _actor(self, said: Mapping[str, object]) -> Label:
        by = said.get("by")
        return by if isinstance(by, Label) else self.policy.office

    def _is_estimated(self, due: object) -> bool:
        return isinstance(due, datetime) and self.time.estimated(due)


def _duties(given: object) -> tuple[dict[str, object], ...]:
    """A unit's duties as facts, from pairs of what and when."""
    pairs = given if isinstance(given, list) else []
    return tuple({"what": _short(what) or "—", "due": _at(due)} for what, due in pairs)


def _at(value: object) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else None


def _label(value: object) -> Words:
    return words(value) if isinstance(value, Label) else {"zh": str(value), "en": str(value)}


def _short(value: object) -> str | None:
    said = str(value or "").strip()
    return None if not said else said if len(said) <= 200 else said[:199] + "…"
