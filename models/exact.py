"""A column for exact quantities: decimals of six places, numeric on PostgreSQL, a scaled whole number on SQLite.

SQLite has no decimals: its numbers would come back as floats. Sums and comparisons in SQL hold on both.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import BigInteger, Dialect, Numeric
from sqlalchemy.types import TypeDecorator, TypeEngine

from domain.quantity import PLACES, plain

SCALE = 10**PLACES


class Exact(TypeDecorator[Decimal]):
    """An exact quantity of at most twelve digits before the point and six behind it; more places are refused."""

    impl = Numeric(19, PLACES)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Decimal] | TypeEngine[int]:
        """Whole millionths on SQLite."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(19, PLACES))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | int | None:
        """To the database, without rounding."""
        if value is None:
            return None
        scaled = value * SCALE
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {PLACES} decimal places")
        return int(scaled) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | None:
        """From the database: without trailing zeros."""
        if value is None:
            return None
        return plain(Decimal(value).scaleb(-PLACES) if dialect.name == "sqlite" else Decimal(value))
