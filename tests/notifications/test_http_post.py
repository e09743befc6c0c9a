"""Posting outside: what is spoken to, how long it may take, and what each answer means."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from notifications.http_post import LONGEST_ANSWER, BadUrl, HttpPost, check_url, may_reach
from notifications.transport import BadCaFile, Refused, Unreachable
from tests.receiver import in_turn, receiving, says

HERE = ("127.0.0.1",)


def test_a_body_arrives_as_it_is_over_one_connection() -> None:
    """Two posts, one connection; query and headers are kept."""
    with receiving() as receiver, HttpPost(receiver.url, private=HERE) as post:
        for body in (b'{"a": 1}', "喆".encode()):
            assert post.post(body, {"webhook-id": "m1"}, "sign=x").refusal() is None
    assert [one.body for one in receiver.posted] == [b'{"a": 1}', "喆".encode()]
    assert receiver.posted[0].path == "/in?room=7&sign=x"
    assert receiver.posted[0].headers["webhook-id"] == "m1"
    assert receiver.posted[0].headers["content-type"].startswith("application/json")
    assert receiver.connections == 1


@pytest.mark.parametrize("status", [429, 408, 425, 500, 502, 503])
def test_an_answer_that_may_pass_asks_for_another_try(status: int) -> None:
    """ "Later" and errors of the other side are no fault of the message."""
    with receiving(says(status, b"busy  now")) as receiver, HttpPost(receiver.url, private=HERE) as post:
        assert post.post(b"{}", {}).refusal() == Refused(False, status, "busy now")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422])
def test_other_refusals_are_final(status: int) -> None:
    """The same again would be refused again."""
    with receiving(says(status)) as receiver, HttpPost(receiver.url, private=HERE) as post:
        refused = post.post(b"{}", {}).refusal()
    assert refused is not None
    assert (refused.permanent, refused.code) == (True, status)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """A receiver could send us to an address inside: what was set is what is spoken to."""
    with (
        receiving() as other,
        receiving(says(status, Location=other.url)) as receiver,
        HttpPost(receiver.url, private=HERE) as post,
    ):
        refused = post.post(b"{}", {}).refusal()
    assert refused is not None
    assert refused.permanent
    assert other.posted == []


def test_a_receiver_that_hangs_is_given_up_in_time() -> None:
    """A silent receiver does not hold the delivery."""
    done = threading.Event()

    def hang(handler: Any) -> None:
        done.wait(10)

    with receiving(hang) as receiver:
        began = time.monotonic()
        with HttpPost(receiver.url, private=HERE, timeout=0.4) as post, pytest.raises(Unreachable, match="in time"):
            post.post(b"{}", {})
        assert time.monotonic() - began < 3
        done.set()


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_receiver_that_drips_is_given_up_in_time(part: str) -> None:
    """Each byte comes within the socket's patience; the whole does not."""

    def drip(handler: Any) -> None:
        if part == "body":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(100):
            handler.wfile.write(b"a")
            time.sleep(0.1)

    with receiving(drip) as receiver:
        began = time.monotonic()
        with HttpPost(receiver.url, private=HERE, timeout=0.6) as post, pytest.raises(Unreachable, match="in time"):
            post.post(b"{}", {})
        assert time.monotonic() - began < 3


def test_a_handshake_that_never_ends_is_given_up_in_time() -> None:
    """A port that accepts and says nothing is no receiver."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://127.0.0.1:{mute.getsockname()[1]}/"
        began = time.monotonic()
        with HttpPost(url, private=HERE, timeout=0.4) as post, pytest.raises(Unreachable, match="in time"):
            post.post(b"{}", {})
        assert time.monotonic() - began < 3


def test_only_the_beginning_of_an_answer_is_read() -> None:
    """An endless answer fills no memory."""
    with receiving(says(200, b"x" * (LONGEST_ANSWER * 3))) as receiver, HttpPost(receiver.url, private=HERE) as post:
        assert len(post.post(b"{}", {}).body) == LONGEST_ANSWER
        assert post.post(b"{}", {}).status == 200


def test_a_connection_that_the_receiver_ended_is_made_again() -> None:
    """Receivers end idle connections: the next post does not fail for it."""

    def once(handler: Any) -> tuple[int, dict[str, str], bytes]:
        handler.close_connection = True
        return 200, {}, b""

    with receiving(once) as receiver, HttpPost(receiver.url, private=HERE) as post:
        for _ in range(2):
            assert post.post(b"{}", {}).status == 200
            time.sleep(0.1)
    assert receiver.connections == 2


def test_no_receiver_is_unreachable() -> None:
    """Refused connections are named with host and port, and without the path, which may be a secret."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}/token-7"
    with (
        HttpPost(url, private=HERE) as post,
        pytest.raises(Unreachable, match=f"127.0.0.1:{port}") as refusal,
    ):
        post.post(b"{}", {})
    assert "token" not in str(refusal.value)


