"""Documents in columns: whatever JSON can say is written, and read back as it was."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from models.office import Command
from services.office import Office

pytestmark = pytest.mark.each_database


@pytest.mark.parametrize(
    "value",
    [
        {"zh": "喆镕", "en": "plain"},
        {"count": 10**30},
        {"nested": [1, 2.5, None, True, {"deep": ["x"]}]},
        {"7": "a key that looks like a number"},
    ],
)
def test_a_document_is_read_back_as_it_was_written(office: Office, value: dict[str, object]) -> None:
    """Also numbers longer than a machine's word, which the quick encoder cannot write."""
    with office.writing() as session:
        session.add(Command(id="one", at=datetime(2026, 7, 17, tzinfo=UTC), result=value))
    with office.reading() as session:
        assert session.scalars(select(Command.result)).one() == value
