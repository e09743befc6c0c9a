"""What is said of the files of rules in Chinese: their mistakes, and what a new policy or calendar would change.

The checks say it in English, with facts in between; keys stay as the file writes them.
"""

from __future__ import annotations

import re

from domain.label import Label

_TABLE = tuple[tuple[re.Pattern[str], str], ...]


def _compiled(rows: tuple[tuple[str, str], ...]) -> _TABLE:
    return tuple((re.compile(pattern), zh) for pattern, zh in rows)


KINDS = {
    "nothing": "空", "a number": "数字", "yes/no": "是否值", "a date": "日期", "text": "文字", "a list": "列表", "a mapping": "键值",
}  # fmt: skip
"""What a value of a file is, in the words of `services.marked_yaml`."""

_PROBLEMS = _compiled((
    (r"is (.+) where a mapping is expected", r"是{\1}，此处应为键值"),
    (r"is (.+) where a list is expected", r"是{\1}，此处应为列表"),
    (r"is (.+) where text is expected", r"是{\1}，此处应为文字"),
    (r"is (.+) where a whole number is expected", r"是{\1}，此处应为整数"),
    (r"is (.+) where a number is expected", r"是{\1}，此处应为数字"),
    (r"is (.+) where true or false is expected", r"是{\1}，此处应为 true 或 false"),
    (r"is (.+) where a date is expected", r"是{\1}，此处应为日期"),
    (r"is (.+) where a limit is expected", r"是{\1}，此处应为时限"),
    (r"has a key that is not plain text", "有一个键不是文字"),
    (r"has a key that is not a whole number", "有一个键不是整数"),
    (r"is larger than (.+) bytes", r"超过 \1 字节"),
    (r"is empty: nobody decides this stage", "为空：该环节无人审批"),
    (r"is empty", "为空"),
    (r"is given twice, first on line (.+)", r"重复，首次在第 \1 行"),
    (r"cannot be read \((.+)\)", r"无法读取（\1）"),
    (r"is not UTF-8 text", "不是 UTF-8 文本"),
    (r"is not readable as YAML \((.+)\)", r"不是有效的 YAML（\1）"),
    (r"is missing", "缺少"),
    (r"is not a known key", "没有这个键"),
    (r"lies before summer_from", "早于 summer_from"),
    (r"opens at (.+), before the one above closes at (.+)", r"\1 开始，早于上一时段结束的 \2"),
    (r"closes at (.+), before it opens at (.+)", r"\1 结束，早于开始的 \2"),
    (r"has (.+) rungs", r"只有 \1 个层级"),
    (r"the ladder has a gap: rung (.+) stands where rung (.+) is expected", r"层级不连续：第 \2 级的位置上是第 \1 级"),
    (r"has no limit, but there are rungs above it", "没有时限，而其上还有层级"),
    (r"must be null", "须为 null"),
    (r"is null", "为 null"),
    (r"(.+) extensions, but extensions.approvers names (.+)", r"可延期 \1 次，而 extensions.approvers 只列了 \2 个岗位"),
    (r"(.+) is not a known rule", r"没有规则 \1"),
    (r"category (.+) does not exist", r"没有类别 \1"),
    (r"class (.+) does not exist", r"没有办件类型 \1"),
    (r"severity (.+) does not exist", r"没有紧急程度 \1"),
    (r"(.+) is not before the due day", r"\1 不在到期日之前"),
    (r"(.+) is not after the due day", r"\1 不在到期日之后"),
    (r"(.+) does not come after (.+) \((.+)\)", r"\1 不晚于 \2（\3）"),
    (r"is not known to the rules of a case", "不是办理规则中的名称"),
    (r"has fewer than two grades", "等级少于两个"),
    (r"(.+) is not a grade below the best", r"\1 不是最高等级以下的等级"),
    (r"is negative", "为负数"),
    (r"(.+) is below suggest_at \((.+)\)", r"\1 低于 suggest_at（\2）"),
    (r"(.+) does not recur", r"\1 家不成其为多家"),
    (r"(.+) cases can be told apart by who knows one of them", r"\1 件过少：知道其中一件者可推知其余"),
    (r"names no kind of file", "没有列出任何文件类型"),
    (r"(.+) is not above zero", r"\1 不大于零"),
    (r"(.+) is below zero", r"\1 小于零"),
    (r"(.+) is no share of solved", r"\1 不是办成份额"),
    (r"(.+) is not a step of the desk", r"\1 不是推进办的步骤"),
    (r"(.+) is the code of another (?:rung|stage|node)", r"编码 \1 已被使用"),
    (r"(.+) is the name of another (?:one|source)", r"名称 \1 已被使用"),
    (r"tracking is reached by the action `track` alone", "tracking 只能经 track 步骤进入"),
    (r"(.+) already leads the (?:category|type)", r"\1 已是牵头单位"),
    (r"(.+) does not use \{year\} and \{n\}", r"\1 没有用到 {year} 和 {n}"),
    (r"(.+) is not between (.+) and (.+)", r"\1 不在 \2 到 \3 之间"),
    (r"gives the same numbers as (.+)", r"与 \1 编出的号相同"),
    (r"(.+) is no kind of channel", r"没有渠道类型 \1"),
    (r"means nothing to a channel of kind (.+)", r"对 \1 类渠道无意义"),
    (r"(.+) cannot be part of a setting's name", r"\1 不能用作设置项名称的一部分"),
    (r"(.+) cannot stand in an address and in a setting's name", r"\1 不能用于地址和设置项名称"),
    (r"(.+) is no (?:unit|account) of the directory", r"名录中没有 \1"),
    (r"(.+) is no (?:message|role|event of a case)", r"没有 \1"),
    (r"the template is no JSON: (.+)", r"模板不是 JSON：\1"),
    (r"the template names (.+); there are (.+)", r"模板用了 \1；可用：\2"),
    (r"must be an https address.*", "须为 https 地址"),
    (r"names no port from 1 to 65535, or no host", "主机或端口不正确"),
    (r"holds characters that must be percent-encoded", "含有须转义的字符"),
    (r"must not hold a user or password", "不得含用户名或密码"),
    (r"(.+) is no attribute of this type", r"\1 不是该类要素的属性"),
    (r"(.+) is the basis of no limit", r"\1 是时限依据，却没有时限"),
    (r"(.+) is not a known unit", r"没有计量单位 \1"),
    (r"group (.+) is interrupted", r"分组 \1 不连续"),
    (r"names a role twice", "同一岗位出现两次"),
    (r"does not go with mode (.+)", r"与方式 \1 不相容"),
    (r"has mode quorum without a quorum", "方式为 quorum，却没有写 quorum"),
    (r"(.+) of (.+) approvers .*", r"\2 个审批岗位中的 \1 个不可行"),
    (r"begin and end at (.+), which says nothing", r"起止都是 \1，没有意义"),
    (r"(.+) is not an address", r"\1 不是邮箱地址"),
    (r"(.+) is less than the (.+) of a (.+)", r"\1 少于每 \3 的 \2"),
    (r"unit (.+) is not in the directory", r"名录中没有单位 \1"),
    (r"account (.+) is not a deputy chief of the directory", r"\1 不是名录中的副区长"),
    (r"nobody holds the role (.+) of unit (.+): the chain has no approver there", r"单位 \2 无人担任 \1：该环节没有审批人"),
    (r"nobody holds the role (.+): the chain has no approver there", r"无人担任 \1：该环节没有审批人"),
    (r"nobody holds the role (.+)", r"无人担任 \1"),
    (r"unit (.+) has nobody in the role (.+)", r"单位 \1 无人担任 \2"),
    (r"unit (.+) is no longer active", r"单位 \1 已停用"),
    (r"(.+) is no node of the chain", r"节点链中没有 \1"),
    (r"(.+) is no number of (?:days|months)", r"\1 不是可用的天数或月数"),
    (r"is given for a node that is no key node", "只有关键节点才有此项"),
    (r"(.+) is not above yellow's (.+)", r"\1 不大于黄色的 \2"),
    (r"(.+) is no category and no type of factor", r"\1 既不是类别，也不是要素类型"),
    (r"is neither a path nor a header", "既不是路径，也不是请求头"),
    (r"has to hold \{body\} once", "须恰好含一个 {body}"),
    (r"holds \{timestamp\}, and no header is named for it", "含 {timestamp}，却没有指定其请求头"),
    (r"(.+) seconds is no sensible age", r"\1 秒不是合理的时效"),
    (r"(.+) is no form service", r"没有表单服务 \1"),
    (r"(.+) is filled by nothing", r"\1 没有对应的问题"),
    (r"(.+) is no category", r"没有类别 \1"),
    (r"(.+) is no severity", r"没有紧急程度 \1"),
    (r"(.+) is no path", r"\1 不是路径"),
    (r"(.+) is no header's name", r"\1 不是请求头名称"),
    (r"(.+) is no field of a report", r"\1 不是诉求的字段"),
    (r"is known of (.+) already", r"\1 已自带此项"),
    (r"(.+) is not a time of day", r"\1 不是时刻"),
    (r"(.+) is not a day of the year", r"\1 不是月日"),
    (r"(.+) is not a limit", r"\1 不是时限"),
    (r"(?:(.+) )?is a limit without a unit", "时限没有写单位"),
    (r"(.+) is not a stretch of office time", r"\1 不是办公时段"),
    (r"(.+) is not the form of a policy", r"\1 不是规则文件的格式"),
    (r"(.+) is not a unit of time", r"\1 不是时间单位"),
    (r"(.+) is not a time zone", r"\1 不是时区"),
    (r"(.+) is not a whole number above zero", r"\1 不是大于零的整数"),
    (r"(.+) is longer than any calendar reaches", r"\1 超出日历范围"),
    (r"(.+) already ends on a working day", r"\1 本就止于工作日"),
    (r"(.+) is not allowed here", r"此处不能填 \1"),
    (r"is (nothing|a number|yes/no|a date|text|a list|a mapping)", r"是{\1}"),
))  # fmt: skip

