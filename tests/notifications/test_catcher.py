"""The local catcher keeps every mail that it acknowledged, and shows it to people and machines."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from notifications.catcher import Catcher, CatcherUnavailable
from notifications.caught import Caught, caught, count_caught, one_caught, to_json
from notifications.preview import preview
from notifications.transport import Refused, Sent, Transport

FROM, TO = "tuijinban@example.org", "power@example.org"
Make = Callable[..., EmailMessage]


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    """A running catcher on a free port."""
    running = Catcher(tmp_path / "mail.sqlite", port=0)
    running.start()
    yield running
    running.stop()


def url(catcher: Catcher) -> str:
    """Its address for the transport."""
    return f"smtp://127.0.0.1:{catcher.port}"


def test_a_caught_mail_reads_as_it_was_sent(catcher: Catcher, make_message: Make) -> None:
    """Machines get the headers, both bodies and the links, each link once and in order."""
    rendered = preview("assigned_lead", "zh")
    with Transport(url(catcher)) as transport:
        transport.send(make_message(rendered=rendered), FROM, TO)
    (row,) = caught(catcher.path)
    mail = to_json(row)
    assert mail["id"] == row.id
    assert mail["from"] == "鸳湖区推进办 <tuijinban@example.org>"
    assert mail["to"] == TO
    assert mail["subject"] == rendered.subject
    assert mail["date"] == "2026-07-16T02:00:00+00:00"
    assert mail["message_id"] == "<n1.abc@example.org>"
    assert mail["references"] == mail["in_reply_to"] == "<case-42@example.org>"
    assert mail["auto_submitted"] == "auto-generated"
    assert mail["text"] == rendered.text
    assert mail["html"] == rendered.html
    assert mail["links"] == ["https://expedite.example.org/act/Zk3mWq0b5Yt7Rr1xPd8sVn2uLc6hJf4g"]


def test_links_end_where_the_prose_goes_on() -> None:
    """Neither a full stop nor Chinese punctuation belongs to an address; what stands only behind a word is found too."""
    raw = EmailMessage()
    raw.set_content(
        "见 https://a.example/x?y=1&z=2，或https://b.example/（二）。 See http://c.example/d.\nhttps://a.example/x?y=1&z=2\n"
    )
    raw.add_alternative('<a href="https://d.example/?a=1&amp;b=2">详情</a><a href="mailto:x@y">m</a>', subtype="html")
    row = Caught(1, "2026-07-16T02:00:00+00:00", FROM, (TO,), raw.as_bytes())
    assert to_json(row)["links"] == [
        "https://a.example/x?y=1&z=2",
        "https://b.example/",
        "http://c.example/d",
        "https://d.example/?a=1&b=2",
    ]


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\xff", b"Subject: =?x?q?y?=\r\nDate: never\r\n\r\n\xff\xfe", b"no header at all"]
)
def test_any_bytes_can_be_shown(raw: bytes) -> None:
    """Whatever a program sent to the port, the list of mails still opens."""
    mail = to_json(Caught(1, "2026-07-16T02:00:00+00:00", FROM, (TO,), raw))
    assert mail["to"] == TO
    assert mail["links"] == []


def test_the_newest_mail_comes_first_and_pages_do_not_overlap(catcher: Catcher, make_message: Make) -> None:
    """Readers page back from what came last."""
    with Transport(url(catcher)) as transport:
        for number in range(5):
            transport.send(make_message(message_id=f"<m{number}@x.example>"), FROM, TO)
    ids = [to_json(row)["message_id"] for offset in (0, 2, 4) for row in caught(catcher.path, limit=2, offset=offset)]
    assert ids == [f"<m{number}@x.example>" for number in (4, 3, 2, 1, 0)]
    newest = caught(catcher.path, limit=1)[0]
    assert one_caught(catcher.path, newest.id) == newest
    assert one_caught(catcher.path, 99) is None


def test_no_file_is_no_mail(tmp_path: Path) -> None:
    """Before anything was caught, the list is empty, and looking makes no file."""
    path = tmp_path / "mail.sqlite"
    assert caught(path) == ()
    assert one_caught(path, 1) is None
    assert count_caught(path) == 0
    assert not path.exists()


def test_mails_of_several_senders_are_all_kept(catcher: Catcher, make_message: Make) -> None:
    """Messages that arrive together share a commit, and each is there once."""

    def send(sender: int) -> None:
        with Transport(url(catcher)) as transport:
            for number in range(25):
                answer = transport.send(make_message(message_id=f"<m{sender}.{number}@x.example>"), FROM, TO)
                assert isinstance(answer, Sent)

    senders = [threading.Thread(target=send, args=(sender,)) for sender in range(6)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()
    ids = [to_json(row)["message_id"] for row in caught(catcher.path, limit=500)]
    assert sorted(map(str, ids)) == sorted(
        f"<m{sender}.{number}@x.example>" for sender in range(6) for number in range(25)
    )


CATCHER_PROCESS = """
import sys, time
from pathlib import Path
from notifications.catcher import Catcher
catcher = Catcher(Path(sys.argv[1]), port=0)
catcher.start()
print(catcher.port, flush=True)
time.sleep(60)
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, make_message: Make) -> None:
    """250 means on disk: a process killed at once afterwards has lost nothing."""
    path = tmp_path / "mail.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", CATCHER_PROCESS, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            transport = Transport(f"smtp://127.0.0.1:{port}")
            with transport:
                for number in range(30):
                    assert isinstance(transport.send(make_message(message_id=f"<m{number}@x.example>"), FROM, TO), Sent)
                process.send_signal(signal.SIGKILL)
                process.wait(10)
        finally:
            process.kill()
    assert count_caught(path) == 30


