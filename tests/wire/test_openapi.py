"""The document at /openapi.json: everything that is served is in it, with its errors, and it is sound."""

import asyncio
from typing import Any

import httpx
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_32_VALIDATOR

from apex_mock import ApexMock, create_app
from apex_mock.transports.sn1 import Sn1
from apex_mock.wire.methods import METHODS, SERVICE
from apex_mock.wire.openapi import document
from apex_mock.wire.openapi.connect import ONLY


@pytest.fixture(scope="module")
def routes() -> list[tuple[str, str, str]]:
    return [(method, path, handle.__name__) for method, path, handle in Sn1(ApexMock()).table()]


@pytest.fixture(scope="module")
def spec(routes: list[tuple[str, str, str]]) -> dict[str, Any]:
    return document(routes)


def operation(spec: dict[str, Any], path: str, method: str = "post") -> dict[str, Any]:
    found: dict[str, Any] = spec["paths"][path][method]
    return found


def errors(told: dict[str, Any]) -> set[str]:
    return {status for status in told["responses"] if status >= "400"}


def test_it_is_sound_openapi_3_2(spec):
    """By the specification's own schema, and no reference leads nowhere."""
    assert [error.message for error in OPENAPI_32_VALIDATOR.iter_errors(spec)] == []

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [*([value["$ref"]] if "$ref" in value else []), *(r for v in value.values() for r in references(v))]
        return [r for v in value for r in references(v)] if isinstance(value, list) else []

    known = {f"#/components/schemas/{name}" for name in spec["components"]["schemas"]}
    assert set(references(spec)) <= known
    ids = [told["operationId"] for path in spec["paths"].values() for told in path.values()]
    assert len(set(ids)) == len(ids)
    linked = [link["operationId"] for p in spec["paths"].values() for o in p.values() for link in links(o)]
    assert linked
    assert set(linked) <= set(ids)


def links(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [link for answer in told["responses"].values() for link in answer.get("links", {}).values()]


def test_every_route_and_every_method_is_in_it_and_nothing_else(spec, routes):
    """Of the REST host and of Constellation."""
    rest = {(method.lower(), path.replace(":path", ""), name) for method, path, name in routes}
    rpc = {("post", method.path, method.name) for method in METHODS}
    told = {(m, path, told["operationId"]) for path, methods in spec["paths"].items() for m, told in methods.items()}
    assert told == rest | rpc
    assert len(rpc) == 16


def test_a_route_that_nobody_has_described_is_an_error():
    """So no route can be added without the document's knowing."""
    with pytest.raises(KeyError, match="new_route"):
        document([("GET", "/new", "new_route")])


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        ("/v1/chat/completions", "post", {"403", "413", "422", "429", "500", "502"}),
        ("/v1/chat/completions/jobs", "post", {"400", "403", "413", "422", "429"}),
        ("/v1/chat/completions/jobs/{job_id}", "get", {"403", "404", "422", "429"}),
        ("/web_retrieval", "post", {"403", "413", "422", "429", "500"}),
        ("/v1/models", "get", {"403", "429"}),
        ("/health", "get", set()),
        ("/api_management/create-api-key/", "post", {"403", "422"}),
        ("/api_management/delete-api-key/{key}", "delete", {"403", "404"}),
    ],
)
def test_the_rest_hosts_errors_are_documented(spec, path, method, expected):
    """Each operation's own, with FastAPI's detail."""
    told = operation(spec, path, method)
    assert errors(told) == expected
    for status in expected - {"422"}:
        schema = told["responses"][status]["content"]["application/json"]["schema"]
        assert list(schema["properties"]) == ["detail"]


@pytest.mark.parametrize("method", [m.name for m in METHODS if m.handle is not None])
def test_constellations_errors_are_documented(spec, method):
    """400, 401, 415 and 429 everywhere; 404 and 503 where they can be."""
    told = operation(spec, f"/{SERVICE}/{method}")
    own = {str(status) for status, methods in ONLY.items() if method in methods}
    assert errors(told) == {"400", "401", "415", "429"} | own
    assert told["responses"]["429"]["headers"]["Retry-After"]["required"] is True


def test_the_events_of_a_stream_are_described_one_by_one(spec):
    """By 3.2's itemSchema: SSE on REST, Connect's enveloped messages on Constellation."""
    content = operation(spec, "/v1/chat/completions")["responses"]["200"]["content"]
    data = content["text/event-stream"]["itemSchema"]["properties"]["data"]
    assert {"const": "[DONE]"} in data["anyOf"]
    assert {"$ref": "#/components/schemas/Chunk"} in data["anyOf"][1]["contentSchema"]["anyOf"]
    answer = operation(spec, f"/{SERVICE}/ChatCompletionStream")["responses"]["200"]
    assert answer["content"]["application/connect+json"]["itemSchema"]["anyOf"] == [
        {"$ref": "#/components/schemas/ChatCompletionChunkResponse"},
        {"$ref": "#/components/schemas/StreamEnd"},
    ]


def test_constellations_fields_are_the_descriptors(spec):
    """In lowerCamelCase; int64 goes out as a string, and comes in as either."""
    schemas = spec["components"]["schemas"]
    for method in METHODS:
        for message in (method.input, method.output):
            desc = message.desc()
            assert set(schemas[desc.name]["properties"]) == {field.json_name for field in desc.fields}
    assert schemas["ChatCompletionResponse"]["properties"]["created"]["type"] == "string"
    kinds = {kind.get("type") for kind in schemas["ChatCompletionRequest"]["properties"]["seed"]["anyOf"][0]["anyOf"]}
    assert kinds == {"integer", "string"}


def test_it_is_served_and_is_no_call(mock):
    """To anybody, without a key, and the journal has nothing of it."""

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(mock)), base_url="http://fake") as http:
            return await http.get("/openapi.json")

    answer = asyncio.run(ask())
    assert answer.json()["openapi"] == "3.2.0"
    assert list(mock.journal) == []
    assert asyncio.run(mock.take_surprises("")) == []
