"""Whether a target offers an operation over a transport: asked once, by a request that can do nothing.

The request's body is malformed, so who has the operation refuses it, and nothing is made, changed or paid for.
"""

from dataclasses import dataclass
from enum import StrEnum

from .answer import Answer
from .clients.base import NotHere, Request, Unreachable, Wire
from .operations import Op, Transport

_NO_SUCH = (405, 410, 501)
_GATEWAY = (464, 502, 503, 504)
_STREAMS = ("text/event-stream", "application/connect+")
_MALFORMED_JSON, _MALFORMED_MESSAGE = b'{"', b"\xff"
_NO_SUCH_ID = "contract-probe"
PATIENCE = 30.0  # seconds; who refuses a malformed request does so at once


class Offer(StrEnum):
    YES = "offered"
    NO = "not offered"
    REFUSED = "the key is refused"


@dataclass(frozen=True, slots=True)
class Found:
    offer: Offer
    why: str = ""
    gone: bool = False  # nobody answers at this address at all


def probe(wire: Wire, operation: Op, key: str | None) -> Found:
    """Raises nothing: who cannot be reached offers nothing."""
    content: bytes | None = _MALFORMED_MESSAGE if wire.transport is Transport.GRPC else _MALFORMED_JSON
    body: dict[str, object] = {}
    if operation in (Op.HEALTH, Op.AVAILABLE_MINERS, Op.GET_JOB, Op.MODIFY_KEY, Op.DELETE_KEY, Op.CREATE_KEY) and (
        wire.transport is Transport.REST
    ):
        content, body = None, {"job_id": _NO_SUCH_ID, "key": _NO_SUCH_ID}
        body = {name: value for name, value in body.items() if _in_path(operation, name)}
    try:
        wire.target.wait_for_turn()
        answer = wire.send(Request(operation, body, key, content=content, patience=PATIENCE))
    except Unreachable as error:
        return Found(Offer.NO, f"nobody answers at {error}", gone=True)
    except NotHere as missing:
        return Found(Offer.NO, str(missing))
    return _judge(wire, operation, answer)


def _in_path(operation: Op, name: str) -> bool:
    return (operation is Op.GET_JOB) is (name == "job_id")


def _judge(wire: Wire, operation: Op, answer: Answer) -> Found:
    transport = wire.transport
    managing = operation in (Op.CREATE_KEY, Op.MODIFY_KEY, Op.DELETE_KEY)
    if answer.code == "unimplemented":
        return Found(Offer.NO, f"the target has no such operation over {transport}")
    # A Connect stream is refused with status 200 and the error in its last message.
    if answer.code in ("unauthenticated", "permission_denied") and not managing:
        return Found(Offer.REFUSED, answer.message)
    if transport is Transport.GRPC:
        if answer.code == "deadline_exceeded":
            return Found(Offer.NO, f"nobody answers at {wire.address} for gRPC: no answer in {PATIENCE:g} s", gone=True)
        return Found(Offer.NO, answer.message) if answer.code == "unavailable" else Found(Offer.YES)
    spoken = isinstance(answer.raw, dict)
    if 300 <= answer.status < 400 or (answer.status in _GATEWAY and not (spoken and "code" in answer.raw)):
        return Found(Offer.NO, f"what answers there gives status {answer.status}")
    if answer.status in _NO_SUCH:
        return Found(Offer.NO, f"the target has no such operation over {transport}")
    if answer.status == 404 and not (managing or _NO_SUCH_ID in answer.message):
        return Found(Offer.NO, f"the target has no such operation over {transport}")
    if answer.status == 404 and managing and answer.message != "API key not found":
        return Found(Offer.NO, f"the target has no such operation over {transport}")
    streamed = answer.headers.get("content-type", "").startswith(_STREAMS)
    if answer.status == 200 and not (streamed or isinstance(answer.raw, dict | list)):
        return Found(Offer.NO, "what answers there speaks no JSON")
    return Found(Offer.YES)
