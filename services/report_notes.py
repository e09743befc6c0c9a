"""What the rules could not make out in a report, in words for the desk that dispatches and amends it."""

from __future__ import annotations

from domain.lifecycle import Party
from domain.policy import Label
from models.case import Case

TRIAGING = frozenset({Party.CLERK, Party.DESK_HEAD})
"""Who may set right what a report says: they read these notes."""

UNMATCHED = Label(
    "未能与项目名单对应，请核对后更正", "not matched with the list of projects: please check and amend it"
)
"""What is said beside the name of a project that nobody knows, or that the public may not name by its code."""

_CATEGORY_SAID = "category_said:"
_NOTES = {
    "uscc_invalid": Label(
        "报告所写统一社会信用代码校验不符，未予采用，请核对企业。",
        "The report's unified social credit code is not valid and was left out: please check the enterprise.",
    ),
    "severity_unclear": Label(
        "报告所写紧急程度无法识别，请核对。", "The urgency that the report states was not understood: please check it."
    ),
    "lead_inactive": Label(
        "规则确定的牵头单位已停用，请核对承办单位。",
        "The lead that the rules name is no longer active: please check the unit.",
    ),
}


def project_unknown(row: Case) -> str | None:
    """The project that a report names and that is not known, as its reporter wrote it; None once the case has one."""
    return row.project_said if row.project_id is None and row.project_said else None


def notes_of(row: Case) -> tuple[Label, ...]:
    """What the desk has to look at in a report, until it is set right; what people wrote stands in quotation marks."""
    notes = []
    said = project_unknown(row)
    if said is not None:
        notes.append(
            Label(
                f"报告写明的项目“{said}”{UNMATCHED.zh}。",
                f"The project “{said}” that the report names was {UNMATCHED.en}.",
            )
        )
    for flag in row.flags:
        if flag.startswith(_CATEGORY_SAID) and row.category is None:
            said = flag.removeprefix(_CATEGORY_SAID)
            notes.append(
                Label(
                    f"报告写明的类别“{said}”不在类别表中，请确定类别。",
                    f"The category “{said}” that the report names is not known: please set it.",
                )
            )
        elif flag in _NOTES:
            notes.append(_NOTES[flag])
    return tuple(notes)
