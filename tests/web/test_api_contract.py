"""The API does what its OpenAPI document says, whatever is sent to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import one_of
from starlette.testclient import TestClient

from services.api_keys import entry_of, new_key
from services.office import Office
from tests.builders import report, unrouted
from tests.web.conftest import HERE
from web.app import create_app
from web.rates import Rate, Rates

if TYPE_CHECKING:
    from schemathesis import BaseSchema, Case

pytestmark = pytest.mark.sqlite

EXAMPLES = 20
"""For each operation: seconds for all of them, the same at each run."""
OPERATIONS = {
    "GET /v1/cases": "reader", "GET /v1/cases/{code}": "reader", "GET /v1/cases/{code}/events": "reader",
    "GET /v1/cases/{code}/explain": "reader", "POST /v1/cases/{code}/actions/{action}": "desk", "POST /v1/reports": "intake",
    "GET /v1/factors": "reader", "GET /v1/factors/{code}": "reader", "GET /v1/projects": "reader", "GET /v1/projects/{id}": "reader",
    "GET /v1/units": "reader", "GET /v1/figures": "reader", "GET /v1/notices": "reader",
}  # fmt: skip
"""Every operation, and the role whose key it takes."""
TAKES_NOTHING = ("GET /v1/projects", "GET /v1/units")
"""What takes nothing is sent nothing wrong."""
KEYS = {role: new_key(role, role) for role in ("reader", "desk", "intake")}


class Uncounted(Rates):
    """As often as the test likes."""

    def count(self, rate: Rate, who: str) -> None:
        """Count nothing."""


@pytest.fixture
def schema(office: Office) -> Iterator[BaseSchema]:
    """The document, and the office behind it with a case that the rules dispatched and one that the desk has to."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    office.settings.api_keys = " ".join(entry_of(key) for _, key in KEYS.values())
    report(office)
    unrouted(office)
    app = create_app(office=office)
    with TestClient(app, base_url=HERE, client=("127.0.0.1", 50000)) as client:
        app.state.holder.get().rates = Uncounted()
        assert client.get("/api/openapi.json").status_code == 200
        config = SchemathesisConfig.from_dict({"checks": {
            # The table of actions decides too, not only the shape of what is sent.
            "positive_data_acceptance": {"expected-statuses": ["2xx", 401, 403, 404, 409, 422]},
        }})  # fmt: skip
        yield schemathesis.openapi.from_asgi("/api/openapi.json", app, config=config)


def test_the_document_names_every_operation(schema: BaseSchema) -> None:
    """What is served and not described would be tried by nobody."""
    found = {f"{method.upper()} {path}" for path, methods in schema.raw_schema["paths"].items() for method in methods}
    assert found == set(OPERATIONS)
    assert schema.raw_schema["openapi"].startswith("3.1")


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_keeps_its_contract(schema: BaseSchema, name: str) -> None:
    """No 500, no status, header or shape that the document does not name, nothing accepted that it forbids, nothing without a key."""
    method, _, path = name.partition(" ")
    operation = schema[path][method]
    key = KEYS[OPERATIONS[name]][0]

    from schemathesis import GenerationMode

    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @seed(1)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=one_of(right, wrong) if name not in TAKES_NOTHING else right)
    def kept(case: Case[Any]) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"})

    kept()
