"""What strangers write reaches a reader as plain words, whatever it looks like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.envelope import build
from notifications.message import MissingFact
from notifications.messages import AssignedLead
from notifications.preview import OFFICE
from notifications.render import Rendered, render
from notifications.transport import Sent, Transport

LINKS = {"act": "https://expedite.example.org/act/a1"}
HEADERS = {
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type",
}  # fmt: skip


def mail(title: str) -> Rendered:
    """A mail whose title and enterprise a stranger wrote."""
    return render(replace(AssignedLead.example(), title=title, enterprise=title), "zh", LINKS, OFFICE)


def sent(rendered: Rendered) -> EmailMessage:
    """The message as a reader's program parses it."""
    built = build(
        rendered,
        sender="tuijinban@example.org",
        recipient="power@example.org",
        reply_to="tuijinban@example.org",
        message_id="<n1@example.org>",
        root_id="<c1@example.org>",
        sent_at=datetime(2026, 7, 16, tzinfo=UTC),
        locale="zh",
    )
    return message_from_bytes(built.as_bytes(), policy=default)


@pytest.mark.parametrize(
    "attack",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</td></table><h1>Pay here</h1>", "<!-- "],
)
def test_markup_stays_words(attack: str) -> None:
    """In the page it is escaped, in the text it stands as it was written."""
    written = mail(attack)
    assert attack not in written.html
    assert "<script" not in written.html
    assert "<img" not in written.html
    assert written.html.count("<h1") == 1
    assert f"事项\uff1a{attack.strip()}" in written.text


@pytest.mark.parametrize("attack", ["{{ 7 * 7 }}", "{% include '/etc/passwd' %}", "{{ office.__class__.__mro__ }}"])
def test_template_syntax_stays_words(attack: str) -> None:
    """Facts are never templates."""
    assert f"事项\uff1a{attack}" in mail(attack).text


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x0b"])
def test_a_line_break_in_a_title_adds_no_header_and_no_row(line_break: str) -> None:
    """The oldest trick with mail: a title that goes on as "Bcc: …", or that forges a row of the table."""
    written = mail(f"停电{line_break}Bcc: everyone@example.com{line_break}{line_break}办结时限\uff1a明年")
    message = sent(written)
    assert set(message.keys()) == HEADERS
    assert "\n" not in written.subject
    assert not any(row.startswith("办结时限\uff1a明年") for row in written.text.splitlines())
    assert str(message["Subject"]).startswith("[DIF-2026-0042] ")


@pytest.mark.parametrize("path", ["/etc/passwd", "/dev/null", __file__])
def test_a_title_that_is_a_path_attaches_nothing(mail_server: Callable[..., Any], path: str) -> None:
    """yagmail's own sending would attach a file of that name; here it is a title."""
    server = mail_server()
    built = build(
        Rendered(path, path, path),
        sender="tuijinban@example.org",
        recipient="power@example.org",
        reply_to="tuijinban@example.org",
        message_id="<n1@example.org>",
        root_id=None,
        sent_at=datetime(2026, 7, 16, tzinfo=UTC),
        locale="zh",
    )
    with Transport(server.url()) as transport:
        assert isinstance(transport.send(built, "tuijinban@example.org", "power@example.org"), Sent)
    arrived = message_from_bytes(server.received[0][2], policy=default)
    assert list(arrived.iter_attachments()) == []
    body = arrived.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == path


def test_marks_that_turn_or_hide_words_are_dropped() -> None:
    """A direction mark makes "gpj.exe" read "exe.jpg"; a lone surrogate cannot be encoded at all."""
    written = mail("报告\u202egpj.exe\u200b\ud800\x00完")
    assert "事项\uff1a报告gpj.exe完" in written.text
    written.html.encode("utf-8")


def test_a_long_title_is_cut_in_the_subject_alone() -> None:
    """Subjects stay readable on a phone; the body has the title whole."""
    title = "很" * 300
    written = mail(title)
    assert len(written.subject) < 80
    assert title in written.text
    assert title in written.html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "/act/a1", "https://a.example/x\r\ny", ""])
def test_a_link_is_an_http_address(url: str) -> None:
    """Nothing else becomes the button of a mail."""
    with pytest.raises(MissingFact, match="http"):
        render(AssignedLead.example(), "zh", {"act": url}, OFFICE)


@given(title=st.text(max_size=200))
def test_any_title_arrives_as_one_row(title: str) -> None:
    """Whatever was typed: the mail is built, has its headers and no others, and reads the same in text and subject."""
    written = mail(title)
    message = sent(written)
    assert set(message.keys()) == HEADERS
    assert message["Subject"] == written.subject
    rows = [row for row in written.text.splitlines() if row.startswith("事项\uff1a")]
    assert len(rows) == 1
