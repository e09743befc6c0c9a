"""The words of an explanation: why a stretch counted, by which rule, and what came of it; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.clocks import ClockState, Happening
from domain.explain import Account, Change
from domain.explain_walk import Interval, Why
from domain.policy import Label, Limit, Policy, Unit
from services.day_names import SUMMER

_WHY: dict[Why, Label] = {
    Why.OFFICE_TIME: Label("工作日", "working day"),
    Why.MAKE_UP: Label("调休上班日", "make-up working day"),
    Why.OWN_HOURS: Label("本单位安排上班", "worked by the office's own calendar"),
    Why.CALENDAR_DAY: Label("自然日", "calendar days"),
    Why.START: Label("起算日不计", "the start day does not count"),
    Why.AS_NEXT: Label("下班后或非工作日开始，按下一工作日计", "after closing or on a free day: counts as the next working day"),
    Why.LUNCH: Label("午休", "lunch"),
    Why.CLOSED: Label("非办公时间", "outside office hours"),
    Why.WEEKEND: Label("周末", "weekend"),
    Why.DAY_OFF: Label("放假", "day off"),
    Why.OWN_DAY_OFF: Label("本单位安排放假", "day off by the office's own calendar"),
    Why.PAUSED: Label("暂停", "paused"),
    Why.PAUSED_AT_CLOSING: Label("当日下班时处于暂停，不计", "paused at the day's closing minute: does not count"),
    Why.ROLLED: Label("顺延至工作日", "rolled to the next working day's closing"),
    Why.EXTENDED: Label("经批准延长", "extended"),
    Why.KEPT: Label("已告知的日期不提前", "a date that was told is not brought forward"),
    Why.GIVEN: Label("至指定日期", "to the date that was set"),
    Why.OVERDUE: Label("逾期", "overdue"),
}  # fmt: skip

_IN_UNIT: dict[Unit, dict[Why, Label]] = {
    Unit.WORKING_HOURS: {Why.OFFICE_TIME: Label("办公时间", "office time")},
    Unit.HALF_DAY: {
        Why.OFFICE_TIME: Label("半日", "half day"),
        Why.START: Label("起算半日不计", "the half day of the start does not count"),
        Why.PAUSED_AT_CLOSING: Label("该半日结束时处于暂停，不计", "paused when the half day ended: does not count"),
    },
}

_UNITS: dict[Unit, tuple[str, str, str]] = {
    Unit.WORKING_HOURS: ("分钟", "min", "min"),
    Unit.WORKING_DAYS: ("个工作日", "working day", "working days"),
    Unit.HALF_DAY: ("个半日", "half day", "half days"),
    Unit.DAYS: ("天", "day", "days"),
    Unit.MONTHS: ("天", "day", "days"),
}

_LIMITS: dict[Unit, tuple[str, str, str]] = _UNITS | {
    Unit.WORKING_HOURS: ("个工作小时", "working hour", "working hours"),
    Unit.MONTHS: ("个月", "month", "months"),
}

STATES: dict[ClockState, Label] = {
    ClockState.RUNNING: Label("计时中", "running"),
    ClockState.PAUSED: Label("暂停", "paused"),
    ClockState.MET: Label("已完成", "met"),
    ClockState.SUPERSEDED: Label("已被替代", "superseded"),
    ClockState.EXPIRED: Label("已到期", "expired"),
}

CHANGED: dict[Happening, Label] = {
    Happening.EXTENDED: Label("延长", "extended"),
    Happening.RECALCULATED: Label("更正后重算", "recalculated after an amendment"),
    Happening.ADJUSTED: Label("日历或规则变更后重算", "recalculated after a change of calendar or policy"),
    Happening.PASSED_ON: Label("移交", "passed on"),
}

RETURNED = Label("已退回申请单位补充，等待重新提交", "returned to its asker for a supplement")
_REASONS = {
    "policy": Label("规则变更", "the policy changed"),
    "calendar": Label("日历变更", "the calendar changed"),
    "close": Label("不早于办结期限", "not before the closing date"),
}
"""Reasons that the rules give themselves; what people wrote stands as it is."""
_WEEKDAYS = "一二三四五六日"


def limit_words(limit: Limit) -> Label:
    """A limit, e.g. 10 working days."""
    zh, one, many = _LIMITS[limit.unit]
    if limit.unit is Unit.HALF_DAY and limit.value == 1:
        return Label("半个工作日", "half a working day")
    rolls = (Label("，遇非工作日顺延", ", rolled to a working day")) if limit.roll else Label("", "")
    return Label(f"{limit.value}{zh}{rolls.zh}", f"{limit.value} {one if limit.value == 1 else many}{rolls.en}")


def amount_words(amount: int, unit: Unit) -> Label:
    """What an interval counted for; minutes as hours and minutes where they are that many."""
    if unit is Unit.WORKING_HOURS and amount >= 60:
        hours, minutes = divmod(amount, 60)
        return Label(
            f"{hours}小时{f'{minutes}分' if minutes else ''}", f"{hours} h{f' {minutes} min' if minutes else ''}"
        )
    zh, one, many = _UNITS[unit]
    return Label(f"{amount}{zh}", f"{amount} {one if amount == 1 else many}")


def why_words(one: Interval, unit: Unit | None, pause: Label | None) -> Label:
    """Why a stretch counted or did not. `pause` is what a pause was for."""
    said = (_IN_UNIT.get(unit, {}) if unit is not None else {}).get(one.why, _WHY[one.why])
    if one.why is Why.DAY_OFF and one.name is not None:
        said = Label(f"放假：{one.name.zh}", f"public holiday: {one.name.en}")
    elif one.name is not None and (one.counted or one.name is not SUMMER):
        said = Label(f"{said.zh}（{one.name.zh}）", f"{said.en} ({one.name.en})")
    more = pause if one.why is Why.PAUSED else reason_words(one.reason) if one.reason else None
    if more is not None:
        said = Label(f"{said.zh}：{more.zh}", f"{said.en}: {more.en}")
    if one.why is Why.OVERDUE:
        days = amount_words(one.amount, Unit.WORKING_DAYS)
        said = Label(f"{said.zh}{days.zh}", f"{said.en} by {days.en}")
    return Label(f"{said.zh}（推定）", f"{said.en} (estimated)") if one.estimated else said


def reason_words(reason: str) -> Label:
    """A reason of the rules in words; one that a person wrote as it stands."""
    return _REASONS.get(reason) or Label(reason, reason)


def pause_words(account: Account, policy: Policy, zone: ZoneInfo, now: datetime) -> Callable[[Interval], Label | None]:
    """What each pause was for: its reason and party, and how many of the days that the policy allows were used by its end."""
    used: dict[str, int] = {}
    said: dict[tuple[datetime, datetime], Label] = {}
    for one in account.intervals:
        if one.why is not Why.PAUSED:
            continue
        cause = policy.suspension_reasons.get(one.reason)
        if cause is None:
            said[one.begin, one.end] = RETURNED if one.reason == "returned" else Label(one.reason, one.reason)
            continue
        days = (one.end.astimezone(zone).date() - one.begin.astimezone(zone).date()).days
        used[cause.code] = used.get(cause.code, 0) + days
        party = Label("由企业补正，", "owed by the enterprise; ") if cause.for_enterprise else Label("", "")
        said[one.begin, one.end] = Label(
            f"{cause.label.zh}（{party.zh}已用{used[cause.code]}／{cause.max_days}天）",
            f"{cause.label.en} ({party.en}{used[cause.code]} of {cause.max_days} days used)",
        )
    return lambda one: said.get((one.begin, one.end))


def change_words(change: Change, zone: ZoneInfo, name: Callable[[str], Label]) -> Label:
    """A change after the start: what, why, and the due moment before and after."""
    what = CHANGED[change.what]
    if change.what is Happening.PASSED_ON:
        unit = name(change.reason)
        return Label(f"{what.zh}给{unit.zh}", f"{what.en} to {unit.en}")
    why = reason_words(change.reason) if change.reason else None
    parts = [Label(what.zh, what.en)]
    if change.limit is not None:
        limit = limit_words(change.limit)
        parts.append(Label(f"时限改为{limit.zh}", f"limit now {limit.en}"))
    if why is not None:
        parts.append(why)
    before, after = moment_words(change.before, zone), moment_words(change.after, zone)
    parts.append(Label(f"{before.zh} → {after.zh}", f"{before.en} → {after.en}"))
    return Label("，".join(p.zh for p in parts), ", ".join(p.en for p in parts))


def moment_words(at: datetime | None, zone: ZoneInfo) -> Label:
    """A moment on the office's wall clock, with its weekday; a dash for none."""
    if at is None:
        return Label("—", "—")
    local = at.astimezone(zone)
    day = _day_words(local)
    return Label(f"{day.zh}{local:%H:%M}", f"{day.en} {local:%H:%M}")


