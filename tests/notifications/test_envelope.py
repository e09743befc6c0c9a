"""The message around a mail: what programs on the way and in the office read."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.envelope import LONGEST_ID, Attachment, BadAddress, BadMessageId, bare_address, mailbox
from notifications.header_policy import READY, encoded
from notifications.render import Rendered

Make = Callable[..., EmailMessage]
SUBJECTS = [
    "[DIF-2026-0042] 请签收并办理：二期厂房第二路电源无廊道",
    "[DIF-2026-0042] " + "禾城喆镕新能源有限公司" * 8,
    "[DIF-2026-0042] ▲ Yellow notice 鸳督〔2026〕7号: 喆 镕",
    "Please confirm your report (receipt R-7KQ4-M2XD)",
    "plain " * 40 + "end",
    "=?utf-8?q?forged?= =?utf-8?b?5L2g?=",
    "x" * 200,
]


def arrived(message: EmailMessage) -> EmailMessage:
    """The message as a reader's program parses it."""
    return message_from_bytes(message.as_bytes(), policy=default)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_arrives_as_written(make_message: Make, subject: str) -> None:
    """Long Chinese subjects and rare characters come through, on lines that every server takes."""
    built = make_message(rendered=Rendered(subject, "t", "h"))
    assert arrived(built)["Subject"] == subject
    assert built["Subject"] == subject
    head = built.as_bytes().partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert max(len(line) for line in head.split(b"\r\n")) <= 76


def test_the_code_stays_readable_in_an_encoded_subject(make_message: Make) -> None:
    """Filters of mail programs look for the code in the raw line."""
    built = make_message(rendered=Rendered(SUBJECTS[0], "t", "h"))
    assert b"Subject: [DIF-2026-0042]\r\n" in built.as_bytes()


@given(text=st.text(alphabet=st.characters(exclude_categories=("C", "Z")) | st.just(" "), max_size=150))
def test_any_words_survive_a_header(text: str) -> None:
    """Encoding and reading give back what was there, on short lines."""
    text = " ".join(text.split())
    written = f"Subject: {encoded(text)}\r\n\r\n"
    assert message_from_bytes(written.encode("ascii"), policy=default)["Subject"] == text
    assert all(len(line) <= 76 for line in written.split("\r\n"))


def test_the_headers_say_who_writes_and_that_a_machine_does(make_message: Make) -> None:
    """Replies go to the desk, answering machines keep quiet, and a screen reader knows the language."""
    message = arrived(make_message())
    assert message["From"] == "鸳湖区推进办 <tuijinban@example.org>"
    assert message["To"] == "power@example.org"
    assert message["Reply-To"] == "tuijinban@example.org"
    assert message["Date"] == "Thu, 16 Jul 2026 02:00:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Content-Language"] == "zh-CN"
    assert arrived(make_message(locale="en"))["Content-Language"] == "en"


def test_the_mails_of_a_case_are_one_thread(make_message: Make) -> None:
    """Each mail has its own id and refers to the case's root; the root itself refers to nothing."""
    message = arrived(make_message())
    assert message["Message-ID"] == "<n1.abc@example.org>"
    assert message["References"] == message["In-Reply-To"] == "<case-42@example.org>"
    root = arrived(make_message(message_id="<case-42@example.org>"))
    assert root["References"] is None
    assert arrived(make_message(root_id=None))["In-Reply-To"] is None


def test_text_and_page_are_alternatives(make_message: Make) -> None:
    """Text first, page second: programs show the last that they can."""
    message = arrived(make_message(rendered=Rendered("s", "正文 喆镕\n第二行\n", "<p>正文 喆镕</p>")))
    assert message.get_content_type() == "multipart/alternative"
    text, page = message.iter_parts()
    assert (text.get_content_type(), text.get_content().splitlines()) == ("text/plain", ["正文 喆镕", "第二行"])
    assert (page.get_content_type(), page.get_content()) == ("text/html", "<p>正文 喆镕</p>")


