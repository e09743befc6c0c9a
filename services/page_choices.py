"""What the fields of an action offer on a page: units, classes, outcomes, ratings, each with its name."""

from __future__ import annotations

from dataclasses import replace

from domain.case import Case
from domain.draft import Draft
from domain.effects_duty import duties_owed, duty_label
from domain.effects_unit import REPLY_OUTCOMES
from domain.lifecycle import Action, Field, FieldKind
from domain.meetings import who_meets
from domain.policy import Label
from domain.quantity import show
from services.office import Office
from services.page_types import Choice, FormField
from services.people import People
from services.project_search import all_projects

_ANSWERS = (
    Choice("answered", Label("已联系上，已评价", "Answered, with ratings")),
    Choice("not_solved", Label("企业表示未解决", "Not solved")),
    Choice("not_reached", Label("未联系上", "Not reached")),
)


def field_of(office: Office, people: People, action: Action, field: Field, case: Case | None = None) -> FormField:
    """A field with its options. Those who would meet stand first and are ticked already when a consultation is called."""
    choices = _factor_choices(office, field, case) or _choices(office, people, action, field)
    if case is not None and action.name == "send_back" and field.name == "suggested":
        # The rules refuse the sender's own unit: it is not offered.
        choices = tuple(choice for choice in choices if choice.value != case.lead)
    if case is None or field.name != "participants":
        return FormField(field.name, field.kind, field.label, field.required, choices)
    meet = who_meets(case)
    choices = tuple(sorted(choices, key=lambda choice: choice.value not in meet))
    return FormField(field.name, field.kind, field.label, field.required, choices, ",".join(meet))


def called(action: Action, case: Case) -> Action:
    """The action by the name that it has now: once the first contact was made, another one is a further contact."""
    if action.name != "contact" or case.open_clock("contact") is not None:
        return action
    return replace(action, label=Label("再次联系企业", "Record a further contact"))


def fields_of_button(office: Office, people: People, action: Action, draft: Draft) -> tuple[FormField, ...]:
    """What a person is asked for an action: without a stage where their link is for one, without a duty where they have one."""
    fields = [
        field_of(office, people, action, field, draft.case)
        for field in action.fields
        if field.kind is not FieldKind.DUTY and (field.kind is not FieldKind.STAGE or draft.actor.step is None)
    ]
    duties = duties_owed(draft)
    if action.name == "fulfil" and len(duties) > 1:
        choices = tuple(Choice(d.subject, duty_label(d, office.policy)) for d in duties)
        duty = next(field for field in action.fields if field.kind is FieldKind.DUTY)
        fields.insert(0, FormField(duty.name, duty.kind, duty.label, True, choices))
    return tuple(fields)


def _factor_choices(office: Office, field: Field, case: Case | None) -> tuple[Choice, ...]:
    factor = case.factor if case is not None else None
    kind = office.policy.factor_types.get(factor.type) if factor is not None else None
    if factor is None or kind is None:
        return ()
    match field.kind:
        case FieldKind.MEASURE:
            return tuple(Choice(unit, Label(unit, unit)) for unit in kind.units)
        case FieldKind.STAGE:
            return tuple(Choice(s.code, s.label) for s in kind.stages)
        case FieldKind.GRANT:
            held = (f"{g.document} ({show(g.quantity)} {factor.unit})" for g in factor.grants)
            return tuple(Choice(g.document, Label(name, name)) for g, name in zip(factor.grants, held, strict=True))
        case _:
            return ()


def _choices(office: Office, people: People, action: Action, field: Field) -> tuple[Choice, ...]:
    policy = office.policy
    match field.kind:
        case FieldKind.UNIT | FieldKind.UNITS:
            return tuple(Choice(u.id, u.label) for u in people.units.values() if u.active)
        case FieldKind.CASE_CLASS:
            return tuple(Choice(c.code, c.label) for c in policy.classes.values() if c.code != "tracking")
        case FieldKind.SEVERITY:
            return tuple(Choice(str(s.number), s.label) for s in policy.severities.values())
        case FieldKind.PROJECT:
            with office.reading() as session:
                return all_projects(session)
        case FieldKind.CATEGORY:
            return tuple(Choice(c.code, c.label) for c in policy.categories.values())
        case FieldKind.OUTCOME:
            codes = REPLY_OUTCOMES if action.name == "reply" else ("resolved", "partial", "explained")
            return tuple(Choice(o, policy.outcomes[o].label) for o in codes)
        case FieldKind.REASON:
            return tuple(Choice(r.code, r.label) for r in policy.suspension_reasons.values())
        case FieldKind.RATING:
            return tuple(Choice(str(n), label) for n, label in sorted(policy.follow_up.scale, reverse=True))
        case FieldKind.ANSWER:
            return _ANSWERS
        case _:
            return ()
