"""Brings the catalogue to the Prefect server: pool, deployments, drop-downs; writes only what has changed."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.utilities.callables import parameter_schema

from deployments.catalogue import Choice, Deployment
from deployments.execution import load
from deployments.worker import POOL, InProcessWorker
from tasks.choices import NOTHING

logger = logging.getLogger("expedite.registration")

DropDowns = Mapping[Choice, Sequence[str]]


def register(
    client: SyncPrefectClient,
    catalogue: Sequence[Deployment],
    drop_downs: DropDowns,
    zone: str,
    pool: str = POOL,
    ids: dict[str, str] | None = None,
) -> list[str]:
    """Make the server's deployments agree with `catalogue`; returns the names of those that were written.

    Whether a schedule is active, and the server's own pauses, stay as the operator left them. `ids` is given the
    deployments' ids by name.
    """
    found = ids if ids is not None else {}
    _make_pool(client, pool)
    written = []
    for deployment in catalogue:
        schema = schema_of(deployment, drop_downs)
        version = _digest(deployment, schema, zone, pool)
        known = _known(client, deployment)
        if known is not None and known.version == version:
            found[deployment.name] = str(known.id)
            continue
        found[deployment.name] = _write(client, deployment, schema, version, zone, pool, known)
        written.append(deployment.name)
    if written:
        logger.info("registered %s", ", ".join(written))
    return written


def schema_of(deployment: Deployment, drop_downs: DropDowns) -> dict[str, Any]:
    """The parameters of the deployment's flow as JSON Schema, with the policy's choices as enumerations.

    KeyError if the catalogue names a parameter that the flow does not have.
    """
    schema = parameter_schema(load(deployment.entrypoint)).model_dump(exclude_none=True)
    properties: dict[str, Any] = schema["properties"]
    for name, choice in deployment.choices.items():
        entries = list(drop_downs[choice])
        one = properties[name]
        if one.get("type") == "array":
            one["items"] = {"type": "string", "enum": entries}
        else:
            one["enum"] = [NOTHING, *entries] if name in deployment.optional else entries
    for name, form in deployment.formats.items():
        properties[name]["format"] = form
    return schema


def _make_pool(client: SyncPrefectClient, pool: str) -> None:
    try:
        client.read_work_pool(pool)
    except ObjectNotFound:
        template = InProcessWorker.get_default_base_job_template()
        try:
            client.create_work_pool(WorkPoolCreate(name=pool, type=InProcessWorker.type, base_job_template=template))
        except ObjectAlreadyExists:
            logger.info("another worker made the pool at the same moment")


def _known(client: SyncPrefectClient, deployment: Deployment) -> DeploymentResponse | None:
    try:
        return client.read_deployment_by_name(f"{deployment.name}/{deployment.name}")
    except ObjectNotFound:
        return None


def _digest(deployment: Deployment, schema: dict[str, Any], zone: str, pool: str) -> str:
    parts = [
        deployment.entrypoint, deployment.description, sorted(deployment.tags), deployment.cron, zone, pool, schema
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _write(
    client: SyncPrefectClient,
    deployment: Deployment,
    schema: dict[str, Any],
    version: str,
    zone: str,
    pool: str,
    known: DeploymentResponse | None,
) -> str:
    flow_id = client.create_flow(load(deployment.entrypoint))
    made = client.create_deployment(
        flow_id=flow_id,
        name=deployment.name,
        version=version,
        schedules=_schedules(deployment, zone, known),
        description=deployment.description,
        work_pool_name=pool,
        tags=list(deployment.tags),
        entrypoint=deployment.entrypoint,
        parameter_openapi_schema=schema,
        enforce_parameter_schema=True,
    )
    return str(made)


def _schedules(deployment: Deployment, zone: str, known: DeploymentResponse | None) -> list[DeploymentScheduleCreate]:
    if deployment.cron is None:
        return []
    active = all(schedule.active for schedule in known.schedules) if known is not None else True
    return [
        DeploymentScheduleCreate(
            schedule=CronSchedule(cron=deployment.cron, timezone=zone), active=active, slug=deployment.name
        )
    ]
