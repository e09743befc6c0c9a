"""What a policy's channels and hooks have to keep: names of their own, kinds and messages that there are, usable templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from typing import TypeVar

import notifications.messages  # noqa: F401 - importing them fills the registry
from domain.channels import HOOK_EVENTS
from domain.policy import Policy, Role
from notifications.channel_webhook import BadTemplate, read_template
from notifications.http_post import BadUrl, check_url
from notifications.message import Message
from notifications.notifier import HOOK, MAIL, PLUG_INS
from services.directory_file import DirectoryFile
from services.marked_yaml import Report, suggest

T = TypeVar("T")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
_BUILT_IN = ("webhook", "wecom", "dingtalk", "file")


def check_channels(policy: Policy, report: Report) -> None:
    """What can be said of channels and hooks by the policy alone."""
    # Looking through all installed packages takes a while, and few offices have a channel.
    offered = entry_points(group=PLUG_INS) if policy.channels else ()
    kinds = [*_BUILT_IN, *(point.name for point in offered if point.name not in (MAIL, HOOK))]
    for key, rule in _keyed(report, "channels", policy.channels):
        if rule.kind not in kinds:
            report.add(f"{key}.kind", f"{rule.kind!r} is no kind of channel", suggest(rule.kind, kinds))
        if rule.template and rule.kind != "webhook":
            report.add(f"{key}.template", f"means nothing to a channel of kind {rule.kind}", "leave it out")
        elif rule.template:
            try:
                read_template(rule.template)
            except BadTemplate as problem:
                report.add(f"{key}.template", str(problem), 'write e.g. {"text": "{subject}", "open": "{link}"}')
        _check_known(report, f"{key}.messages", rule.messages, sorted(Message.registry), "no message")
        _check_known(report, f"{key}.roles", rule.roles, [role.value for role in Role], "no role")
    for key, hook in _keyed(report, "hooks", policy.hooks):
        _check_known(report, f"{key}.events", hook.events, list(HOOK_EVENTS), "no event of a case")
    for name, named in (("channels", policy.channels), ("hooks", policy.hooks)):
        _check_names(report, name, [(rule.name, rule.url) for rule in named])


def check_channel_people(policy: Policy, directory: DirectoryFile, report: Report) -> None:
    """The units and accounts that channels name have to be in the district."""
    units = [unit.id for unit in directory.units]
    accounts = [account.id for account in directory.accounts]
    for key, rule in _keyed(report, "channels", policy.channels):
        _check_known(report, f"{key}.units", rule.units, units, "no unit of the directory")
        _check_known(report, f"{key}.accounts", rule.accounts, accounts, "no account of the directory")


def _check_names(report: Report, name: str, rules: Iterable[tuple[str, str]]) -> None:
    seen: set[str] = set()
    for position, (given, url) in enumerate(rules):
        key = report.item(name, position)
        if not _NAME.fullmatch(given):
            problem = f"{given!r} cannot be part of a setting's name"
            report.add(f"{key}.name", problem, "write up to 20 small letters, digits and hyphens, a letter first")
        elif given in seen:
            report.add(f"{key}.name", f"{given} is the name of another one", "give each a name of its own")
        seen.add(given)
        if url:
            try:
                # Whether it may lie inside is the operator's to say, and told when it is used.
                check_url(url.replace("http://", "https://", 1))
            except BadUrl as problem:
                report.add(f"{key}.url", str(problem), "write e.g. https://hooks.example.org/in")


def _check_known(report: Report, key: str, given: Iterable[str], known: list[str], what: str) -> None:
    for position, name in enumerate(given):
        if name not in known:
            report.add(report.item(key, position), f"{name!r} is {what}", suggest(name, known))


def _keyed(report: Report, name: str, rules: tuple[T, ...]) -> Iterator[tuple[str, T]]:
    for position, rule in enumerate(rules):
        yield report.item(name, position), rule
