"""The rules that a policy keeps beyond its form, within itself; those against a district stand in `services.policy_check_people`."""

from __future__ import annotations

import string
from collections.abc import Iterable
from datetime import time

from domain.files import FileKind
from domain.ladder import TOP_RUNG
from domain.lifecycle import ACTIONS, DESK_PARTIES
from domain.policy import Colour, Policy, Role, Session
from services.marked_yaml import Report, suggest
from services.policy_check_factors import check_factors
from services.policy_check_mail import check_mail
from services.policy_check_plan import check_plan

AREA = "area"
"""In a category: the area of the case's project."""

TRACKING = "tracking"
"""The class without a closing date (LIFECYCLE.md: reached by the action `track` alone)."""

OUTCOMES = (
    "resolved",
    "partial",
    "promised",
    "explained",
    "reasonable_explanation",
    "no_response",
    "declined",
    "withdrawn",
    "merged",
)
"""How a case may end (LIFECYCLE.md, Statuses)."""

SEVERITIES = (1, 2, 3)

FEWEST_PUBLISHED = 3
"""Of two cases, each party knows the other one's."""


def check_rules(policy: Policy, report: Report) -> None:
    """What can be said of the policy alone; each mistake goes to `report`."""
    _check_hours(policy, report)
    _check_ladder(policy, report)
    _check_classes(policy, report)
    _check_triage(policy, report)
    _check_notices(policy, report)
    _check_complete(report, "roles", Role, policy.roles)
    _check_complete(report, "outcomes", OUTCOMES, policy.outcomes)
    _check_complete(report, "severities", SEVERITIES, policy.severities)
    for code, outcome in policy.outcomes.items():
        if outcome.solved not in (None, 0, 0.5, 1):
            report.add(f"outcomes.{code}.solved", f"{outcome.solved} is no share of solved", "use 1, 0.5, 0 or null")
    for code, reason in policy.suspension_reasons.items():
        _check_positive(report, f"suspension_reasons.{code}.max_days", reason.max_days)
    _check_follow_up(policy, report)
    _check_numbering(policy, report)
    check_mail(policy.mail, report)
    _check_likeness(policy, report)
    _check_public(policy, report)
    _check_form(policy, report)
    check_factors(policy, report)
    check_plan(policy, report)
    # Their checks load the messages and the form services: whatever opens an office without any is spared that.
    if policy.channels or policy.hooks:
        from services.policy_check_channels import check_channels

        check_channels(policy, report)
    if policy.sources:
        from services.policy_check_sources import check_sources

        check_sources(policy, report)
    steps = [name for name, action in ACTIONS.items() if action.by & DESK_PARTIES]
    for position, step in enumerate(policy.head_link_steps):
        if step not in steps:
            problem = f"{step} is not a step of the desk"
            report.add(report.item("head_link_steps", position), problem, suggest(step, steps))


def _check_hours(policy: Policy, report: Report) -> None:
    hours = policy.hours
    _check_sessions("hours.sessions", hours.sessions, report)
    summer = (hours.summer_sessions, hours.summer_from, hours.summer_to)
    if not any(summer):
        return
    for name, given in zip(("summer_sessions", "summer_from", "summer_to"), summer, strict=True):
        if not given:
            report.add(f"hours.{name}", "is missing", "give sessions, first day and last day of the summer, or none")
    if hours.summer_sessions:
        _check_sessions("hours.summer_sessions", hours.summer_sessions, report)
    if hours.summer_from and hours.summer_to and hours.summer_from > hours.summer_to:
        report.add("hours.summer_to", "lies before summer_from", "write the last day of the summer, in the same year")


def _check_sessions(key: str, sessions: tuple[Session, ...], report: Report) -> None:
    if not sessions:
        report.add(key, "is empty", 'give at least one session such as "08:30-12:00"')
    last = time.min
    for position, session in enumerate(sessions):
        if position and session.opens < last:
            problem = f"opens at {session.opens:%H:%M}, before the one above closes at {last:%H:%M}"
            report.add(report.item(key, position), problem, "list the sessions in their order, without overlap")
        last = session.closes


