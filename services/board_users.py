"""Who may sign in to the board: names, roles and password hashes from a setting, and the demo's own two on this machine."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from services.settings import Settings

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
DEMO_FILE = "board.password"
NOBODY = "-"
SHORTEST = 10
"""Characters that a password needs at least."""
LONGEST = 200

_NAME = re.compile(r"[\w.@-]{1,40}")
_ACCOUNT = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_HASH = re.compile(r"\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+")


class BoardRole(StrEnum):
    """What a board user may do: a reader looks; the desk also acts on restricted cases and registers."""

    READER = "reader"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class BoardUser:
    """Somebody who may sign in. `account` is the person of the directory for whom they act, None where nobody is named."""

    name: str
    role: BoardRole
    account: str | None
    hash: str

    @property
    def desk(self) -> bool:
        """Whether they are of the desk."""
        return self.role is BoardRole.DESK

    @property
    def mark(self) -> str:
        """Changes with the password, the role and the account: a session that was opened before ends then."""
        said = f"{self.name}:{self.role.value}:{self.account}:{self.hash}"
        return hashlib.sha256(said.encode()).hexdigest()[:16]


class BadBoardUser(ValueError):
    """An entry of EXPEDITE_BOARD_USERS that cannot be right; the message names it, without its hash."""

    def __init__(self, number: int, shown: str, problem: str) -> None:
        self.shown, self.problem = shown, problem
        super().__init__(
            f"EXPEDITE_BOARD_USERS: entry {number} ({shown}) {problem}. An entry is name:role:account:hash with the role "
            "reader or desk, - where there is no account; `expedite board-user NAME --role ROLE` prints one."
        )


def read_board_users(said: str) -> dict[str, BoardUser]:
    """The users of the setting's text: entries between spaces or line breaks, or the path of a file of them, # for remarks.

    Raises BadBoardUser for an entry that cannot be right, OSError for a file that cannot be read.
    """
    text = said.strip()
    if text and ":" not in text.split()[0]:
        lines = Path(text).read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    users: dict[str, BoardUser] = {}
    for number, entry in enumerate(text.split(), 1):
        user = _read(number, entry)
        if user.name in users:
            raise BadBoardUser(number, user.name, "repeats a name")
        users[user.name] = user
    return users


def _read(number: int, entry: str) -> BoardUser:
    parts = entry.split(":", 3)
    if len(parts) < 4:
        # What stands there may be a password or a hash in the wrong place.
        raise BadBoardUser(number, parts[0] if len(parts) > 1 else "without a name", "has fewer than four parts")
    return _checked(number, *parts)


def _checked(number: int, name: str, role: str, account: str, password_hash: str) -> BoardUser:
    shown = f"{name}:{role}:{account}"
    if not _NAME.fullmatch(name):
        raise BadBoardUser(
            number, shown, "has a name that is empty or has other characters than letters, digits, . _ @ -"
        )
    if role not in set(BoardRole):
        raise BadBoardUser(number, shown, f"has the role {role!r}")
    if not _ACCOUNT.fullmatch(account):
        raise BadBoardUser(number, shown, f"has the account {account!r}")
    if not _HASH.fullmatch(password_hash):
        raise BadBoardUser(
            number, shown, "has a hash that is no argon2id hash; quote the setting, a $ may have been replaced"
        )
    return BoardUser(name, BoardRole(role), None if account == NOBODY else account, password_hash)


def entry_of(user: BoardUser) -> str:
    """A user as the setting writes them."""
    return f"{user.name}:{user.role.value}:{user.account or NOBODY}:{user.hash}"


def new_user(name: str, role: str, account: str, password: str) -> BoardUser:
    """A user with that password; the account is - for none. BadBoardUser, or ValueError for a password too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"A password needs {SHORTEST} to {LONGEST} characters.")
    return _checked(1, name, role, account, hash_password(password))


def hash_password(password: str) -> str:
    """An argon2id hash of a password."""
    return _hasher().hash(password)


def demo_password(settings: Settings) -> str:
    """The password of the demo's users, made at the first call and kept in the data folder, readable by its owner alone."""
    path = settings.data / DEMO_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{DEMO_FILE}.{secrets.token_hex(4)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(9))
    try:
        # A link appears whole or not at all: two processes that start together end up with the same password.
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return path.read_text(encoding="utf-8").strip()


def demo_users(settings: Settings) -> dict[str, BoardUser]:
    """`desk` and `reader`, whom the demo has where the setting names nobody."""
    known = hash_password(demo_password(settings))
    return {role.value: BoardUser(role.value, role, None, known) for role in BoardRole}


class Doorkeeper:
    """Checks names and passwords; an unknown name costs what a wrong password does."""

    def __init__(self, settings: Settings, *, demo: bool) -> None:
        """Read the setting's users, for a demo without any the demo's. Raises BadBoardUser, OSError."""
        self._users = read_board_users(settings.board_users)
        self._demo = settings if demo and not self._users and settings.host in LOOPBACK else None
        # A hash takes 19 MiB while it is checked: one at a time keeps the web app small.
        self._one = threading.Lock()

    def user(self, name: str) -> BoardUser | None:
        """The user of that name, if there is one."""
        with self._one:
            return self._known().get(name)

    def admit(self, name: str, password: str, *, here: bool) -> BoardUser | None:
        """The user whose name and password these are, else None; the demo's only for who sits at this machine (`here`)."""
        with self._one:
            user = self._known().get(name)
            nobody = _stand_in()
            right = _fits(user.hash if user is not None else nobody, password if len(password) <= LONGEST else "")
        return user if right and (here or self._demo is None) else None

    def _known(self) -> Mapping[str, BoardUser]:
        # Hashed when somebody first signs in: the public form does not wait for it.
        if self._demo is not None and not self._users:
            self._users = demo_users(self._demo)
        return self._users


def _fits(known: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _stand_in() -> str:
    """What a password is compared with where nobody has the name."""
    return hash_password(secrets.token_urlsafe(24))


@cache
def _hasher() -> PasswordHasher:
    # Loaded at the first password: the public form is shown without it.
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
