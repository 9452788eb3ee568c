"""Who is let in: by which header, on which surface, and how others are refused."""

from .. import expect
from ..answer import Answer
from ..clause import RPC, WIRES, Nature, Need, clause
from ..clients.base import Client
from ..operations import Op, Transport
from .errors import HELLO

COSTS = Nature.COSTS
CLIENT_METADATA = {"x-source": "contract-suite", "x-client-id": "contract", "x-client-version": "1.1.5"}


def refused(answer: Answer, detail: str) -> None:
    expect.fails(answer, "unauthenticated")
    if isinstance(answer.raw, dict) and "code" not in answer.raw:
        expect.equal(answer.raw, {"detail": detail}, "the body", answer)


@clause("AUTH-001", "D1 V", Op.CHAT, transports=WIRES, keyless=True)
def a_key_is_needed(client: Client) -> None:
    """Without a key a call is unauthenticated: 401 on Constellation, 403 "Missing API key" on REST."""
    refused(client.call(Op.CHAT, HELLO, key=None), "Missing API key")


@clause("AUTH-002", "D1 V", Op.CHAT, transports=WIRES, keyless=True)
def one_scheme(client: Client) -> None:
    """Another scheme than Bearer is unauthenticated: 401, or 403 "Invalid authorization scheme" on REST."""
    answer = client.call(Op.CHAT, HELLO, key=None, headers={"authorization": "Basic Y29udHJhY3Q6c3VpdGU="})
    refused(answer, "Invalid authorization scheme")


@clause("AUTH-003", "D1 V", Op.CHAT, transports=WIRES, keyless=True, needs=[Need.KEYRING])
def unknown_keys(client: Client) -> None:
    """A key that nobody knows is unauthenticated: 401, or 403 "Invalid API key" on REST."""
    refused(client.call(Op.CHAT, HELLO, key="contract-nobody-knows-this-key"), "Invalid API key")


@clause("AUTH-004", "D2", Op.CHAT, transports=[Transport.REST], nature=COSTS)
def the_header_api_key(client: Client) -> None:
    """On REST the header api-key carries the key."""
    expect.succeeds(client.call(Op.CHAT, HELLO, key=None, headers={"api-key": client.key or ""}))


@clause("AUTH-005", "D1 D2", Op.CHAT, nature=COSTS)
def the_header_authorization(client: Client) -> None:
    """On every surface Authorization: Bearer carries the key."""
    expect.succeeds(client.call(Op.CHAT, HELLO))


@clause("AUTH-006", "SDK TS", Op.CHAT, transports=WIRES, nature=COSTS)
def what_clients_say_of_themselves(client: Client) -> None:
    """The metadata that clients send of themselves is accepted: x-source, x-client-id, x-client-version."""
    expect.succeeds(client.call(Op.CHAT, HELLO, headers=CLIENT_METADATA))


@clause("AUTH-007", "SDK", Op.LIST_CHATS, transports=RPC, keyless=True)
def stored_chats_need_a_key(client: Client) -> None:
    """Without a key nobody's stored chats are listed: unauthenticated."""
    expect.fails(client.call(Op.LIST_CHATS, {}, key=None), "unauthenticated")


@clause("AUTH-008", "D1 V", Op.STREAM, transports=WIRES, keyless=True)
def streams_need_a_key(client: Client) -> None:
    """Without a key a stream is unauthenticated, before any of it is sent."""
    answer = client.call(Op.STREAM, HELLO, key=None)
    expect.fails(answer, "unauthenticated")
    expect.equal(len(answer.events), 0, "the number of events", answer)


@clause("AUTH-009", "D1 D2", Op.SEARCH, transports=WIRES, keyless=True)
def searches_need_a_key(client: Client) -> None:
    """Without a key a search is unauthenticated."""
    refused(client.call(Op.SEARCH, {"search_query": "What is Bittensor?"}, key=None), "Missing API key")


@clause("AUTH-010", "D1 V", Op.GET_JOB, transports=WIRES, keyless=True)
def jobs_need_a_key(client: Client) -> None:
    """Without a key a research job is unauthenticated, and whether it exists is not told."""
    refused(client.call(Op.GET_JOB, {"job_id": "no-such-job"}, key=None), "Missing API key")


@clause("AUTH-011", "D1", Op.CHAT, transports=[Transport.CONNECT], keyless=True)
def refusals_serve_all_readers(client: Client) -> None:
    """A refusal over HTTP on Constellation has error, code unauthenticated and message."""
    answer = expect.fails(client.call(Op.CHAT, HELLO, key=None), "unauthenticated")
    missing = sorted({"error", "code", "message"} - set(answer.raw))
    expect.equal(missing, [], "fields that the body lacks", answer)
