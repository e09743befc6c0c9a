"""The web app's process: loads its code while the database is made ready, and listens when it is told to.

`python -m deployments.web_process HOST PORT` waits for a line on its standard input; without one (the supervisor is gone)
it ends.
"""

from __future__ import annotations

import gc
import importlib
import sys

APP = "web.app:create_app"


def main() -> int:
    """Serve the app on the host and port of the command line."""
    host, port = sys.argv[1], int(sys.argv[2])
    uvicorn = importlib.import_module("uvicorn")
    importlib.import_module(APP.partition(":")[0])
    # What was loaded stays: the collector need not walk through it again and again while requests are answered.
    gc.freeze()
    if sys.stdin.readline() == "":
        return 0
    # No access log: tracking and action links are secrets.
    # What a proxy says of the client is the app's to believe or not.
    quiet = {"log_level": "warning", "access_log": False, "server_header": False, "proxy_headers": False}
    uvicorn.run(APP, factory=True, host=host, port=port, **quiet)
    return 0


if __name__ == "__main__":
    sys.exit(main())
