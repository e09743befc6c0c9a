"""`expedite up` and `expedite worker`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path, typer.Option("--data", envvar="EXPEDITE_DATA", help="Folder of the database, the logs and Prefect's files.")
]


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="The demo district: its people, projects and office clock.")
    ] = False,
    web_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the form and the pages.")] = 8080,
    prefect_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of Prefect's API and UI.")] = 4200,
    data: DataOption = Path("data"),
) -> None:
    """Start the web app, the Prefect server and the worker on this machine; Ctrl-C stops all of them."""
    from deployments.machine import run_all

    raise typer.Exit(run_all(demo=demo, web_port=web_port, prefect_port=prefect_port, data=data.absolute()))


def worker(data: DataOption = Path("data")) -> None:
    """Run the flows, in this process, for the Prefect server that PREFECT_API_URL names."""
    os.environ["EXPEDITE_DATA"] = str(data.absolute())
    from deployments.worker_process import work

    raise typer.Exit(work())
