"""Shows any mail with the example facts that stand beside it."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from domain.policy import Label
from notifications.message import Message, UnknownMessage
from notifications.render import OfficeLine, Rendered, render

OFFICE = OfficeLine(
    district=Label("鸳湖区", "Yuanhu District"),
    office=Label("重点项目推进办公室", "Project Coordination Office"),
    reply_to="tuijinban@example.org",
    zone=ZoneInfo("Asia/Shanghai"),
    demo=True,
)


class UnknownVariant(LookupError):
    """A mail has no such variant; says which it has."""

    def __init__(self, name: str, variant: str, known: Iterable[str]) -> None:
        has = ", ".join(known) or "none"
        super().__init__(f"{name} has no variant {variant!r}; it has {has}")


def preview(name: str, locale: str, variant: str = "") -> Rendered:
    """The mail `name` ("assigned_lead" …) in "zh" or "en", all of it fictional. UnknownMessage, UnknownVariant."""
    kind = Message.registry.get(name)
    if kind is None:
        raise UnknownMessage(name)
    message = kind.variants().get(variant) if variant else kind.example()
    if message is None:
        raise UnknownVariant(name, variant, kind.variants())
    token = "Zk3mWq0b5Yt7Rr1xPd8sVn2uLc6hJf4g"  # noqa: S105 - an example that opens nothing
    paths = {
        "act": "act",
        "track": "track",
        "confirm": "track",
        "calendar": "calendar",
        "notice": "act",
        "unsubscribe": "unsubscribe",
    }
    links = {link: f"https://expedite.example.org/{paths[link]}/{token}" for link in kind.links}
    links |= {link: f"https://expedite.example.org/{paths.get(link, 'act')}/{link}{token}" for link in kind.beside}
    if "notice" in links:
        links["notice"] += "/notice/7"
    return render(message, locale, links, OFFICE)
