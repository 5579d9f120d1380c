"""Thousands of orders and questions by chance, valid and broken: each gets an answer that was described."""

import uuid
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from pydantic import SecretStr
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.admin.api import create_app
from services.admin.tools import AdminSettings, Tools, make_tools
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.audit import Audit
from shared.ledger.tokens import Tokens, TokenScope
from tests.integration.admin.test_operating_commands import SOURCE
from tests.support.ledger import accept, pages
from tests.support.servers import ObjectStore

SHORT, LONG = 40, 5_000
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
KEPT = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.fixture
def kit(database: Database, database_url: str, valkey_url: str, s3: ObjectStore) -> Iterator[Tools]:
    """What orders work with, over an archive with a source and a few targets."""
    settings_ = AdminSettings(
        database_url=SecretStr(database_url),
        broker_url=SecretStr(valkey_url),
        s3_endpoint=s3.endpoint,
        s3_bucket=f"random-{uuid.uuid4().hex[:12]}",
        s3_access_key=SecretStr(s3.access_key),
        s3_secret_key=SecretStr(s3.secret_key),
    )
    EvidenceStore(settings_.evidence()).ensure_bucket()
    made = make_tools(settings_, connections=4)
    made.actions.add_source(SOURCE)
    accept(database, pages(3))
    yield made
    made.close()


def order_at_random(kit: Tools, examples: int) -> None:
    """Ask every route in turn, half with what the description allows, half with what it does not."""
    app = create_app(kit)
    _, secret = Tokens(kit.database).make("chance", TokenScope.ADMIN, by="test")
    headers = {"authorization": f"Bearer {secret}"}
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, headers=headers)

    for mode in GenerationMode:

        @settings(max_examples=examples, **KEPT)
        @given(case=schema.as_strategy(generation_mode=mode))
        def asked(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=CHECKS, headers=headers)

        asked()


def test_no_order_at_random_meets_a_fault_or_an_answer_that_is_not_described(kit: Tools) -> None:
    order_at_random(kit, SHORT)

    assert Audit(kit.database).page(1, before=2**63 - 1), "some orders were taken"


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_none_of_ten_thousand_orders_at_random_does(kit: Tools) -> None:
    order_at_random(kit, LONG)