def test_a_calendar_file_is_a_real_attachment(make_message: Make) -> None:
    """With a disposition and a name, so that programs offer it as a file and show the text all the same."""
    calendar = Attachment("办结时限.ics", 'text/calendar; charset="utf-8"', "BEGIN:VCALENDAR 喆\r\n".encode())
    message = arrived(make_message(attachments=[calendar]))
    assert message.get_content_type() == "multipart/mixed"
    (file,) = message.iter_attachments()
    assert file.get_content_disposition() == "attachment"
    assert file.get_filename() == "办结时限.ics"
    assert file.get_content_type() == "text/calendar"
    assert file.get_payload(decode=True) == calendar.content
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "正文"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\r\nBcc: x@example.com", 'a"; filename="b.exe'])
def test_a_file_name_is_a_name(make_message: Make, name: str) -> None:
    """No path, no second header, no second name."""
    message = arrived(make_message(attachments=[Attachment(name, "text/plain", b"x")]))
    (file,) = message.iter_attachments()
    assert set(file.keys()) == {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"}
    shown = file.get_filename() or ""
    assert "/" not in shown
    assert shown != "b.exe"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "power",
        "@example.org",
        "power@",
        "a@example.org, b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org\nb",
        "a b@example.org",
        "a@b@example.org",
        "a@-\u2028.org",
    ],
)
def test_what_is_no_single_address_is_refused(make_message: Make, address: str) -> None:
    """One mail, one recipient: a list or a line break in an address is an attack or a slip."""
    with pytest.raises(BadAddress):
        make_message(recipient=address)
    with pytest.raises(BadAddress):
        bare_address(address)


@pytest.mark.parametrize(
    ("written", "header", "bare"),
    [
        ("a@example.org", "a@example.org", "a@example.org"),
        ("Desk, the <a@example.org>", None, None),
        ('"Desk, the" <a@example.org>', '"Desk, the" <a@example.org>', "a@example.org"),
        ("推进办 <a@example.org>", "=?utf-8?b?5o6o6L+b5Yqe?= <a@example.org>", "a@example.org"),
        ("a@例子.example", "a@xn--fsqu00a.example", "a@xn--fsqu00a.example"),
    ],
)
def test_an_address_is_written_as_servers_take_it(written: str, header: str | None, bare: str | None) -> None:
    """Names are quoted or encoded; a Chinese domain goes out in its ASCII form."""
    if header is None or bare is None:
        with pytest.raises(BadAddress):
            mailbox(written)
    else:
        assert mailbox(written) == header
        assert bare_address(written) == bare


@pytest.mark.parametrize(
    "message_id",
    [
        "n1@example.org",
        "<n1>",
        "<@example.org>",
        "<n1@>",
        "<n 1@example.org>",
        "<n1@example.org>\r\nBcc: x@y",
        "<喆@x>",
        f"<{'n' * LONGEST_ID}@x>",
    ],
)
def test_what_is_no_message_id_is_refused(make_message: Make, message_id: str) -> None:
    """An id that servers rewrite would break the thread and the telling of doubles."""
    with pytest.raises(BadMessageId):
        make_message(message_id=message_id)
    with pytest.raises(BadMessageId):
        make_message(root_id=message_id)


def test_the_longest_id_stands_on_one_line(make_message: Make) -> None:
    """Folded ids are read wrongly by some programs."""
    longest = f"<{'n' * (LONGEST_ID - 14)}@example.org>"
    assert len(longest) == LONGEST_ID
    message = make_message(message_id=longest, root_id=longest.replace("n", "c", 1))
    assert f"\r\nMessage-ID: {longest}\r\n".encode() in message.as_bytes()
    assert arrived(message)["References"] == longest.replace("n", "c", 1)


def test_no_header_takes_a_line_break() -> None:
    """The last guard, whoever builds a message."""
    message = EmailMessage(policy=READY)
    for attack in ("a\r\nBcc: b", "a\nb", "a\rb", "a\r\n\r\nbody"):
        with pytest.raises(ValueError, match="line break"):
            message["Subject"] = attack