def test_what_cannot_be_stored_is_not_acknowledged(catcher: Catcher, make_message: Make) -> None:
    """A full disk is a temporary refusal: the sender keeps the message and tries again."""
    with sqlite3.connect(catcher.path) as store:
        store.execute("CREATE TRIGGER full BEFORE INSERT ON mail BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    store.close()
    with Transport(url(catcher)) as transport:
        answer = transport.send(make_message(), FROM, TO)
        assert isinstance(answer, Refused)
        assert (answer.permanent, answer.code) == (False, 451)
        assert "disk is full" in answer.text
        with sqlite3.connect(catcher.path) as store:
            store.execute("DROP TRIGGER full")
        store.close()
        assert isinstance(transport.send(make_message(), FROM, TO), Sent)
    assert count_caught(catcher.path) == 1


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """The operator learns which port and which setting, and nothing keeps running."""
    before = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CatcherUnavailable, match=rf"127.0.0.1:{port}.*EXPEDITE_CATCHER_PORT"):
            Catcher(tmp_path / "mail.sqlite", port=port).start()
    assert threading.active_count() == before


def test_a_file_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    """A wrong data folder does not show for the first time when a mail is lost."""
    (tmp_path / "taken").write_text("a file, no folder")
    with pytest.raises(CatcherUnavailable, match="File exists"):
        Catcher(tmp_path / "taken" / "mail.sqlite", port=0).start()


def test_stopping_waits_for_no_idle_sender(tmp_path: Path, make_message: Make) -> None:
    """A connection left open does not hold up the end, and what it sent is kept."""
    catcher = Catcher(tmp_path / "mail.sqlite", port=0)
    before = threading.active_count()
    catcher.start()
    with Transport(url(catcher)) as transport:
        transport.send(make_message(), FROM, TO)
        catcher.stop()
        assert threading.active_count() == before
    catcher.stop()
    assert count_caught(catcher.path) == 1


def test_a_second_start_finds_the_first_ones_mails(tmp_path: Path, make_message: Make) -> None:
    """The file outlives the process, and ids go on."""
    path = tmp_path / "mail.sqlite"
    for _ in range(2):
        catcher = Catcher(path, port=0)
        catcher.start()
        with Transport(url(catcher)) as transport:
            transport.send(make_message(), FROM, TO)
        catcher.stop()
    assert [row.id for row in caught(path)] == [2, 1]