_REMEDIES = _compiled((
    (r"did you mean (.+)\? \((.+)\)", r"是否应为 \1？"),
    (r"did you mean (.+)\?", r"是否应为 \1？"),
    (r"use one of (.+)", r"可用：\1"),
    (r"(?:name|choose) (?:one|some) of (.+)", r"可填：\1"),
    (r"name at least one of (.+)", r"至少填一个：\1"),
    (r"name at least one role.*", "至少填一个岗位"),
    (r"name another, e\.g\. its successor (.+)", r"请另填，例如其承接单位 \1"),
    (r"name another role, or give somebody this one", "请改填其他岗位，或让人担任此岗"),
    (r"give the role to somebody in the directory, or name another role", "请在名录中让人担任此岗，或改填其他岗位"),
    (r"add that person to the directory", "请在名录中补上此人"),
    (r"name another", "请另填"),
    (r"give (?:each \w+ a code|each a name) of its own", "各用各的名称或编码"),
    (r"name it once, as lead or as supporter", "牵头或配合只填一次"),
    (r"name each role once", "每个岗位只填一次"),
    (r"remove it, or (?:use|write) (.+)", r"请删去，或改为 \1"),
    (r"leave (?:it )?out(?: (.+))?", "请删去"),
    (r"leave out `, rolls`", "请去掉 `, rolls`"),
    (r"keep one of the two", "保留其中一个"),
    (r"check the path (.+)", r"请检查路径 \1"),
    (r"split the file", "请拆分文件"),
    (r"save (?:it|the file) as UTF-8", "请另存为 UTF-8"),
    (r"check indentation, quotes and colons here and on the line above", "请检查本行及上一行的缩进、引号和冒号"),
    (r"remove the character", "请删去该字符"),
    (r"start from the demo district's file of that name", "可从示例区的同名文件改起"),
    (r"use a word as the key", "请用文字作键"),
    (r"number the rungs 1, 2, 3 … in order, here (.+)", r"请按 1、2、3 顺序编号，此处为 \1"),
    (r"number the entries 1, 2, 3 …", "请按 1、2、3 编号"),
    (r"add `(.+?):`(?: to (.+?))?(?: \(`(.+): null` if there is none\))?", r"请加上 `\1:`"),
    (r"add the class of cases without a closing date, `close: null`", "请加上无办结时限的类型，写 `close: null`"),
    (r"begin the file with `(.+)`", r"文件请以 `\1` 开头"),
    (r"begin it with `\$\.`.*", "请以 `$.` 开头，例如 $.data.answers"),
    (r"say of what: (.+)", r"请写明单位：\1"),
    (r"a tracked case has no closing date; write `close: null`", "长期跟踪没有办结时限，请写 `close: null`"),
    (r"list the sessions in their order, without overlap", "请按先后列出时段，不得重叠"),
    (r"list the stages of a group one below the other", "同组环节请排在一起"),
    (r"let the shares grow along the chain", "份额须沿节点链递增"),
    (r"let red begin later than yellow", "红色须晚于黄色"),
    (r"name keys of categories or factor_types", "请填 categories 或 factor_types 中的键"),
    (r"name it: `(.+)`", r"请写明：`\1`"),
    (r"name the question that asks for it: `(.+)`", r"请写明对应的问题：`\1`"),
    (r"choose another text before the number", "请换用其他字头"),
    (r"give at least one session such as (.+)", r"至少写一个时段，例如 \1"),
    (r"give sessions, first day and last day of the summer, or none", "夏令时段、起日、止日须都写或都不写"),
    (r"give all rungs from 1 \(desk\) to (.+) \(city\)", r"请写全 1 级（推进办）到 \1 级（市级）"),
    (r"give a label to each grade, e\.g\. 5 to 1", "请为每个等级写名称，例如 5 到 1"),
    (r"give the chain at least one stage", "至少写一个环节"),
    (r"give `by` and `limits` together, or neither", "`by` 和 `limits` 须都写或都不写"),
    (r"use a name like (.+)", r"请用例如 \1 的名称"),
    (r"use (.+)", r"请用 \1"),
    (r"write digits only, without quotes", "只写数字，不加引号"),
    (r"write true or false", "请写 true 或 false"),
    (r"write a text", "请写文字"),
    (r"write it in quotes(?: as (.+))?", "请加引号"),
    (r"write `key: value` lines indented below it", "请在其下缩进写 `key: value`"),
    (r"write it as \[first, second\] or as lines with `- `", "请写作方括号内的列表，或逐行以减号开头"),
    (r"write to the desk only about what is also shown: raise it", "请调高：只就页面上也显示的内容告知推进办"),
    (r"write the last day of the summer, in the same year", "请写同一年的夏令止日"),
    (r"write the earlier time first", "请先写较早的时间"),
    (r"write the longer time's limit as the larger one", "较长时段的限额须较大"),
    (r"write the largest quantity that can be asked for", "请写可申请的最大数量"),
    (r"write two times, or `quiet: null` for none", "请写两个时刻，或写 `quiet: null` 表示不设"),
    (r"write one such as (.+); the top rung alone may have null", r"请写例如 \1；只有最高层级可为 null"),
    (r"write a limit such as (.+); only tracking goes without", r"请写例如 \1 的时限；只有长期跟踪可不写"),
    (r"write up to (\d+) small letters.*", r"最多 \1 个小写字母、数字和连接符，以字母开头"),
    (r"write letters, digits and hyphens", "请用字母、数字和连字符"),
    (r"write a number from (.+) to (.+)", r"请填 \1 到 \2 的数字"),
    (r"write one from (.+) to (.+)", r"请填 \1 到 \2"),
    (r"write (\S+) to (\S+)", r"请填 \1 到 \2"),
    (r"write (\S+) or more(?:, usually (.+))?", r"请填 \1 或以上"),
    (r"write more than (.+)", r"请填大于 \1 的数"),
    (r"write at most (.+), or name another approver", r"最多 \1，或再列一个审批岗位"),
    (r"write at most (.+)", r"最多 \1"),
    (r"write \$\.id for a path, X-Delivery for a header", "路径写 $.id，请求头写 X-Delivery"),
    (r"write month and day as (.+)", r"请按 \1 写月日"),
    (r"write e\.g\. (\S+), or null to send each mail by itself", r"例如写作 \1，或写 null 表示逐封发送"),
    (r"write e\.g\. (.+)", r"例如写作 \1"),
    (r"write it as (.+)", r"请写作 \1"),
    (r"write (.+?), or (?:give the limit|leave needs out)", r"请写 \1，或相应修改"),
    (r"write (.+)", r"请写作 \1"),
))  # fmt: skip

