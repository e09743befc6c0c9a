"""A worker process with the tests' own catalogue, on a real office's leases."""

import asyncio
import logging
import os
import sys
from pathlib import Path

from deployments.catalogue import Deployment
from deployments.engine import Engine, Plan
from deployments.standing import StandingFlow
from deployments.worker_process import OfficeLeases
from services.office import open_office
from services.settings import Settings

FOLDER = Path(os.environ["TRIAL_FOLDER"])

CATALOGUE = (
    Deployment("quick", "trial_flows.quick", "快", "quick"),
    Deployment("slow", "trial_flows.slow", "慢", "slow"),
    Deployment("failing", "trial_flows.failing", "错", "failing"),
    Deployment("sorting", "trial_flows.sorting", "分拣", "sorting", standing=True),
    Deployment("ticking", "trial_flows.ticking", "滴答", "ticking", cron="* * * * * */5"),
)


def tray_is_full() -> bool:
    """Whether something waits for the standing flow."""
    return any((FOLDER / "tray").iterdir())


def main() -> int:
    """Run until SIGTERM; the file `ready` says that runs are taken."""
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    office = open_office(Settings(data=FOLDER / "office"))
    plan = Plan(
        catalogue=CATALOGUE,
        standing=[StandingFlow("sorting", "trial_flows.sorting", tray_is_full)],
        book=OfficeLeases(office),
        drop_downs=dict,
        zone="Asia/Shanghai",
        lease_seconds=2.0,
        ready=(FOLDER / "ready").touch,
    )
    return 0 if asyncio.run(Engine(plan).run()) else 1


if __name__ == "__main__":
    sys.exit(main())
