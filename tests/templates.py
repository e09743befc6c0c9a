"""What the pages of a test process share: compiled templates, which the product makes once and each test would make anew."""

from __future__ import annotations

from collections import defaultdict

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from services.office import Office
from web import rendering
from web.rendering import Asset

_made = rendering._environment


class _Compiled(BytecodeCache):
    """Templates' code by name; Jinja itself compares what it was made from."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hand out what is there."""
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was made."""
        self._code[bucket.key] = bucket.bytecode_to_string()


# A filter of constants is reckoned while a template is compiled: what filters depend on is what the code depends on.
_KEPT: defaultdict[tuple[str, str], _Compiled] = defaultdict(_Compiled)


def _environment(locale: str, office: Office, assets: dict[str, Asset]) -> Environment:
    environment = _made(locale, office, assets)
    environment.bytecode_cache = _KEPT[locale, office.zone.key]
    return environment


def share() -> None:
    """From now on all sites of this process share their compiled templates: else a test's first page takes a tenth of a second."""
    rendering._environment = _environment
