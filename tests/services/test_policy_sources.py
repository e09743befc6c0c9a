"""Mistakes in a policy's forms: each is named by its key, with the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.policy_file import PolicyMistakes, load_policy

DEMO = Path(__file__).parents[2] / "deployments" / "demo" / "policy.yaml"
FIRST = "  - name: jinshuju\n"


def mistakes(tmp_path: Path, before: str, after: str) -> str:
    """What is said of the demo's policy with `before` replaced in its forms."""
    text = DEMO.read_text()
    forms = text.index("\nsources:")
    assert before in text[forms:]
    changed = text[:forms] + text[forms:].replace(before, after, 1)
    path = tmp_path / "policy.yaml"
    path.write_text(changed)
    with pytest.raises(PolicyMistakes) as found:
        load_policy(path)
    return str(found.value)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (FIRST, "  - name: Jin-Shuju\n", "cannot stand in an address"),
        (FIRST, "  - name: standard\n", "name of another source"),
        (FIRST, "  - name: typeform\n", "name of another source"),
        ("    kind: jinshuju ", "    kind: jinshuji ", "is no form service; did you mean"),
        ("      title: field_8\n", "", "title is filled by nothing"),
        ("      detail: field_9\n", "      details: field_9\n", "no field of a report"),
        ("用电: power", "用电: powr", "'powr' is no category"),
        ('已经停工: "3"', '已经停工: "9"', "'9' is no severity"),
        ("    fields:\n", "    delivery_id: $.id\n    fields:\n", "is known of jinshuju already"),
        ("    kind: jinshuju ", "    kind: generic\n    answers: data\n    zone: Asia/Shanghai ", "'data' is no path"),
        (
            "    kind: jinshuju ",
            '    kind: generic\n    signature: {header: X-Sign, signs: "{timestamp}.{body}"}\n    zone: Asia/Shanghai ',
            "no header is named for it",
        ),
        (
            "    kind: jinshuju ",
            "    kind: generic\n    signature: {header: X-Sign, signs: nothing}\n    zone: Asia/Shanghai ",
            "has to hold {body} once",
        ),
        (
            "    kind: jinshuju ",
            '    kind: generic\n    signature: {header: "X Sign"}\n    zone: Asia/Shanghai ',
            "is no header's name",
        ),
    ],
)
def test_a_mistake_in_a_form_is_named(tmp_path: Path, before: str, after: str, says: str) -> None:
    """With its place in the file."""
    said = mistakes(tmp_path, before, after)
    assert says in said
    assert "policy.yaml:" in said
