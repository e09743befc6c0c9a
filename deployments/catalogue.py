"""The deployments as data: what can be run, when it runs by itself, and what its drop-downs offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.lifecycle import ACTIONS, DESK_STEPS, FieldKind


class Choice(StrEnum):
    """Where a drop-down's entries come from: the policy, the directory, the table of actions."""

    STEPS = "steps"
    UNITS = "units"
    CLASSES = "classes"
    SEVERITIES = "severities"
    CATEGORIES = "categories"
    OUTCOMES = "outcomes"
    REASONS = "reasons"
    FACTOR_STEPS = "factor_steps"
    FACTOR_TYPES = "factor_types"
    FACTOR_STAGES = "factor_stages"
    MEASURES = "measures"
    ACCOUNTS = "accounts"
    ROLES = "roles"
    CHANGES = "changes"
    PROJECTS = "projects"
    NODES = "nodes"
    PLAN_STEPS = "plan_steps"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment; its flow has the same name.

    `cron` is read in the office's zone. `choices` names the parameters that are drop-downs, `formats` those that are
    pickers (JSON Schema's `date`, `date-time`), `optional` the drop-downs that may stay empty.
    """

    name: str
    entrypoint: str
    zh: str
    en: str
    tags: tuple[str, ...] = ()
    cron: str | None = None
    choices: Mapping[str, Choice] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    standing: bool = False

    @property
    def description(self) -> str:
        """What the UI shows above the deployment."""
        return f"{self.zh}\n\n{self.en}"


CHOICE_OF_KIND: dict[FieldKind, Choice] = {
    FieldKind.UNIT: Choice.UNITS,
    FieldKind.UNITS: Choice.UNITS,
    FieldKind.CASE_CLASS: Choice.CLASSES,
    FieldKind.SEVERITY: Choice.SEVERITIES,
    FieldKind.CATEGORY: Choice.CATEGORIES,
    FieldKind.OUTCOME: Choice.OUTCOMES,
    FieldKind.REASON: Choice.REASONS,
}


def _desk_choices() -> dict[str, Choice]:
    """The drop-downs of the desk's steps, read from the table of actions."""
    fields = (one for step in DESK_STEPS for one in ACTIONS[step].fields)
    return {one.name: CHOICE_OF_KIND[one.kind] for one in fields if one.kind in CHOICE_OF_KIND}


def _desk_days() -> dict[str, str]:
    fields = (one for step in DESK_STEPS for one in ACTIONS[step].fields)
    return {one.name: "date" for one in fields if one.kind is FieldKind.DAY}


_DESK_CHOICES = _desk_choices()

DEPLOYMENTS: tuple[Deployment, ...] = (
    Deployment(
        name="receive-submissions",
        entrypoint="flows.receive_submissions.receive_submissions",
        zh="把收到的提交转为难题件：分类、定牵头与配合单位、起算时限。平时自动运行；分办员可在此受理尚未确认的来件。",
        en="Turns waiting submissions into cases: classified, routed, clocks started. Runs by itself; by hand, a clerk "
        "accepts reports that nobody has confirmed yet.",
        tags=("intake",),
        standing=True,
    ),
    Deployment(
        name="deliver-notices",
        entrypoint="flows.deliver_notices.deliver_notices",
        zh="发出应发而未发的邮件。平时自动运行。",
        en="Sends every message that is owed. Runs by itself.",
        tags=("mail",),
        standing=True,
    ),
    Deployment(
        name="escalate-overdue",
        entrypoint="flows.escalate_overdue.escalate_overdue",
        zh="检查全部时限：发提示单与督办单，逾期提级。每十分钟一次；可手动运行，也可试算（不写入）。",
        en="Looks at every clock: issues blue, yellow and red notices and climbs the ladder. Every ten minutes, on "
        "request, or as a dry run that writes nothing.",
        tags=("supervision",),
        # Every day: which days are working days, make-up Saturdays included, is the calendar's to say.
        cron="*/10 * * * *",
        formats={"as_of": "date-time"},
    ),
    Deployment(
        name="morning-digest",
        entrypoint="flows.morning_digest.morning_digest",
        zh="每个工作日早晨给每人一封提醒：已逾期、今日到期、待本人处理的事项；领导另有范围内的红灯事项。无事不发，每人每天一次；可手动运行或试算。",
        en="One mail a person on each working day's morning: what is late, due today and waiting for them; for leaders what is red "
        "in their scope. Silent when there is nothing, once a person and day; by hand too, or as a dry run.",
        tags=("supervision",),
        # Every day, and again while the morning lasts: free and make-up days are the calendar's to say, and a worker that was
        # down at the first hour makes up for it; what was sent is not sent again.
        cron="10 8-11 * * *",
    ),
    Deployment(
        name="check-health",
        entrypoint="flows.check_health.check_health",
        zh="系统自检：到期未处理、邮件积压、来件无法读取、日历缺年、岗位空缺、磁盘不足等，每个问题只通知系统管理员一次，消除后再告知。每十五分钟一次。",
        en="The watchdog: work that is due and not done, mail that does not go out, a missing calendar year, a role that nobody "
        "holds, a full disk. The operator is told of each problem once, and when it is over. Every fifteen minutes.",
        tags=("supervision",),
        # Between two sweeps, so that what the next sweep does anyway is not told.
        cron="7,22,37,52 * * * *",
    ),
    Deployment(
        name="report-difficulty",
        entrypoint="flows.report_difficulty.report_difficulty",
        zh="代企业登记难题（电话、会议、热线）。保密或敏感事项请勿在此登记，请用本办自己的页面：此处的参数会留在运行记录里。",
        en="Registers a difficulty for an enterprise (phone, meeting, hotline). Register restricted matters on our own "
        "page instead: what is typed here stays in the run's record.",
        tags=("desk",),
        choices={"category": Choice.CATEGORIES, "severity": Choice.SEVERITIES},
        optional=frozenset({"category", "severity"}),
    ),
    Deployment(
        name="coordinate-difficulty",
        entrypoint="flows.coordinate_difficulty.coordinate_difficulty",
        zh="对一件或多件难题执行分办台的一个步骤（分办、裁定、改派、会商、回访……）。只填该步骤需要的栏目，其余留“—”。"
        "保密事项请用本办自己的页面。",
        en="Takes one step of the desk on one case or several (dispatch, rule, reassign, consultation, follow-up …). Fill "
        "in what the step needs and leave the rest. Restricted cases are handled on our own page.",
        tags=("desk",),
        choices={"step": Choice.STEPS, **_DESK_CHOICES},
        formats=_desk_days(),
        optional=frozenset(_DESK_CHOICES),
    ),
    Deployment(
        name="request-factor",
        entrypoint="flows.request_factor.request_factor",
        zh="为项目登记要素保障申请（用地、用电、资金等）：数量与单位、最晚需要时间、关联难题；按规则确定牵头单位与环节。",
        en="Opens a factor request for a project (land, power, finance …): quantity and unit, the day by which it is needed, a "
        "linked difficulty. The rules name lead and stages.",
        tags=("desk", "factor"),
        choices={"type": Choice.FACTOR_TYPES, "unit": Choice.MEASURES, "lead": Choice.UNITS},
        formats={"needed_by": "date"},
        optional=frozenset({"unit", "lead"}),
    ),
    Deployment(
        name="advance-factor",
        entrypoint="flows.advance_factor.advance_factor",
        zh="对要素保障申请执行一个步骤：凭文件代录环节决定或（部分）批准，登记提取或到位、续期、受阻、列入计划。"
        "只填该步骤需要的栏目。",
        en="Takes one step on factor requests: records a stage's decision or a (partial) grant from paper, what was drawn or "
        "delivered, a renewal, a block, a deferral. Fill in what the step needs.",
        tags=("desk", "factor"),
        choices={"step": Choice.FACTOR_STEPS, "stage": Choice.FACTOR_STAGES, "measure": Choice.MEASURES},
        formats={"date": "date", "expires": "date"},
        optional=frozenset({"stage", "measure"}),
    ),
    Deployment(
        name="set-milestone",
        entrypoint="flows.set_milestone.set_milestone",
        zh="登记项目节点：计划、预计、实际完成时间，登记或撤销高温停工日，登记影响节点的事项。调整计划时间须写明理由，由领衔区领导通过个人链接裁定，裁定前原计划不变。",
        en="Records a node of a project's plan: the day it is planned, expected or was reached, a heat-stop day (told or taken back), "
        "a case that holds the node up. A change of plan needs a reason and a ruling by the lead official, through a personal link; until then the plan stands.",
        tags=("desk", "milestone"),
        choices={
            "what": Choice.PLAN_STEPS,
            "project": Choice.PROJECTS,
            "node": Choice.NODES,
            "decider": Choice.ACCOUNTS,
        },
        formats={"date": "date"},
        optional=frozenset({"project", "node", "decider"}),
    ),
    Deployment(
        name="edit-directory",
        entrypoint="flows.edit_directory.edit_directory",
        zh="变更单位、人员、岗位、代理，或更换规则、日历。先运行一次查看差异和后果，得到校验码；再填校验码并勾选“apply”运行一次，才会生效。"
        "只填所选变更需要的栏目，其余留“—”。",
        en="Changes units, people, roles and substitutions, or the policy and the calendar. A first run shows the difference, "
        "what follows from it, and its digest; a second one with that digest and “apply” does it. Fill in what the change "
        "needs and leave the rest.",
        tags=("desk", "directory"),
        choices={
            "what": Choice.CHANGES,
            "unit": Choice.UNITS,
            "into": Choice.UNITS,
            "account": Choice.ACCOUNTS,
            "substitute": Choice.ACCOUNTS,
            "role": Choice.ROLES,
        },
        formats={"first_day": "date", "last_day": "date"},
        optional=frozenset({"unit", "into", "account", "substitute", "role"}),
    ),
)
