"""What a delivery costs against its floor: the same ready messages over one open connection, in the same run.

    python -m bench.mail [--json] [--messages 500] [--rounds 5]

A mail server in a process of its own takes everything and keeps nothing. Ours is what a worker does: claim in batches of 50, mint each
personal link, write the mail, hand it over, and commit that it went before the next one goes. Rows: `messages, floor_per_s, ours_per_s,
ratio`; the rate is the median of the rounds, in turn with the floor's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from models.migrate import upgrade
from notifications.channel_mail import write_mail
from notifications.messages import AssignedLead
from notifications.transport import Transport
from services.channels import desk_of
from services.office import Office, open_office
from services.outbox import claim, deliver, owed
from services.outbox_parcel import parcel_of
from services.owing import insert_once, outbox_row
from services.seed import seed_people
from services.settings import Settings

NOW = datetime(2026, 7, 16, 2, 0, tzinfo=UTC)
BATCH = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement, in messages a second."""

    messages: int
    floor_per_s: float
    ours_per_s: float
    ratio: float


class Sink:
    """Takes every message and keeps none."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as aiosmtpd calls it
        return "250 OK"


def _listen(answer: Connection) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(Sink(), enable_SMTPUTF8=True), "127.0.0.1", 0)
        answer.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def mail_server() -> Iterator[str]:
    """The address of a server that runs beside this process."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_listen, args=(there,), daemon=True)
    process.start()
    try:
        yield f"smtp://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join(10)


def owe(office: Office, count: int, start: int) -> None:
    """Owe `count` mails, each to an address of its own, so that none go together."""
    facts = AssignedLead.example().facts()
    with office.writing() as session:
        insert_once(session, [
            outbox_row(
                key=f"bench:{n}", message="assigned_lead", address=f"officer{n}@example.org", locale="zh", facts=facts, now=office.now(),
                domain=office.mail_domain, account="L08", grant={"party": "lead", "unit": "D08", "principal": None},
            )
            for n in range(start, start + count)
        ])  # fmt: skip


def floor(office: Office, url: str, count: int) -> float:
    """Messages a second of `count` that are ready, over one open connection: the library's `send_message`, one after the other."""
    desk = desk_of(office)
    ready = []
    for letter in claim(office, "bench", count):
        parcel, _ = parcel_of(letter, desk.line, "2026-07-16")
        if parcel is not None:
            ready.append((write_mail(parcel, desk), letter.address))
    with Transport(url) as transport:
        began = time.perf_counter()
        for mail, address in ready:
            transport.connection.send_message(mail, from_addr=desk.sender, to_addrs=[address])
        return len(ready) / (time.perf_counter() - began)


def ours(office: Office, count: int) -> float:
    """Messages a second of what the outbox owes."""
    sent, began = 0, time.perf_counter()
    while owed(office):
        sent += deliver(office, BATCH).sent
    if sent != count:
        raise RuntimeError(f"{sent} of {count} messages were sent")
    return sent / (time.perf_counter() - began)


def measure(messages: int, rounds: int) -> Row:
    """Both, in turn."""
    floors, rates = [], []
    with tempfile.TemporaryDirectory() as folder, mail_server() as url:
        settings = Settings(
            data=Path(folder),
            database_url="",
            smtp_url=url,
            mail_from="desk@example.org",
            secret_key="",
            _env_file=None,
        )
        upgrade(settings.url)
        office = open_office(settings)
        office.fixed = NOW
        seed_people(office)
        for n in range(rounds):
            owe(office, messages, 2 * n * messages)
            floors.append(floor(office, url, messages))
            owe(office, messages, (2 * n + 1) * messages)
            rates.append(ours(office, messages))
        office.close()
    low, high = statistics.median(floors), statistics.median(rates)
    return Row(messages, round(low, 1), round(high, 1), round(high / low, 3))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.mail", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="For machines.")
    said = parser.parse_args()
    row = measure(said.messages, said.rounds)
    if said.json:
        print(json.dumps({"rows": [asdict(row)]}))
        return
    print(f"{row.messages} messages: {row.ours_per_s}/s, the floor {row.floor_per_s}/s, ratio {row.ratio}")


if __name__ == "__main__":
    main()