_MISTAKE = re.compile(r"(?P<file>[^\s:]+)(?::(?P<line>\d+))?:(?: (?P<key>\S+?):)? (?P<said>.+)", re.DOTALL)
_SHOWN = re.compile(r"\{(nothing|a number|yes/no|a date|text|a list|a mapping|'[^']*'|\"[^\"]*\")\}")


def rule_problem_zh(said: str) -> str | None:
    """What is wrong at a key of a file; None for what has no Chinese yet."""
    found = _said(_PROBLEMS, said)
    return None if found is None else _SHOWN.sub(lambda one: KINDS.get(one[1], one[1]), found)


def rule_remedy_zh(said: str) -> str | None:
    """What to write instead; None for what has no Chinese yet."""
    return _said(_REMEDIES, said)


def _said(table: _TABLE, said: str) -> str | None:
    for pattern, zh in table:
        found = pattern.fullmatch(said)
        if found is not None:
            # Not every alternative of a sentence holds each fact.
            return re.sub(r"\\(\d)", lambda place, match=found: match[int(place[1])] or "", zh)  # type: ignore[misc]
    return None


def mistake_label(line: str) -> Label:
    """A mistake as a check lists it (`policy.yaml:12: rungs.1.limit: is missing; write …`), in both languages."""
    found = _MISTAKE.fullmatch(line)
    if found is None:
        return Label(_edit_zh(line) or line, line)
    parts = found["said"].split("; ")
    for cut in range(1, len(parts)):
        problem, remedy = rule_problem_zh("; ".join(parts[:cut])), rule_remedy_zh("; ".join(parts[cut:]))
        if problem is not None and remedy is not None:
            where = [found["file"] + (f" 第 {found['line']} 行" if found["line"] else ""), found["key"]]
            return Label(f"{'，'.join(part for part in where if part)}：{problem}；{remedy}", line)
    return Label(line, line)


