"""Prefilled run forms of the engine's UI: the worker stores where its deployments stand, the board makes links from that.

The board never asks the engine itself: it works while the engine is down, and says so while it was never registered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import quote

from sqlalchemy.orm import Session

from models.engine import hold
from models.office import Setting
from services.office import Office

KEY = "deployments"


@dataclass(frozen=True, slots=True)
class Registered:
    """What the engine was told: its UI's address, deployments' ids by name, and drop-down entries by name, parameter and code."""

    ui: str
    ids: Mapping[str, str]
    entries: Mapping[str, Mapping[str, Mapping[str, str]]]

    def link(self, deployment: str, parameters: Mapping[str, object]) -> str | None:
        """The address of a deployment's run form with `parameters` filled in; None where it is not registered.

        A value that is a code of a drop-down is given as the drop-down spells it.
        """
        known = self.ids.get(deployment)
        if known is None:
            return None
        spelt = self.entries.get(deployment, {})
        given = {
            name: spelt[name].get(value, value) if isinstance(value, str) and name in spelt else value
            for name, value in parameters.items()
        }
        said = quote(json.dumps(given, ensure_ascii=False, separators=(",", ":")), safe="")
        return f"{self.ui.rstrip('/')}/deployments/deployment/{known}/run?parameters={said}"


def remember(office: Office, registered: Registered) -> bool:
    """Store what was registered; whether anything changed."""
    said = json.dumps(asdict(registered), ensure_ascii=False, sort_keys=True)
    with office.reading() as session:
        row = session.get(Setting, KEY)
        if row is not None and row.value == said:
            return False
    with office.writing() as session:
        # Several workers register at the same moment.
        hold(session, KEY)
        row = session.get(Setting, KEY)
        if row is None:
            session.add(Setting(key=KEY, value=said))
        else:
            row.value = said
    return True


def registered(session: Session) -> Registered | None:
    """What the worker stored, None before it ever registered."""
    row = session.get(Setting, KEY)
    return Registered(**json.loads(row.value)) if row is not None else None