def _check_ladder(policy: Policy, report: Report) -> None:
    if not report.mistaken("rungs") and len(policy.rungs) != TOP_RUNG:
        problem = f"has {len(policy.rungs)} rungs"
        report.add("rungs", problem, f"give all rungs from 1 (desk) to {TOP_RUNG} (city)", masks=False)
    codes: set[str] = set()
    for position, rung in enumerate(policy.rungs):
        expected, key = position + 1, report.item("rungs", position)
        if rung.number != expected:
            problem = f"the ladder has a gap: rung {rung.number} stands where rung {expected} is expected"
            report.add(f"{key}.number", problem, f"number the rungs 1, 2, 3 … in order, here {expected}")
        if rung.code in codes:
            report.add(f"{key}.code", f"{rung.code} is the code of another rung", "give each rung a code of its own")
        codes.add(rung.code)
        if not rung.holders:
            report.add(f"{key}.holders", "is empty", "name at least one role")
        if rung.limit is None and expected < len(policy.rungs):
            problem = "has no limit, but there are rungs above it"
            report.add(f"{key}.limit", problem, "write one such as `5 working days`; the top rung alone may have null")


def _check_classes(policy: Policy, report: Report) -> None:
    if TRACKING not in policy.classes:
        report.add("classes.tracking", "is missing", "add the class of cases without a closing date, `close: null`")
    for code, case_class in policy.classes.items():
        key = f"classes.{code}"
        if code == TRACKING and case_class.close is not None:
            report.add(f"{key}.close", "must be null", "a tracked case has no closing date; write `close: null`")
        elif code != TRACKING and case_class.close is None:
            report.add(f"{key}.close", "is null", "write a limit such as `5 working days`; only tracking goes without")
        approvers = len(policy.extensions.approvers)
        if case_class.max_extensions < 0:
            report.add(f"{key}.max_extensions", "is negative", "write 0 or more")
        elif case_class.max_extensions > approvers:
            problem = f"{case_class.max_extensions} extensions, but extensions.approvers names {approvers}"
            report.add(f"{key}.max_extensions", problem, f"write at most {approvers}, or name another approver")
    if policy.extensions.longest != "original_limit":
        problem = f"{policy.extensions.longest!r} is not a known rule"
        report.add("extensions.longest", problem, "write original_limit")


def _check_triage(policy: Policy, report: Report) -> None:
    triage = policy.triage
    classes = [code for code in policy.classes if code != TRACKING]

    def check_class(key: str, code: str) -> None:
        if code == TRACKING:
            report.add(key, "tracking is reached by the action `track` alone", suggest("", classes))
        elif code not in policy.classes:
            report.add(key, f"class {code} does not exist", suggest(code, classes))

    check_class("triage.default_class", triage.default_class)
    check_class("triage.several_departments_class", triage.several_departments_class)
    for category, code in triage.class_by_category.items():
        check_class(f"triage.class_by_category.{category}", code)
        _check_category(policy, report, f"triage.class_by_category.{category}", category)
    for category, severity in triage.min_severity_by_category.items():
        key = f"triage.min_severity_by_category.{category}"
        _check_category(policy, report, key, category)
        if severity not in policy.severities:
            report.add(key, f"severity {severity} does not exist", suggest("", map(str, policy.severities)))
    for code, item in policy.categories.items():
        if item.lead is not None and item.lead in item.supporters:
            key = report.item(f"categories.{code}.supporters", item.supporters.index(item.lead))
            report.add(key, f"{item.lead} already leads the category", "name it once, as lead or as supporter")


def _check_category(policy: Policy, report: Report, key: str, category: str) -> None:
    if policy.categories and category not in policy.categories:
        report.add(key, f"category {category} does not exist", suggest(category, policy.categories))


def _check_notices(policy: Policy, report: Report) -> None:
    _check_complete(report, "notices", Colour, policy.notices)
    for colour, rule in policy.notices.items():
        if not rule.to:
            report.add(f"notices.{colour}.to", "is empty", "name at least one role")
    days = {
        colour: rule.days for colour, rule in policy.notices.items() if not report.mistaken(f"notices.{colour}.days")
    }
    if days.get(Colour.BLUE, -1) >= 0:
        report.add("notices.blue.days", f"{days[Colour.BLUE]} is not before the due day", "write e.g. -2")
    if days.get(Colour.YELLOW, 1) < 1:
        report.add("notices.yellow.days", f"{days[Colour.YELLOW]} is not after the due day", "write 1 or more")
    for earlier, later in ((Colour.YELLOW, Colour.RED), (Colour.RED, Colour.CIRCULAR)):
        if earlier in days and later in days and days[later] <= days[earlier]:
            problem = f"{days[later]} does not come after {earlier} ({days[earlier]})"
            report.add(f"notices.{later}.days", problem, f"write more than {days[earlier]}")