def span_words(one: Interval, zone: ZoneInfo) -> Label:
    """A stretch: whole days by their dates, a part of a day by its minutes up to 24:00."""
    begin, end = one.begin.astimezone(zone), one.end.astimezone(zone)
    last = end - timedelta(microseconds=1) if _midnight(end) and end > begin else end
    until = "24:00" if last != end else f"{end:%H:%M}"
    if _midnight(begin) and last != end:
        first, day = _day_words(begin), _day_words(last)
        return first if begin.date() == last.date() else Label(f"{first.zh}—{day.zh}", f"{first.en} – {day.en}")
    first = moment_words(one.begin, zone)
    if begin.date() == last.date():
        return Label(f"{first.zh}—{until}", f"{first.en} – {until}")
    day = _day_words(last)
    return Label(f"{first.zh}—{day.zh}{until}", f"{first.en} – {day.en} {until}")


def _midnight(local: datetime) -> bool:
    return local.hour == local.minute == local.second == 0


def _day_words(local: datetime) -> Label:
    return Label(f"{local:%Y-%m-%d}（周{_WEEKDAYS[local.weekday()]}）", f"{local:%a %Y-%m-%d}")


def result_words(account: Account, stored: datetime | None, zone: ZoneInfo) -> Label:
    """What the clock comes to, and that the stored value is the same."""
    if account.paused and account.reached is None:
        if account.unit is None:
            return Label("暂停中，期限待恢复后确定", "it stands still; the date is known when it goes on")
        left = amount_words(account.owed - account.counted, account.unit)
        return Label(f"暂停中，尚余{left.zh}", f"it stands still with {left.en} left")
    due = moment_words(account.due.at if account.due is not None else None, zone)
    sure = Label("（推定）", " (estimated)") if account.due is not None and account.due.estimated else Label("", "")
    said = Label(f"期限 {due.zh}{sure.zh}", f"due {due.en}{sure.en}")
    if account.unit is not None and account.counted == account.owed:
        sum_ = amount_words(account.counted, account.unit)
        said = Label(f"合计{sum_.zh}，{said.zh}", f"{sum_.en} in all: {said.en}")
    if account.due is not None and account.due.at == stored:
        return Label(f"{said.zh}；与登记一致", f"{said.en}; as stored")
    kept = moment_words(stored, zone)
    return Label(f"{said.zh}；登记为{kept.zh}，不一致", f"{said.en}; STORED AS {kept.en}, which differs")
