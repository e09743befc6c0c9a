"""Leases and heartbeats: work taken until a moment of real time, and when something last said that it is alive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Insert, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.office import Heartbeat, Lease
from services.office import Office


def _insert(session: Session, table: type[Any]) -> Any:
    kind = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return kind.insert(table)


def take(office: Office, name: str, holder: str, seconds: float) -> bool:
    """Take or renew a lease; False while somebody else holds it."""
    now = office.real_now()
    values = {"name": name, "holder": holder, "expires_at": now + timedelta(seconds=seconds)}
    with office.writing() as session:
        statement: Insert = _insert(session, Lease).values(**values).on_conflict_do_update(
            index_elements=["name"], set_={"holder": holder, "expires_at": values["expires_at"]},
            where=or_(Lease.holder == holder, Lease.expires_at < now),
        ).returning(Lease.name)  # fmt: skip
        return session.execute(statement).scalar_one_or_none() is not None


def renew(office: Office, names: Sequence[str], holder: str, seconds: float) -> set[str]:
    """Prolong the leases among `names` that `holder` still has; returns those."""
    if not names:
        return set()
    with office.writing() as session:
        kept = session.scalars(
            update(Lease)
            .where(Lease.name.in_(names), Lease.holder == holder)
            .values(expires_at=office.real_now() + timedelta(seconds=seconds))
            .returning(Lease.name)
            .execution_options(synchronize_session=False)
        )
        return set(kept)


def release(office: Office, name: str, holder: str) -> None:
    """Give a lease back."""
    with office.writing() as session:
        session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))


def alive(office: Office, name: str) -> bool:
    """Whether a lease is held now."""
    with office.reading() as session:
        until = session.scalar(select(Lease.expires_at).where(Lease.name == name))
    return until is not None and until > office.real_now()


def beat(office: Office, name: str, detail: Mapping[str, Any] | None = None) -> None:
    """Say that `name` is alive."""
    with office.writing() as session:
        write_beat(session, office, name, detail)


def write_beat(session: Session, office: Office, name: str, detail: Mapping[str, Any] | None = None) -> None:
    """The same within a transaction that is open already."""
    values = {"name": name, "at": office.real_now(), "detail": dict(detail or {})}
    session.execute(
        _insert(session, Heartbeat)
        .values(**values)
        .on_conflict_do_update(index_elements=["name"], set_={"at": values["at"], "detail": values["detail"]})
    )


def last_beat(session: Session, name: str) -> Heartbeat | None:
    """The last heartbeat of `name`."""
    return session.get(Heartbeat, name)
