"""The webhook channel: a parcel as JSON by a template of its variables, with the robots of WeCom and DingTalk as presets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from domain.policy import Label
from notifications.http_post import Answer, BadUrl, HttpPost
from notifications.message import from_facts
from notifications.notifier import BadChannel, Channel, ChannelSetting, Desk, Parcel
from notifications.render import locale_of, render
from notifications.standard_webhooks import BadSecret, read_secrets, signed, webhook_id
from notifications.transport import Refused
from notifications.wording import filters, one_line

PLACES = ("event", "id", "at", "locale", "case_code", "recipient", "subject", "due", "link", "variables")
"""What a template may name in braces; `{variables.due}` is one of the message's facts, null where it has none of that name."""

DEFAULT_TEMPLATE = (
    '{"id": "{id}", "event": "{event}", "at": "{at}", "locale": "{locale}", "case_code": "{case_code}", '
    '"recipient": "{recipient}", "subject": "{subject}", "link": "{link}", "variables": "{variables}"}'
)
DUE = Label("时限", "Due")
OPEN = Label("查看", "Open")

_PLACE = re.compile(r"\{([a-z_]+(?:\.[a-z_]+)?)\}")
# What marks up, links or calls somebody in a robot's message, and the look-alike that does not.
_TAME = str.maketrans("[]<>*`#|~@\\", "［］＜＞＊｀＃｜～＠＼")
_ADDRESS = re.compile(r"://|\bwww\.", re.IGNORECASE)


class BadTemplate(ValueError):
    """A template that is no JSON, or names what there is not."""


Body = Callable[[Parcel, Mapping[str, Any], Desk], object]
Judge = Callable[[Answer], Refused | None]


@dataclass(frozen=True, slots=True)
class Robot:
    """How a group's robot is written to: its body, and by its own codes whether the message was taken.

    The services answer 200 to everything; `later` are their codes for "too many" and "busy".
    """

    body: Body
    later: tuple[int, ...]

    def judge(self, answer: Answer) -> Refused | None:
        """None when the robot took it."""
        refused = answer.refusal()
        if refused is not None:
            return refused
        try:
            said = json.loads(answer.body)
            code = said["errcode"]
        except (ValueError, TypeError, KeyError):
            return Refused(permanent=False, code=answer.status, text="answers without an errcode: is this the robot?")
        if code == 0:
            return None
        text = one_line(str(said.get("errmsg", "")))[:300]
        return Refused(permanent=code not in self.later, code=code if isinstance(code, int) else None, text=text)


class WebhookChannel:
    """Posts each parcel to one address; `sign` gives headers and a part of the query for the body."""

    def __init__(
        self,
        desk: Desk,
        post: HttpPost,
        body: Body,
        judge: Judge,
        sign: Callable[[Parcel, bytes], tuple[dict[str, str], str]],
    ) -> None:
        self._desk, self._post, self._body, self._judge, self._sign = desk, post, body, judge, sign

    def __enter__(self) -> Self:
        self._post.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._post.__exit__(kind, error, trace)

    def send(self, parcel: Parcel) -> Refused | None:
        """Post the parcel; None when the answer says that it was taken."""
        # In ASCII: half a character, which some forms let through, could not be encoded.
        body = json.dumps(self._body(parcel, values_of(parcel, self._desk), self._desk)).encode()
        headers, query = self._sign(parcel, body)
        return self._judge(self._post.post(body, headers, query))


def webhook_channel(setting: ChannelSetting, desk: Desk) -> Channel:
    """Any service that takes JSON; signed as Standard Webhooks where a secret is set."""
    try:
        template = read_template(setting.template or DEFAULT_TEMPLATE)
        secrets = read_secrets(setting.secret)
    except (BadTemplate, BadSecret) as problem:
        raise BadChannel(setting.name, str(problem)) from problem

    def sign(parcel: Parcel, body: bytes) -> tuple[dict[str, str], str]:
        return signed(body, webhook_id(parcel.message_id), datetime.now(UTC), secrets), ""

    return WebhookChannel(
        desk, _session(setting), lambda parcel, values, _: filled(template, values), Answer.refusal, sign
    )


def wecom_channel(setting: ChannelSetting, desk: Desk) -> Channel:
    """A group robot of WeCom (企业微信): its address holds the key."""
    return WebhookChannel(desk, _session(setting), WECOM.body, WECOM.judge, lambda parcel, body: ({}, ""))


def dingtalk_channel(setting: ChannelSetting, desk: Desk) -> Channel:
    """A custom robot of DingTalk (钉钉): its address holds the token, its secret signs the moment."""

    def sign(parcel: Parcel, body: bytes) -> tuple[dict[str, str], str]:
        if not setting.secret:
            return {}, ""
        return {}, dingtalk_sign(setting.secret, int(datetime.now(UTC).timestamp() * 1000))

    return WebhookChannel(desk, _session(setting), DINGTALK.body, DINGTALK.judge, sign)