# -- differences -------------------------------------------------------------------------------------------------------

_LIMIT = re.compile(r"(\d+) (working hour|working day|half day|day|month)s?(, rolls)?")
_UNITS = {"working hour": "个工作小时", "working day": "个工作日", "half day": "个半天", "day": "天", "month": "个月"}
_WORDS = {
    "(none)": "（无）", "True": "是", "False": "否", "half day": "半天", "off": "休息", "estimated": "推定", "announced": "已公布",
}  # fmt: skip
_GLOSSES = {
    "close": "办结时限", "first_contact": "首次联系时限", "interim": "进展报告周期", "plan": "办理方案时限", "max_extensions": "最多延期次数",
    "limit": "时限", "lead": "牵头单位", "supporters": "配合单位", "deputy": "分管领导", "label": "名称", "hint": "说明", "holders": "办理岗位",
    "copies": "抄送", "to": "主送", "days": "天数", "answer_within": "回复时限", "climbs": "是否提级", "by_hand": "是否人工", "approvers": "审批岗位",
    "max_days": "最多天数", "attempts": "回访次数", "dispute_at": "视为未解决的等级", "max_redos": "重办次数", "report_waiting": "来件确认时限",
    "triage": "分办时限", "sign_for": "签收时限", "return_window": "退回期限", "ruling": "裁定时限", "answer": "配合答复时限",
    "approval_step": "审批时限", "consultation": "会商时限", "suspension_review": "挂起复核周期", "tracking_interim": "跟踪报告周期",
    "tracking_end": "跟踪期限", "follow_up": "回访时限", "redo": "重办时限", "dispute_window": "异议期限", "city_report": "上报市级周期",
    "opens": "开始", "closes": "结束", "summer_from": "夏令起日", "summer_to": "夏令止日", "desk_unit": "推进办", "default_class": "默认办件类型",
    "link_valid_days": "链接有效天数", "bundle_minutes": "合并等待分钟", "confirmations_per_day": "每日确认邮件数", "reply_to": "回信地址",
    "operator": "运维邮箱", "minute": "每分钟", "hour": "每小时", "day": "每日", "enabled": "是否公开", "min_cell": "最少件数", "largest": "最大数量",
    "solved": "办成份额", "meeting": "会议", "does": "职责", "megabytes": "兆字节", "most": "最多个数", "dismissed_days": "保留天数",
}  # fmt: skip
"""What the last word of a policy's key means."""


