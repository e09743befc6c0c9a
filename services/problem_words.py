"""What may be wrong with a field, in Chinese: the rules say it in English, with facts in between."""

from __future__ import annotations

import re

_PROBLEMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), zh)
    for pattern, zh in (
        (r"is longer than (\d+) characters.*", r"超过 \1 个字符，请精简或以附件提交"),
        (r"has (\d+) characters; at most (\d+) are taken.*", r"共 \1 个字符，最多 \2 个，其余请写入具体情况"),
        (r"takes a whole number from (\d+) to (\d+).*", r"请填 \1 到 \2 的整数"),
        (r"takes a day as YYYY-MM-DD.*", "请按 YYYY-MM-DD 填写日期"),
        (r"(.+) is not one of (.+)", r"\1 不在可选范围内：\2"),
        (r"unit (.+) is not in the directory", r"单位 \1 不在名录中"),
        (r"unit (.+) is no longer active.*", r"单位 \1 已停用，请另选"),
        (r"(.+) is not after today", r"\1 须晚于今天"),
        (r"is not after the present closing day", "须晚于目前的办结日期"),
        (r"is later than (.+): an extension is no longer than the limit", r"晚于 \1:延期不得超过原办理时限"),
        (r"suspensions for (.+) last (\d+) days in all; (-?\d+) are left", r"该原因累计最多挂起 \2 天，还剩 \3 天"),
        (r"leads the case already", "已是牵头单位"),
        (r"names the unit that sends the case back", "不能是退回单位本身"),
        (r"names the case itself", "不能是本事项自身"),
        (r"(.+) is not an open case", r"\1 不是在办事项"),
        (r"(.+) is not on the list of projects", r"\1 不在项目名单中"),
        (r"has no closing limit", "该类型没有办结时限"),
        (r"cannot be changed while the case is (.+)", "当前状态下不能修改"),
        (r"takes lines of unit; what; YYYY-MM-DD", "每行填写：单位；事项；YYYY-MM-DD"),
        (r"(.+) is not a mail address such as (.+)", r"\1 不是有效邮箱，例如 \2"),
        (r"takes text", "请填写文字"),
        (r"“(.*)” is of a kind that is not taken; send (.+)", r"不接收“\1”这类文件；可上传：\2"),
        (r"“(.*)” is not what its ending says.*", r"“\1”的内容与扩展名不符，请上传原始文件"),
        (r"“(.*)” is no plain (\w+) document.*", r"“\1”不是普通的 \2 文档，请去掉宏后另存，或改用 PDF"),
        (r"“(.*)” is larger than (\d+) MB", r"“\1”超过 \2 MB"),
        (r"“(.*)” is empty", r"“\1”是空文件"),
        (r"“(.*)” was held for an hour; choose it again", r"“\1”保留时间已过，请重新选择"),
        (r"(\d+) files were sent; at most (\d+) are taken at once", r"共选择了 \1 个文件，一次最多 \2 个"),
        (r"no files are taken at the moment.*", "目前无法接收文件，请先提交文字，确认后再补充"),
        (r"is not UTF-8.*", "不是 UTF-8 编码"),
        (r"(.+) is above the gap of (.+); grant.*", r"\1 超过缺口 \2，批准数量不得超过缺口"),
        (r"nothing is missing any more.*", "已全部落实，没有缺口"),
        (r"(.+) is before the request of (.+); .*", r"\1 早于申请日期 \2，请核对文件日期"),
        (r"(.+) is in the future; a grant.*", r"\1 晚于今天，批准后方可登记"),
        (r"(.+) has passed; a grant.*", r"有效期 \1 已过"),
        (r"(.+) was used for another grant.*", r"文号 \1 已用于同类要素的另一批复"),
        (r"is given with the last decision on this stage.*", "批准数量由本环节最后一位审批人填写"),
        (r"(.+) is not above zero; a quantity.*", r"\1 须大于零"),
        (r"(.+) is not a quantity; .*", r"\1 不是数量，只写数字和小数点"),
        (r"(.+) has more than (\d+) decimal places.*", r"\1 的小数超过 \2 位"),
        (r"(.+) is beyond anything.*", "数量过大，请核对数字和单位"),
        (r"(.+) is not a known unit; .*", r"\1 不是可用的单位"),
        (r"(\S+) cannot be converted to ([^:]+): .*", r"\1 不能换算为 \2，请按 \2 填写"),
        (r"(.+) is no exact number of (.+); .*", r"\1 不能精确换算为 \2，请按文件所载单位填写"),
        (r"(.+) cannot be: (.+) are counted in whole numbers", r"\1:\2 须为整数"),
        (r"(.+) is above (.+), the largest.*", r"\1 超过允许的最大值 \2，请核对单位"),
        (r"(.+) is above the (.+) that are left of (.+)", r"\1 超过 \3 尚余的 \2"),
        (r"(.+) is no grant of this request.*", r"\1 不是本申请的批复"),
        (r"(.+) is no stage of this request.*", r"\1 不是本申请的环节"),
        (r"(.+) is no project of this district.*", r"\1 不在项目名单中"),
        (r"(.+) is no difficulty of this office.*", r"\1 不是本办的难题编号"),
        (r"(\d{4}-\d\d-\d\d) has passed; name a day.*", r"\1 已过，请填今天或以后的日期"),
        (r"is not JSON", "不是 JSON"),
        (r"is not a JSON object", "不是 JSON 对象"),
    )
)


def problem_zh(problem: str) -> str:
    """The Chinese for a field's problem; one that has none yet stays as it is."""
    for pattern, zh in _PROBLEMS:
        found = pattern.fullmatch(problem)
        if found is not None:
            return found.expand(zh)
    return problem
