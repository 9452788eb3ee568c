"""Constellation over HTTP: a plain POST with JSON, and Connect's envelopes for the streaming call."""

import struct
from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from ..answer import OK, UNREADABLE, Answer, common_json
from ..expect import CODE_BY_STATUS
from ..operations import SERVICE, Op, Transport
from ..redaction import Redactor
from .base import Request, as_json
from .http import Http, json_of, value_of

JSON, STREAM = "application/json", "application/connect+json"
END = 0x02


class Connect(Http):
    transport = Transport.CONNECT

    def send(self, request: Request) -> Answer:
        answer = self.exchange(*self._parts(request), request.patience)
        if request.operation is Op.STREAM and answer.status_code == 200:
            return stream_of(answer)
        return answer_of(request.operation, answer)

    def command(self, request: Request, redact: Redactor) -> str:
        return self.curl(redact, *self._parts(request))

    def _parts(self, request: Request) -> tuple[str, str, bytes, Mapping[str, str]]:
        content = as_json(request.body) if request.content is None else request.content
        headers = dict(request.sent_headers)
        if request.operation is Op.STREAM:
            content = struct.pack(">BI", 0, len(content)) + content
        headers.setdefault("content-type", STREAM if request.operation is Op.STREAM else JSON)
        if request.deadline is not None:
            headers["connect-timeout-ms"] = str(round(request.deadline * 1000))
        path = request.path or f"/{SERVICE}/{request.operation}"
        return request.method or "POST", self.address + path, content, headers


def answer_of(operation: Op, answer: httpx.Response) -> Answer:
    raw = json_of(answer)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    code, message, value = OK, "", {}
    if answer.status_code >= 300:
        told = raw if isinstance(raw, dict) else {}
        code = str(told.get("code") or CODE_BY_STATUS.get(answer.status_code, "unknown"))
        message = str(told.get("message") or told.get("error") or answer.text[:200])
    else:
        try:
            value = value_of(operation, answer, raw)
        except ValueError as error:
            code, message = UNREADABLE, f"the body does not fit: {error}"
    return Answer(operation, code, message, value, (), answer.status_code, headers, raw, (), answer.content)


def stream_of(answer: httpx.Response) -> Answer:
    """Envelopes: messages, then one that is the end of the stream and may hold an error."""
    events, raw_events = [], []
    code, message, done, data = OK, "", False, answer.content
    while len(data) >= 5:
        flags, length = struct.unpack(">BI", data[:5])
        part, data = data[5 : 5 + length], data[5 + length :]
        try:
            raw: Any = orjson.loads(part)
            if flags & END:
                done, error = True, raw.get("error") or {}
                code, message = str(error.get("code", OK)), str(error.get("message", ""))
            else:
                raw_events.append(raw)
                events.append(common_json(Op.STREAM, raw))
        except ValueError as wrong:
            code, message = UNREADABLE, f"a message does not fit: {wrong}"
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(
        Op.STREAM, code, message, {}, tuple(events), 200, headers, None, tuple(raw_events), answer.content, done
    )
