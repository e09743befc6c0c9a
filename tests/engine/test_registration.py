"""Registration on a real Prefect server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

from deployments.catalogue import DEPLOYMENTS, Choice
from deployments.registration import register
from deployments.server_client import engine_client
from tests.engine.conftest import Api, Server

pytestmark = pytest.mark.engine

POOL = "registration"
ENTRIES = {choice: [f"{choice.value}-1"] for choice in Choice}


@pytest.fixture
def client(prefect_server: Server) -> Iterator[SyncPrefectClient]:
    """A client of the session's server."""
    settings = {PREFECT_API_URL: f"{prefect_server.url}/api", PREFECT_HOME: str(prefect_server.home)}
    with temporary_settings(settings), engine_client() as opened:
        yield opened


def test_only_what_changed_is_written_again(client: SyncPrefectClient, api: Api) -> None:
    """A start writes nothing anew; a change of the drop-downs writes those deployments that show them, and no other."""
    register(client, DEPLOYMENTS, ENTRIES, "Asia/Shanghai", POOL)
    assert register(client, DEPLOYMENTS, ENTRIES, "Asia/Shanghai", POOL) == []

    more_units = {**ENTRIES, Choice.UNITS: ["units-1", "units-2"]}
    written = register(client, DEPLOYMENTS, more_units, "Asia/Shanghai", POOL)
    assert written == ["coordinate-difficulty", "request-factor", "edit-directory"]
    schema = api.deployment("coordinate-difficulty")["parameter_openapi_schema"]
    assert schema["properties"]["lead"]["enum"] == ["—", "units-1", "units-2"]


def test_a_schedule_that_the_operator_switched_off_stays_off(client: SyncPrefectClient, api: Api) -> None:
    """Registering a changed deployment again does not switch its schedule on."""
    register(client, DEPLOYMENTS, ENTRIES, "Asia/Shanghai", POOL)
    sweep = api.deployment("escalate-overdue")
    (schedule,) = sweep["schedules"]
    assert schedule["active"]
    api.call("PATCH", f"/deployments/{sweep['id']}/schedules/{schedule['id']}", {"active": False})

    changed = [replace(one, en=one.en + " Changed.") for one in DEPLOYMENTS]
    assert "escalate-overdue" in register(client, changed, ENTRIES, "Asia/Shanghai", POOL)
    (schedule,) = api.deployment("escalate-overdue")["schedules"]
    assert not schedule["active"]
    assert schedule["schedule"]["timezone"] == "Asia/Shanghai"