def test_a_certificate_of_the_named_authority_is_trusted(authority: Any) -> None:
    """Receivers of the intranet have certificates of their own authority."""
    with (
        receiving(tls=authority.server_for("127.0.0.1")) as receiver,
        HttpPost(receiver.url, private=HERE, ca_file=authority.file) as post,
    ):
        for _ in range(2):
            assert post.post(b"{}", {}).status == 204
    assert receiver.connections == 1


@pytest.mark.parametrize("wrong", ["authority", "host"])
def test_a_wrong_certificate_gets_nothing(authority: Any, other_authority: Any, wrong: str) -> None:
    """Whoever sits between reads no message."""
    context = (other_authority if wrong == "authority" else authority).server_for(
        "127.0.0.1" if wrong == "authority" else "hooks.example.org"
    )
    with (
        receiving(tls=context) as receiver,
        HttpPost(receiver.url, private=HERE, ca_file=authority.file) as post,
        pytest.raises(Unreachable, match="not trusted"),
    ):
        post.post(b"{}", {})
    assert receiver.posted == []


def test_a_missing_file_of_authorities_is_named(tmp_path: Path) -> None:
    """A wrong path is told before anything is tried."""
    with pytest.raises(BadCaFile, match=r"none\.pem"):
        HttpPost("https://hooks.example.org/", ca_file=tmp_path / "none.pem")


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/", "ftp://hooks.example.org/", "hooks.example.org", "https://", "https://a b.example.org/",
        "https://user:pw@hooks.example.org/", "https://hooks.example.org:99999/", "https://hooks.example.org:0/",
        "https://hooks.example.org/\r\nX: y", "https://例子.example/", "https://hooks.example.org\\@127.0.0.1/", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_what_is_no_address_to_post_to_is_refused(url: str) -> None:
    """Https, a host, nothing hidden in it; in clear only what the operator names."""
    with pytest.raises(BadUrl):
        check_url(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::",
        "64:ff9b::7f00:1", "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_inside_is_not_spoken_to_unless_named(address: str) -> None:
    """A hook must not reach what only this machine can: the database, the cloud's own service, a neighbour."""
    assert not may_reach("hooks.example.org", address, ())
    assert may_reach("hooks.example.org", address, ("Hooks.example.org",))


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
def test_an_address_outside_may_be_spoken_to(address: str) -> None:
    """The rule closes the inside alone."""
    assert may_reach("hooks.example.org", address, ())


def test_a_network_may_be_named() -> None:
    """An office names its intranet once."""
    assert may_reach("gateway", "10.20.3.4", ("10.20.0.0/16",))
    assert not may_reach("gateway", "10.21.3.4", ("10.20.0.0/16",))


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]"])
def test_no_way_of_writing_this_machine_reaches_it(host: str) -> None:
    """What counts is the address that the name stands for, not how it is written."""
    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        with HttpPost(f"https://{host}:{port}/") as post, pytest.raises(Unreachable):
            post.post(b"{}", {})
        assert receiver.connections == 0


def test_an_error_is_followed_by_the_next_answer() -> None:
    """A refusal does not end the session."""
    with receiving(in_turn(500, 200)) as receiver, HttpPost(receiver.url, private=HERE) as post:
        assert [post.post(b"{}", {}).status for _ in range(2)] == [500, 200]
