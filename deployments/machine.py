"""What `expedite up` checks and prepares on this machine before and while the processes start."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from deployments.environment import Addresses
from deployments.ports import PortTaken, is_free, require_free, some_free_port
from deployments.refusal import CommandRefused
from deployments.supervisor import Supervisor, sole_user

CATCHER_PORT = 1025
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def run_all(*, demo: bool, web_port: int, prefect_port: int, data: Path) -> int:
    """Check, prepare, start, supervise; returns the exit status. Raises CommandRefused with the reason."""
    _require_readable(data)
    host = os.environ.get("EXPEDITE_HOST", "127.0.0.1")
    try:
        require_free(web_port, "the form and the pages", "--web-port", host)
        require_free(prefect_port, "the Prefect server", "--prefect-port")
        catcher = _catcher_port()
    except PortTaken as taken:
        raise CommandRefused(str(taken)) from taken
    _require_secrets(host)
    with sole_user(data):
        addresses = Addresses(data, host, web_port, prefect_port, catcher)
        os.environ["EXPEDITE_DATA"] = str(data)
        return Supervisor(addresses, demo=demo, board=lambda: _board(data, demo, host)).run(
            prepare=lambda say: _prepare(data, demo, host, say), meanwhile=lambda say: _fill(data, demo, say)
        )


def _require_readable(data: Path) -> None:
    """A setting that cannot be right is told before anything is started: the worker would find it out mail by mail."""
    from services.settings import load_settings

    url = load_settings(data).smtp_url
    if not url:
        return
    from notifications.transport import BadSmtpUrl, parse_smtp_url

    try:
        parse_smtp_url(url)
    except BadSmtpUrl as problem:
        raise CommandRefused(str(problem)) from problem


def _catcher_port() -> int:
    """The port of the local mail catcher, 0 where a mail server is set; the usual one being taken, any other will do."""
    if os.environ.get("EXPEDITE_SMTP_URL"):
        return 0
    chosen = os.environ.get("EXPEDITE_CATCHER_PORT")
    if chosen:
        require_free(int(chosen), "the mail catcher", "EXPEDITE_CATCHER_PORT")
        return int(chosen)
    return CATCHER_PORT if is_free(CATCHER_PORT) else some_free_port()


def _require_secrets(host: str) -> None:
    """Nothing is offered to a network without what guards it."""
    if host in LOOPBACK:
        return
    missing = [name for name in ("EXPEDITE_SECRET_KEY", "EXPEDITE_BOARD_USERS") if not os.environ.get(name)]
    if missing:
        raise CommandRefused(
            f"EXPEDITE_HOST={host} opens the pages to a network without {' and '.join(missing)}. "
            "Set what is missing, or leave EXPEDITE_HOST at 127.0.0.1."
        )


def _board(data: Path, demo: bool, host: str) -> str:
    """How to sign in to the board; CommandRefused for users that cannot be right."""
    from services.board_users import BadBoardUser, BoardRole, demo_password, read_board_users
    from services.settings import load_settings

    settings = load_settings(data)
    try:
        users = read_board_users(settings.board_users)
    except (BadBoardUser, OSError) as problem:
        raise CommandRefused(str(problem)) from problem
    if users:
        return f"for {', '.join(users)}"
    if not demo or host not in LOOPBACK:
        return ""
    return f"as {' or '.join(BoardRole)}, password {demo_password(settings)}"


def _prepare(data: Path, demo: bool, host: str, say: Callable[[str], None]) -> None:
    """The database at the newest revision and, with `demo`, the office clock, which the web app reads when it opens."""
    from models.migrate import DatabaseRefused, upgrade
    from services.settings import load_settings

    _board(data, demo, host)
    settings = load_settings(data)
    try:
        upgrade(settings.url, say)
    except DatabaseRefused as refused:
        raise CommandRefused(str(refused)) from refused
    from domain.working_time import CalendarError
    from services.marked_yaml import FileMistakes
    from services.office import open_office, set_demo_clock

    if demo:
        from datetime import UTC, datetime

        from models.engine import make_engine

        engine = make_engine(settings.url)
        set_demo_clock(engine, datetime.now(UTC))
        engine.dispose()
    # The first opening writes policy and calendar: done here, it costs the form no time, since the web app loads meanwhile.
    try:
        office = open_office(settings)
        if office.file_differs:
            say(
                f"{settings.policy.name} differs from the policy in force: see `expedite policy diff`, then `expedite policy apply`"
            )
        office.close()
    except FileMistakes as mistakes:
        raise CommandRefused("\n".join(str(mistake) for mistake in mistakes.mistakes)) from mistakes
    except (CalendarError, OSError) as problem:
        raise CommandRefused(str(problem)) from problem


def _fill(data: Path, demo: bool, say: Callable[[str], None]) -> None:
    """With `demo`, the district's people, projects and register of difficulties: the form needs none of them."""
    if not demo:
        return
    from services.seed import seed_demo, seed_demo_register
    from services.settings import load_settings

    settings = load_settings(data)
    seed_demo(settings, say)
    seed_demo_register(settings, say)
