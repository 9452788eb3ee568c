"""The SN1 REST host: JSON bodies, paths with fields in them, and event streams."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import orjson

from ..answer import OK, UNREADABLE, Answer, common_json
from ..expect import CODE_BY_STATUS
from ..operations import OPERATIONS, Op, Transport
from ..redaction import Redactor
from .base import Request, as_json
from .http import Http, json_of, value_of

EVENT_STREAM = "text/event-stream"


class Rest(Http):
    transport = Transport.REST

    def send(self, request: Request) -> Answer:
        answer = self.exchange(*self._parts(request), request.patience)
        if answer.headers.get("content-type", "").startswith(EVENT_STREAM) and answer.status_code == 200:
            return stream_of(request.operation, answer)
        return answer_of(request.operation, answer)

    def command(self, request: Request, redact: Redactor) -> str:
        method, url, content, headers = self._parts(request)
        return self.curl(redact, method, url, content, headers)

    def _parts(self, request: Request) -> tuple[str, str, bytes | None, Mapping[str, str]]:
        route = OPERATIONS[request.operation].rest
        assert route is not None, f"the REST host has no {request.operation}"
        body = dict(request.body)
        path = route.path
        for name in [name for name in body if f"{{{name}}}" in path]:
            path = path.replace(f"{{{name}}}", quote(str(body.pop(name)), safe=""))
        query = {name: body.pop(name) for name in route.query if name in body}
        url = self.address + (request.path or path) + (f"?{urlencode(query)}" if query else "")
        method = request.method or route.method
        headers = dict(request.sent_headers)
        content = request.content
        if method == "POST" and content is None and not route.query:
            if request.operation is Op.STREAM:
                body.setdefault("stream", True)
            if request.operation is Op.SUBMIT_JOB:
                body.setdefault("inference_mode", "Chain-of-Thought")
            content = as_json(body.get("uids") if request.operation is Op.MINER_AVAILABILITIES else body)
        if content is not None:
            headers.setdefault("content-type", "application/json")
        return method, url, content, headers


def answer_of(operation: Op, answer: httpx.Response) -> Answer:
    raw = json_of(answer)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    code, message, value = OK, "", {}
    if answer.status_code >= 300:
        code = CODE_BY_STATUS.get(answer.status_code, "unknown")
        detail = raw.get("detail") if isinstance(raw, dict) else None
        message = detail if isinstance(detail, str) else orjson.dumps(detail).decode() if detail else answer.text[:200]
    else:
        try:
            value = value_of(operation, answer, raw)
        except ValueError as error:
            code, message = UNREADABLE, f"the body does not fit: {error}"
    return Answer(operation, code, message, value, (), answer.status_code, headers, raw, (), answer.content)


def stream_of(operation: Op, answer: httpx.Response) -> Answer:
    """An event stream. An event with `error` makes the answer an error, with what came before it in `events`."""
    events, raw_events = [], []
    code, message, done = OK, "", False
    for block in answer.content.replace(b"\r\n", b"\n").split(b"\n\n"):
        data = b"\n".join(line[5:].removeprefix(b" ") for line in block.split(b"\n") if line.startswith(b"data:"))
        if not data:
            continue
        if data == b"[DONE]":
            done = True
            continue
        try:
            raw: Any = orjson.loads(data)
            raw_events.append(raw)
            if isinstance(raw, dict) and "error" in raw:
                code, message = "unavailable", str(raw["error"])
            else:
                events.append(common_json(Op.STREAM, raw))
        except ValueError as error:
            code, message = UNREADABLE, f"an event does not fit: {error}"
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(
        operation,
        code,
        message,
        {},
        tuple(events),
        answer.status_code,
        headers,
        None,
        tuple(raw_events),
        answer.content,
        done,
    )
