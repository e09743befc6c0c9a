"""What the holder of a personal link does: the action through the casebook, its files beside it, and what came of it in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from domain.files import WITH_FILES
from domain.lifecycle import ACTIONS, FieldKind
from domain.policy import Label
from services.attachments import FIELD, HeldFile, add_to_case
from services.casebook import Request, open_casebook
from services.done_already import already, done_before
from services.file_store import FileStore
from services.links import Grant
from services.office import Office
from services.page_types import Done, LinkRefused
from services.refusal_words import allowed_now, in_words

_SAID = {
    "reply": Label("已提交，等待单位负责人签发。", "Sent. It now waits for the sign-off by the head of your unit."),
    "ask_extension": Label("申请已提交审批。", "Your request was sent for approval."),
    "ask_suspension": Label("申请已提交审批。", "Your request was sent for approval."),
    "confirm": Label("感谢您的评价。", "Thank you for your rating."),
    "dispute": Label("已退回，我们将继续办理。", "We have taken it up again."),
    "hand_back": Label(
        "已退回补正，待补正后再请您决定。", "Returned for supplement. You are asked again once it is there."
    ),
    "resubmit": Label("已再次提交审批。", "It was sent for the decision again."),
}
_TAKEN_UP = Label(
    "感谢您的评价。该结果视为未解决，我们将继续办理。",
    "Thank you for your rating. It counts as not solved: the case is taken up again.",
)


def perform(
    office: Office,
    session: Session,
    grant: Grant,
    action: str,
    values: Mapping[str, str],
    files: Sequence[HeldFile] = (),
) -> Done:
    """Do what a link's holder asked, with the files that came with it. Raises LinkRefused, FilesUnavailable."""
    book = open_casebook(office, session)
    known = ACTIONS.get(action)
    if known is None:
        return Done(False, Label("没有这个操作。", "There is no such action."))
    many = {f.name for f in known.fields if f.kind is FieldKind.UNITS}
    fields = {
        f.name: (values[f.name].split(",") if f.name in many else values[f.name])
        for f in known.fields
        if values.get(f.name)
    }
    if action == "dispute":
        fields |= {k: values[k] for k in ("result", "attitude") if values.get(k)}
    if grant.case_id is None:
        raise LinkRefused("unknown", False)
    gone = next((f.name for f in files if not FileStore(office.settings).there(f.sha256)), None)
    if gone is not None:
        return Done(
            False,
            Label(f"“{gone}”保留时间已过，请重新选择。", f"“{gone}” was held for an hour; choose it again."),
            FIELD,
        )
    [result] = book.apply([Request(grant.case_id, action, grant.actor(), fields)])
    if result.refusal is not None:
        before = done_before(session, grant.case_id, action, result.refusal, book.people, grant)
        if before is not None:
            return Done(
                False, already(office, before, result.refusal), allowed=allowed_now(result.refusal), already=True
            )
        field = result.refusal.facts.get("field")
        return Done(False, in_words(result.refusal), str(field) if field else None, allowed_now(result.refusal))
    if files and action in WITH_FILES:
        add_to_case(office, book, grant.case_id, grant.actor(), action, files)
    if action == "confirm" and int(values["result"]) <= office.policy.follow_up.dispute_at:
        return Done(True, _TAKEN_UP)
    return Done(True, _SAID.get(action, Label(f"已记录：{known.label.zh}。", f"Done: {known.label.en}.")))
