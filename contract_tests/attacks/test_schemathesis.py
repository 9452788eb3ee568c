"""schemathesis over the document at /openapi.json: every check on, over a socket and straight into the application."""

import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.schemas import OpenApiSchema

from apex_mock import ApexMock, Settings, create_app

from ..serving import ADMIN, KEY
from ..target import Target
from . import effort

HERE = Path(__file__).parent
CONFIG = HERE / "schemathesis.toml"
HEADERS = {"Authorization": f"Bearer {KEY}", "api-key": KEY, "admin-key": ADMIN}
USUALLY = ("--seed", "1", "--max-examples", "2")  # every phase to its end, however slow the machine
FINISHING = 290  # seconds beyond its time that a run may take on a busy machine


def test_no_generated_request_finds_a_fault_over_a_socket(attacked: Target) -> None:
    """Examples, edges of every schema, random ones, and sequences along the document's links; finite streams too."""
    target = attacked.keyring or attacked  # it must know its keys, or it could not refuse a wrong one
    headers = HEADERS if attacked.keyring else HEADERS | {"Authorization": f"Bearer {target.key}"}
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
            *("--config-file", str(CONFIG), "run", f"{target.http}/openapi.json"),
            *(word for name, value in headers.items() for word in ("-H", f"{name}: {value}")),
            *(USUALLY if effort.STEADY else ("--max-time", str(effort.SECONDS))),
        ],
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
        timeout=effort.SECONDS + FINISHING,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said  # with a curl command for each failure
    counted = re.search(r"Tested: (\d+)", said)
    assert counted is not None, said
    assert int(counted[1]) == 28


Application = Callable[[Any, Any, Any], Awaitable[None]]


def loaded(application: Application) -> OpenApiSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", application, config=SchemathesisConfig.from_path(CONFIG))


@pytest.fixture(scope="module")
def application() -> Application:
    return create_app(ApexMock(Settings(auth="keys", api_keys=(KEY,), admin_key=ADMIN)))


@pytest.fixture(scope="module")
def schema(application: Application) -> OpenApiSchema:
    return loaded(application)


@effort.attack(4)
@given(data=st.data())
def test_no_generated_request_finds_a_fault_in_the_application(schema: OpenApiSchema, data: st.DataObject) -> None:
    """The same document and checks without a socket: ASGI in, ASGI out."""
    case = data.draw(schema.as_strategy())
    case.call_and_validate(headers=HEADERS)


def test_the_checks_are_on(application: Application) -> None:
    """A fault that is put into the application is found; otherwise all of the above would prove nothing."""

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        async def lying(message: Any) -> None:
            if scope.get("path") == "/health" and "body" in message:
                message = {**message, "body": message["body"].replace(b"ok", b"no")}
            await send(message)

        await application(scope, receive, lying)

    with pytest.raises(FailureGroup, match="Response violates schema"):
        loaded(broken)["/health"]["GET"].Case().call_and_validate(headers=HEADERS)