def dingtalk_sign(secret: str, milliseconds: int) -> str:
    """The part of the query that DingTalk's robots check: HMAC-SHA256 of moment and secret, by the secret."""
    mac = hmac.digest(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256)
    return f"timestamp={milliseconds}&sign={quote(base64.b64encode(mac), safe='')}"


def values_of(parcel: Parcel, desk: Desk) -> dict[str, Any]:
    """What a template may name, of one parcel: texts in its language; `link` leads to the board, which asks who one is."""
    message = from_facts(parcel.code, parcel.variables)
    language = locale_of(parcel.locale)
    said = message.sealed(language) if parcel.sealed else message
    link = desk.board_link(parcel.about)
    # Never the recipient's own link: whoever reads in the group could act by it.
    rendered = render(said, parcel.locale, dict.fromkeys(said.links[:1], link), desk.line)
    due = said.facts().get("due")
    return {
        "event": parcel.code, "id": webhook_id(parcel.message_id), "at": desk.now().astimezone(desk.line.zone).isoformat(),
        "locale": language, "case_code": parcel.about, "recipient": one_line(parcel.recipient), "subject": rendered.subject,
        "due": filters(language, desk.line.zone)["moment"](due) if isinstance(due, str) else None, "link": link,
        "variables": said.facts(),
    }  # fmt: skip


def read_template(text: str) -> object:
    """The template as a JSON value; BadTemplate says what is wrong with it."""
    try:
        template = json.loads(text)
    except ValueError as error:
        raise BadTemplate(f"the template is no JSON: {error}") from error
    for name in _named(template):
        if name.partition(".")[0] not in PLACES or ("." in name and not name.startswith("variables.")):
            raise BadTemplate(f"the template names {{{name}}}; there are {', '.join(PLACES)}, variables.NAME")
    return template


def filled(template: object, values: Mapping[str, Any]) -> object:
    """The template with its places filled. A string that is one place alone becomes the value itself.

    Only strings of the template that was read are filled, and the whole is written as JSON afterwards: whatever people wrote
    stays inside the string that it was put in.
    """
    if isinstance(template, dict):
        return {key: filled(item, values) for key, item in template.items()}
    if isinstance(template, list):
        return [filled(item, values) for item in template]
    if not isinstance(template, str):
        return template
    alone = _PLACE.fullmatch(template)
    if alone:
        return _value(alone[1], values)
    return _PLACE.sub(lambda found: _text(_value(found[1], values), values), template)


def tamed(text: str) -> str:
    """What people wrote, without anything that a robot's message takes for markup, a link, a mention or a line's end."""
    return _ADDRESS.sub(lambda found: found[0].replace("://", "：／／").replace(".", "．"), one_line(text)).translate(
        _TAME
    )


def _named(template: object) -> list[str]:
    if isinstance(template, dict):
        return [name for item in template.values() for name in _named(item)]
    if isinstance(template, list):
        return [name for item in template for name in _named(item)]
    return _PLACE.findall(template) if isinstance(template, str) else []


def _value(name: str, values: Mapping[str, Any]) -> Any:
    head, _, fact = name.partition(".")
    return values[head].get(fact) if fact else values[head]


def _text(value: Any, values: Mapping[str, Any]) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping) and set(value) == {"zh", "en"}:
        return str(value[values["locale"]])
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _session(setting: ChannelSetting) -> HttpPost:
    if not setting.url:
        raise BadChannel(setting.name, f"has no address: set {setting.variable('URL')}")
    try:
        return HttpPost(setting.url, private=setting.private, ca_file=setting.ca_file, timeout=setting.timeout)
    except BadUrl as problem:
        raise BadChannel(setting.name, f"its address {problem}") from problem


def _lines(values: Mapping[str, Any]) -> Sequence[str]:
    locale = values["locale"]
    lines = [f"**{tamed(values['subject'])}**"]
    if values["due"]:
        lines.append(f"> {DUE.in_(locale)}{'：' if locale == 'zh' else ': '}{tamed(values['due'])}")
    lines.append(f"[{OPEN.in_(locale)}]({values['link']})")
    return lines


def _wecom_body(parcel: Parcel, values: Mapping[str, Any], desk: Desk) -> object:
    return {"msgtype": "markdown", "markdown": {"content": cut("\n".join(_lines(values)), 4096)}}


def _dingtalk_body(parcel: Parcel, values: Mapping[str, Any], desk: Desk) -> object:
    title = tamed(values["subject"])[:60]
    return {"msgtype": "markdown", "markdown": {"title": title, "text": cut("\n\n".join(_lines(values)), 20000)}}


def cut(text: str, size: int) -> str:
    """`text` in at most `size` bytes of UTF-8, cut between two characters."""
    written = text.encode()
    return text if len(written) <= size else written[: size - 3].decode("utf-8", "ignore") + "…"


WECOM = Robot(_wecom_body, later=(-1, 45009, 45033))
DINGTALK = Robot(_dingtalk_body, later=(-1, 130101, 410100))
"""Their limits are 20 messages a minute (DOMAIN.md section 7); past them the outbox's pauses do."""
