"""What the openai package makes of each fault: the exceptions that a program written for it has to catch."""

import ssl

import httpx
import openai
import pytest

from apex_mock import serve
from apex_mock.tls import make_certificate

ASKED = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.fixture
def client(server, key):
    """It tries nothing twice, unless told to; what it says without faults is the same before and after."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0) as made:
        before = ask(made)
        yield made
        assert ask(made) == before


def ask(client: openai.OpenAI, fault: str = "", **more) -> str | None:
    headers = {"x-apex-fault": fault} if fault else {}
    answer = client.chat.completions.create(
        model="Default", messages=ASKED, extra_headers=headers, extra_body={"seed": 7}, **more
    )
    return answer.choices[0].message.content


def stream(client: openai.OpenAI, fault: str) -> tuple[list[str], list[str | None]]:
    """The pieces and the finish reasons."""
    chunks = client.chat.completions.create(
        model="Default", messages=ASKED, stream=True, extra_headers={"x-apex-fault": fault}, extra_body={"seed": 7}
    )
    choices = [chunk.choices[0] for chunk in chunks]
    return [c.delta.content for c in choices if c.delta.content], [c.finish_reason for c in choices if c.finish_reason]


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("unavailable", openai.InternalServerError),
        ("resource_exhausted", openai.RateLimitError),
        ("permission_denied", openai.PermissionDeniedError),
        ("not_found", openai.NotFoundError),
        ("aborted", openai.ConflictError),
    ],
)
def test_an_error_is_its_own_exception(client, code, raised):
    with pytest.raises(raised) as caught:
        ask(client, f"error; code={code}; message=not today")
    assert caught.value.response.json() == {"detail": "not today"}


def test_a_retry_gets_through_and_heeds_retry_after(server, key):
    """Flapping: the first two calls fail."""
    httpx.post(
        f"{server.url}/__apex/faults",
        params={"scope": key},
        json={"fault": "error", "code": "resource_exhausted", "retry_after": 0.01, "first": 2},
    )
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=2) as client:
        client._calculate_retry_timeout = lambda *_: 0  # a second for Retry-After: 1 is too long for a test
        assert "Paris" in ask(client)
    assert [entry.outcome for entry in server.mock.journal if entry.scope == key] == ["resource_exhausted"] * 2 + ["ok"]


@pytest.mark.parametrize("fault", ["drop", "drop; after=0", "no_end"])
def test_a_broken_connection_is_a_connection_error(client, fault):
    with pytest.raises(openai.APIConnectionError):
        ask(client, fault)


@pytest.mark.parametrize("fault", ["truncate", "malformed"])
def test_what_cannot_be_read_is_an_error(client, fault):
    """Of the JSON reader, or of the package."""
    with pytest.raises((openai.APIError, ValueError)):
        ask(client, fault)


def test_a_dropped_stream_raises_while_it_is_read(client):
    """Not when it begins."""
    chunks = client.chat.completions.create(
        model="Default", messages=ASKED, stream=True, extra_headers={"x-apex-fault": "drop; after=2"}
    )
    read = []
    with pytest.raises(openai.APIConnectionError):
        read.extend(chunks)
    assert len(read) <= 2


def test_an_error_in_a_stream_is_an_api_error(client):
    with pytest.raises(openai.APIError) as caught:
        stream(client, "error; after=2")
    assert caught.value.body == "503 - a fault answers unavailable"


def test_a_stream_that_ends_too_early_ends_without_a_word(client):
    """Only the finish reason is missing: a program that does not look at it does not notice."""
    pieces, reasons = stream(client, "truncate; after=2")
    assert (len(pieces), reasons) == (2, [])


def test_a_stream_without_done_is_whole(client):
    """The package does not mind."""
    pieces, reasons = stream(client, "no_end")
    assert ("".join(pieces), reasons) == (ask(client), ["stop"])


def test_a_malformed_event_is_a_json_error(client):
    with pytest.raises((openai.APIError, ValueError)):
        stream(client, "malformed; at=2")


def test_chunks_twice_out_of_order_or_empty(client):
    good, _ = stream(client, "none")
    assert stream(client, "duplicate; at=1")[0] == [good[0], *good]
    assert stream(client, "reorder; at=1")[0] == [good[1], good[0], *good[2:]]
    assert stream(client, "empty") == ([], ["stop"])
    assert ask(client, "empty") == ""


def test_a_client_that_is_kept_waiting_gives_up():
    """On a server of its own, whose clock stands still: nobody waits here but for the timeout."""
    with serve() as server, openai.OpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0) as client:
        server.mock.clock.freeze("k")
        with pytest.raises(openai.APITimeoutError):
            ask(client, "delay; seconds=60", timeout=0.05)


def test_over_tls_a_drop_is_a_reset_too(tmp_path):
    """Python's ssl tells a reset as an end, so httpx says that the body is not all there; the next call is unharmed."""
    certificate = make_certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(certificate.ca))
    with serve(certificate=certificate) as server, httpx.Client(base_url=server.url, verify=trusting) as http:
        body = {"messages": ASKED, "stream": True}
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                http.post("/v1/chat/completions", json=body, headers={"api-key": "k", "x-apex-fault": "drop; after=2"})
            answer = http.post("/v1/chat/completions", json=body, headers={"api-key": "k"})
            assert answer.text.endswith("data: [DONE]\n\n")
