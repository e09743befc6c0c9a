"""What a program is told when something is wrong: application/problem+json (RFC 9457), in its language, never a trace."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.policy import Label
from domain.refusals import FieldRefused
from services.refusal_words import in_words
from web.errors import fault_of
from web.languages import preferred

KIND = "application/problem+json"
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Problem(Exception):
    """An answer that is no success. `code` is stable for programs, `detail` for people; `where` names the field that has to be mended."""

    status: int
    code: str
    detail: Label
    where: str | None = None
    allowed: Sequence[Mapping[str, Any]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, request: Request) -> Response:
        """The answer in the language that the request prefers, Chinese where it names none."""
        locale = preferred(request.headers.get("accept-language", ""))
        said: dict[str, Any] = {
            "type": f"urn:expedite:problem:{self.code}", "title": HTTPStatus(self.status).phrase, "status": self.status, "code": self.code,
            "detail": self.detail.en if locale == "en" else self.detail.zh,
        }  # fmt: skip
        if self.where is not None:
            said["field"] = self.where
        if self.allowed:
            said["allowed"] = [dict(one) for one in self.allowed]
        language = {"content-language": "zh-CN" if locale == "zh" else "en", "vary": "accept-language"}
        return JSONResponse(said, self.status, {**language, **self.headers}, media_type=KIND)


def not_there() -> Problem:
    """What is not there, or not for this key: nobody learns which."""
    return Problem(404, "not_found", Label("没有这一内容。", "There is no such thing here."))


def answer(request: Request, exc: Exception) -> Response:
    """The answer to an error of any kind."""
    return problem_of(exc).response(request)


def problem_of(exc: Exception) -> Problem:
    """What is told of an error."""
    match exc:
        case Problem():
            return exc
        case RequestValidationError():
            return _invalid(exc)
        case FieldRefused():
            named = exc.facts.get("field")
            return Problem(422, exc.code, in_words(exc), str(named) if named else None)
        case HTTPException() if exc.status_code == 404:
            return not_there()
        case HTTPException() if exc.status_code == 405:
            return Problem(
                405, "method_not_allowed", Label("此地址不支持该方法。", "This address does not take that method."),
                headers=dict(exc.headers or {}),
            )  # fmt: skip
        case HTTPException() if exc.status_code == 400:
            return Problem(
                422,
                "body_unreadable",
                Label("请求内容须为 UTF-8 的 JSON。", "The body has to be JSON in UTF-8."),
                "body",
            )
        case _:
            fault = fault_of(exc)
            if fault.status == 500:
                logger.error("an error of ours", exc_info=exc)
            code, zh = _FAULTS.get(fault.status, _FAULTS[500])
            return Problem(fault.status, code, Label(zh, f"{fault.error}; {fault.remedy}."), headers=fault.headers)


_FAULTS = {
    413: ("body_too_large", "请求内容过大。"),
    429: ("too_often", "请求过于频繁，请稍后再试。"),
    500: ("our_error", "系统出错，请稍后再试。"),
    503: ("store_unreachable", "暂时无法访问数据库，请稍后重发。"),
}


_WRONG_ZH: dict[str, str] = {
    "bool": "请填 true 或 false", "date": "请按 YYYY-MM-DD 填写日期", "dict": "须为 JSON 对象", "enum": "可选：{expected}",
    "extra_forbidden": "没有这一字段", "greater_than": "须大于 {gt}", "greater_than_equal": "不得小于 {ge}", "int": "请填写整数",
    "less_than": "须小于 {lt}", "less_than_equal": "不得大于 {le}", "list": "须为列表", "literal_error": "可选：{expected}",
    "model": "须为 JSON 对象", "string_too_long": "不得超过 {max_length} 个字符",
    "string_too_short": "不得少于 {min_length} 个字符", "string": "请填写文字", "datetime": "请按 ISO 8601 填写日期和时间",
    "too_long": "不得超过 {max_length} 项", "too_short": "不得少于 {min_length} 项", "float": "请填写数字",
}  # fmt: skip
"""By pydantic's kind of mistake, or the beginning of its name."""

_FORMS: dict[str, Label] = {
    "Idempotency-Key": Label("须为 8 至 128 个可见的英文字符、数字或符号", "takes 8 to 128 visible ASCII characters"),
    "code": Label("请填编号，例如 DIF-2026-0042", "takes a code, e.g. DIF-2026-0042"),
    "action": Label("请填步骤的代码，例如 dispatch", "takes the code of a step, e.g. dispatch"),
    "on_behalf": Label("请填人员编号", "takes the id of an account"),
    "email": Label("请填有效邮箱，例如 name@example.com", "takes a mail address, e.g. name@example.com"),
    "name": Label("不得为空，也不得含控制字符", "takes text without control characters"),
}
"""What a field has to look like whose form is given by a pattern: that is for programs."""


def _wrong(mistake: Mapping[str, Any], field: str) -> Label:
    if mistake["type"] == "string_pattern_mismatch":
        return _FORMS.get(field, Label("含有不接受的字符", "has characters that are not taken"))
    return Label(_wrong_zh(mistake), str(mistake["msg"]))


def _wrong_zh(mistake: Mapping[str, Any]) -> str:
    kind, facts = str(mistake["type"]), dict(mistake.get("ctx") or {})
    template = _WRONG_ZH.get(kind) or _WRONG_ZH.get(kind.partition("_")[0]) or "格式不正确"
    if "expected" in facts:
        facts["expected"] = str(facts["expected"]).replace(" or ", "、").replace(", ", "、")
    try:
        return template.format(**facts)
    except (KeyError, IndexError):
        return "格式不正确"


def _invalid(exc: RequestValidationError) -> Problem:
    first = exc.errors()[0]
    where = [str(part) for part in first["loc"] if part not in ("query", "path", "header")]
    if where[:1] == ["body"] and len(where) > 1 and first["type"] != "json_invalid":
        where = where[1:]
    # A key that a stranger made up may hold halves of characters, which no answer could say.
    named = ".".join(where)[:80].encode("utf-8", "replace").decode() or "body"
    if first["type"] == "json_invalid":
        return Problem(
            422, "body_unreadable", Label("请求内容须为 UTF-8 的 JSON。", "The body has to be JSON in UTF-8."), "body"
        )
    code = "field_missing" if first["type"] == "missing" else "field_wrong"
    said = _wrong(first, where[-1] if where else "")
    zh = f"请填写“{named}”。" if code == "field_missing" else f"“{named}”填写有误：{said.zh}。"
    return Problem(422, code, Label(zh, f"Field {named}: {said.en}."), named)
