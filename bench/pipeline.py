"""How long a report takes to the department's mail, and a run from its request to its start, on a running installation.

    python -m bench.pipeline --web http://127.0.0.1:8080 --prefect http://127.0.0.1:4200/api --reports 30 --runs 20

The installation needs the local mail catcher and EXPEDITE_WEBHOOK_STANDARD_SECRET, which this reads too. Medians and extremes in
seconds, as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import os
import statistics
import sys
import time
import uuid

import httpx

os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")


def signed(secret: str, body: bytes) -> dict[str, str]:
    """The headers of a signed delivery."""
    name, now = uuid.uuid4().hex, str(int(time.time()))
    plain = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(plain, validate=True)
    except ValueError:
        key = plain.encode()
    signature = hmac.new(key, f"{name}.{now}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": name, "webhook-timestamp": now, "webhook-signature": "v1," + base64.b64encode(signature).decode(),
        "content-type": "application/json",
    }  # fmt: skip


def report_to_mail(web: str, secret: str) -> tuple[float, float]:
    """(seconds to the receipt, seconds to the lead's mail in the catcher) of one report."""
    mark = uuid.uuid4().hex[:10]
    data = {
        "enterprise": {"name": "禾城湖粲钠能有限公司", "email": "p02@example.com", "locale": "zh"}, "project": "P02", "category": "power",
        "severity": 2, "title": f"第二路电源无廊道 {mark}",
    }  # fmt: skip
    body = json.dumps({"type": "difficulty.reported", "data": data}).encode()
    with httpx.Client(base_url=web) as client:
        began = time.perf_counter()
        client.post("/webhooks/standard", content=body, headers=signed(secret, body)).raise_for_status()
        answered = time.perf_counter() - began
        while time.perf_counter() - began < 60:
            for mail in client.get("/mail.json", params={"limit": 10, "to": "gongdian-lly@example.org"}).json():
                if mark in mail["subject"]:
                    return answered, time.perf_counter() - began
            time.sleep(0.01)
    raise TimeoutError(f"no mail for {mark} within a minute")


async def run_start(name: str) -> float:
    """Seconds from asking for a run of a deployment, as the UI does, to its start."""
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        deployment = await client.read_deployment_by_name(name)
        asked = time.time()
        run = await client.create_flow_run_from_deployment(deployment.id, parameters={"dry_run": True})
        while time.time() - asked < 60:
            found = await client.read_flow_run(run.id)
            if found.start_time is not None:
                return found.start_time.timestamp() - asked
            await asyncio.sleep(0.02)
    raise TimeoutError(f"{name} did not start within a minute")


def summary(values: list[float]) -> dict[str, float]:
    """Median, least and most, in seconds."""
    return {
        "median": round(statistics.median(values), 3),
        "least": round(min(values), 3),
        "most": round(max(values), 3),
        "n": len(values),
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--web", default="http://127.0.0.1:8080")
    parser.add_argument("--prefect", default="http://127.0.0.1:4200/api")
    parser.add_argument("--reports", type=int, default=30)
    parser.add_argument("--runs", type=int, default=20)
    given = parser.parse_args()
    secret = os.environ.get("EXPEDITE_WEBHOOK_STANDARD_SECRET", "").split(" ")[0]
    if not secret:
        print("EXPEDITE_WEBHOOK_STANDARD_SECRET is not set", file=sys.stderr)
        return 1
    os.environ["PREFECT_API_URL"] = given.prefect
    pairs = []
    for _ in range(given.reports):
        pairs.append(report_to_mail(given.web, secret))
        time.sleep(0.7)
    starts = []
    for _ in range(given.runs):
        starts.append(asyncio.run(run_start("escalate-overdue/escalate-overdue")))
        time.sleep(0.7)
    figures = {
        "receipt_s": summary([p[0] for p in pairs]) if pairs else None, "department_mail_s": summary([p[1] for p in pairs]) if pairs else None,
        "run_start_s": summary(starts) if starts else None,
    }  # fmt: skip
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
