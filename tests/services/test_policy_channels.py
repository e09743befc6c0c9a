"""A policy's channels and hooks: what it may say of them, and how each mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.channels import HOOK_EVENTS, ChannelRule, HookRule
from domain.lifecycle import ACTIONS
from services.directory_file import DirectoryFile, load_directory
from services.event_words import EVENT_LABELS
from services.policy_file import check_policy, parse_policy

DEMO = Path(__file__).parents[2] / "deployments" / "demo"
TEXT = (DEMO / "policy.yaml").read_text("utf-8")
CHANNELS = """
channels:
  - name: power-group
    kind: wecom
    units: [D08]
    messages: [assigned_lead, supervision_notice]
  - name: gateway
    kind: webhook
    url: https://gateway.example.org/in
    template: '{"to": "{recipient}", "text": "{subject}"}'
    locale: en
    roles: [liaison]
    accounts: [R06]
hooks:
  - name: ledger
    url: http://ledger.intranet/in
    events: [opened, closed]
  - name: everything
"""


@pytest.fixture(scope="module")
def directory() -> DirectoryFile:
    """The units and people of the demo district."""
    return load_directory(DEMO / "directory.yaml")


def mistakes(tmp_path: Path, text: str, directory: DirectoryFile) -> list[str]:
    """What is wrong with the demo policy with `text` added, without the file's name and line."""
    path = tmp_path / "policy.yaml"
    path.write_text(TEXT + text, "utf-8")
    return [str(one).split(": ", 1)[1] for one in check_policy(path, directory)]


def test_channels_and_hooks_arrive_as_written(tmp_path: Path, directory: DirectoryFile) -> None:
    """What is left empty leaves nobody out."""
    policy = parse_policy(TEXT + CHANNELS)
    assert policy.channels == (
        ChannelRule("power-group", "wecom", messages=("assigned_lead", "supervision_notice"), units=("D08",)),
        ChannelRule(
            "gateway", "webhook", "https://gateway.example.org/in", '{"to": "{recipient}", "text": "{subject}"}', "en",
            roles=("liaison",), accounts=("R06",),
        ),
    )  # fmt: skip
    assert policy.hooks == (
        HookRule("ledger", "http://ledger.intranet/in", ("opened", "closed")),
        HookRule("everything"),
    )
    assert mistakes(tmp_path, CHANNELS, directory) == []


def test_a_policy_without_them_has_none() -> None:
    """Policies that were kept before there were channels say what they said."""
    policy = parse_policy(TEXT)
    assert (policy.channels, policy.hooks) == ((), ())


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("kind: wecom", "kind: wecon", "channels.1.kind", "did you mean wecom?"),
        ("kind: wecom", "kind: mail", "channels.1.kind", "is no kind of channel"),
        ("kind: wecom", "kind: hook", "channels.1.kind", "is no kind of channel"),
        ("name: gateway", "name: power-group", "channels.2.name", "of another one"),
        ("name: gateway", "name: Gate Way", "channels.2.name", "small letters"),
        ("name: gateway", 'name: "hook:x"', "channels.2.name", "small letters"),
        ("assigned_lead,", "assigned_leads,", "channels.1.messages.1", "did you mean assigned_lead?"),
        ("units: [D08]", "units: [D99]", "channels.1.units.1", "no unit of the directory"),
        ("roles: [liaison]", "roles: [liason]", "channels.2.roles.1", "did you mean liaison?"),
        ("accounts: [R06]", "accounts: [R66]", "channels.2.accounts.1", "no account of the directory"),
        ("{subject}", "{password}", "channels.2.template", "{password}"),
        ('{"to"', '{"to', "channels.2.template", "no JSON"),
        ("kind: webhook", "kind: dingtalk", "channels.2.template", "leave it out"),
        ("https://gateway", "ftp://gateway", "channels.2.url", "https address"),
        ("https://gateway", "https://user:secret@gateway", "channels.2.url", "user or password"),
        ("opened, closed", "opened, close", "hooks.1.events.2", "did you mean closed?"),
        ("name: everything", "name: ledger", "hooks.2.name", "of another one"),
    ],
)
def test_each_mistake_is_named_with_its_remedy(
    tmp_path: Path, directory: DirectoryFile, old: str, new: str, key: str, says: str
) -> None:
    """By key, before the policy is put in force."""
    assert CHANNELS.count(old) == 1
    (found,) = mistakes(tmp_path, CHANNELS.replace(old, new), directory)
    assert found.startswith(f"{key}: ")
    assert says in found


def test_hooks_are_told_of_lines_that_histories_have() -> None:
    """A line that was renamed would be told to nobody, without a word."""
    told = {action for actions in HOOK_EVENTS.values() for action in actions}
    assert told - set(EVENT_LABELS) - set(ACTIONS) == set()