def _check_complete(report: Report, key: str, needed: Iterable[object], given: Iterable[object]) -> None:
    wanted, present = [str(name) for name in needed], {str(name) for name in given}
    if report.mistaken(key):
        return
    for name in wanted:
        if name not in present and f"{key}.{name}" not in report.lines:
            report.add(f"{key}.{name}", "is missing", f"add `{name}:` to {key}")
    for name in present.difference(wanted):
        report.add(f"{key}.{name}", "is not known to the rules of a case", suggest(name, wanted))


def _check_follow_up(policy: Policy, report: Report) -> None:
    rules = policy.follow_up
    grades = [grade for grade, _ in rules.scale]
    if not report.mistaken("follow_up.scale") and len(grades) < 2:
        report.add("follow_up.scale", "has fewer than two grades", "give a label to each grade, e.g. 5 to 1")
    elif grades and not min(grades) <= rules.dispute_at < max(grades):
        problem = f"{rules.dispute_at} is not a grade below the best"
        report.add("follow_up.dispute_at", problem, suggest("", map(str, sorted(grades)[:-1])))
    _check_positive(report, "follow_up.attempts", rules.attempts)
    if rules.max_redos < 0:
        report.add("follow_up.max_redos", "is negative", "write 0 or more")


def _check_numbering(policy: Policy, report: Report) -> None:
    numbering = policy.numbering
    formats = {
        "difficulty": numbering.difficulty,
        "factor": numbering.factor,
        "document": numbering.document,
        "notice": numbering.notice,
    }
    seen: dict[str, str] = {}
    for name, form in formats.items():
        key = f"numbering.{name}"
        try:
            parts = {part for _, part, _, _ in string.Formatter().parse(form) if part is not None}
            sample = form.format(year=2026, n=1) if parts == {"year", "n"} else None
        except (ValueError, KeyError, IndexError):
            sample = None
        if sample is None:
            report.add(key, f"{form!r} does not use {{year}} and {{n}}", 'write e.g. "DIF-{year}-{n:04d}"')
        elif sample in seen:
            report.add(key, f"gives the same numbers as {seen[sample]}", "choose another text before the number")
        else:
            seen[sample] = name


def _check_likeness(policy: Policy, report: Report) -> None:
    similarity, systemic = policy.similarity, policy.systemic
    shares = {
        "similarity.suggest_at": similarity.suggest_at, "similarity.tell_at": similarity.tell_at,
        "similarity.alike": similarity.alike, "systemic.alike": systemic.alike,
    }  # fmt: skip
    for key, value in shares.items():
        if not 1 <= value <= 100:
            report.add(key, f"{value} is not between 1 and 100", "write e.g. 50")
    if similarity.tell_at < similarity.suggest_at:
        problem = f"{similarity.tell_at} is below suggest_at ({similarity.suggest_at})"
        report.add("similarity.tell_at", problem, "write to the desk only about what is also shown: raise it")
    if systemic.enterprises < 2:
        report.add("systemic.enterprises", f"{systemic.enterprises} does not recur", "write 2 or more")
    _check_positive(report, "similarity.months", similarity.months)
    _check_positive(report, "systemic.months", systemic.months)


def _check_public(policy: Policy, report: Report) -> None:
    if policy.public.min_cell < FEWEST_PUBLISHED:
        problem = f"{policy.public.min_cell} cases can be told apart by who knows one of them"
        report.add("public.min_cell", problem, f"write {FEWEST_PUBLISHED} or more, usually 5")


def _check_form(policy: Policy, report: Report) -> None:
    files = policy.form.files
    for key, value, most in (("most", files.most, 20), ("megabytes", files.megabytes, 100)):
        if not 0 < value <= most:
            report.add(f"form.files.{key}", f"{value} is not between 1 and {most}", f"write 1 to {most}")
    _check_positive(report, "form.files.unconfirmed_megabytes", files.unconfirmed_megabytes)
    _check_positive(report, "form.files.dismissed_days", files.dismissed_days)
    if not files.kinds:
        report.add("form.files.kinds", "names no kind of file", f"name some of {', '.join(FileKind)}")


def _check_positive(report: Report, key: str, value: int) -> None:
    if value < 1:
        report.add(key, f"{value} is not above zero", "write 1 or more")