def difference_label(line: str) -> Label:
    """A line of what a new policy or calendar would change, in both languages; the key stays as the file writes it."""
    key, _, change = line.partition(": ")
    added = re.fullmatch(r"(\S+) to (\S+): added", line)
    if added is not None:
        return Label(f"{added[1]} 至 {added[2]}：新增", line)
    old, arrow, new = change.partition(" -> ")
    if not arrow:
        return Label(line, line)
    gloss = _GLOSSES.get(key.rpartition(".")[2], "") if not key[:4].isdecimal() else ""
    named = f"{key}（{gloss}）" if gloss else f"{key} 年" if re.fullmatch(r"\d{4}", key) else key
    return Label(f"{named}：{_value_zh(old)} → {_value_zh(new)}", line)


def _value_zh(said: str) -> str:
    if said in _WORDS:
        return _WORDS[said]
    limit = _LIMIT.fullmatch(said)
    if limit is None:
        return said
    return f"{limit[1]} {_UNITS[limit[2]]}{'（遇非工作日顺延）' if limit[3] else ''}"


# -- the calendar's CSV ------------------------------------------------------------------------------------------------

_EDITS = _compiled((
    (r"line (\d+): a year takes the word announced, not (.+)", r"第 \1 行：年份后只能写 announced，不能写 \2"),
    (r"line (\d+): (.+) is no day; write YYYY-MM-DD", r"第 \1 行：\2 不是日期，请写作 YYYY-MM-DD"),
    (r"line (\d+): (.+) stands here twice; keep one of them", r"第 \1 行：\2 重复，请保留一行"),
    (r"line (\d+): hours takes sessions in order, each closing after it opens, not (.+)", r"第 \1 行：时段须按先后排列且先开始后结束，不能写 \2"),
    (r"line (\d+): hours takes (.+), not (.+)", r"第 \1 行：时段请写作 \2，不能写 \3"),
    (r"line (\d+): hours takes (.+)", r"第 \1 行：时段请写作 \2"),
))  # fmt: skip


def _edit_zh(line: str) -> str | None:
    return _said(_EDITS, line)
