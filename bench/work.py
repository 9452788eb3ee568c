"""The work: the requests that are sent, in this one place, and what the fake answers to them.

A chat answer of some 700 characters for the unary rows; 20 chunks for the streams. How many tokens 700 characters are
is asked of the fake itself, so a change of its prose does not change the work. The answers are kept as files, which
the baselines send back: the bytes are the same on both sides of every ratio.
"""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc

from apex_mock.wire.gen.apex.v1 import apex_pb as pb

CHARACTERS = 700
CHUNKS = 20
PROMPT = "Explain black holes."
SEED = 7
KEY = "bench-key"
CHAT = "/v1/chat/completions"
CONNECT = "/apex.v1.ApexService/ChatCompletion"
STREAM = "/apex.v1.ApexService/ChatCompletionStream"


@dataclass(frozen=True, slots=True)
class Work:
    """One request and what comes back: the body as it is sent, and the answer's parts as they are sent one by one."""

    name: str
    path: str
    body: bytes
    parts: tuple[bytes, ...]

    @property
    def answer(self) -> bytes:
        return b"".join(self.parts)


def chat_body(tokens: int, *, stream: bool = False, prompt: str = PROMPT) -> bytes:
    body = {
        "messages": [{"role": "user", "content": prompt}],
        "seed": SEED,
        "sampling_parameters": {"max_new_tokens": tokens},
    }
    return json.dumps({**body, "stream": True} if stream else body).encode()


def rpc_body(tokens: int) -> bytes:
    return pb.ChatCompletionRequest(
        messages=[pb.ChatMessage(role="user", content=PROMPT)],
        seed=SEED,
        sampling_parameters=pb.SamplingParameters(temperature=0.7, top_p=0.95, max_new_tokens=tokens, do_sample=True),
    ).to_binary()


def frame(message: bytes) -> bytes:
    """A message with gRPC's five bytes before it, as h2load wants it."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def headers(content_type: str = "application/json") -> dict[str, str]:
    return {"authorization": f"Bearer {KEY}", "content-type": content_type}


def post(port: int, path: str, body: bytes) -> bytes:
    """One request over a connection of its own. Raises RuntimeError when the answer is not a 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", path, body, headers())
        answer = connection.getresponse()
        said = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise RuntimeError(f"POST {path} gave {answer.status}: {said[:300]!r}")
    return said


def _texts(events: bytes) -> Iterator[str]:
    for line in events.decode().split("\n\n"):
        if line.startswith("data: {"):
            text = json.loads(line[6:])["choices"][0]["delta"]["content"]
            if text:
                yield text


def tokens_for(port: int, characters: int = CHARACTERS) -> int:
    """How many of the answer's tokens come nearest to so many characters."""
    length = 0
    for count, text in enumerate(_texts(post(port, CHAT, chat_body(1024, stream=True))), 1):
        length += len(text)
        if length >= characters:
            return count
    raise RuntimeError(f"the answer to {PROMPT!r} has only {length} characters; the work wants {characters}")


def _rest_parts(events: bytes) -> tuple[bytes, ...]:
    """The stream's 20 chunks; its end and [DONE] go with the last."""
    lines = [line + b"\n\n" for line in events.split(b"\n\n") if line]
    texts = list(_texts(events))
    if len(texts) != CHUNKS:
        raise RuntimeError(f"the stream has {len(texts)} chunks, not {CHUNKS}")
    return (*lines[: CHUNKS - 1], b"".join(lines[CHUNKS - 1 :]))


def capture(port: int, grpc_port: int) -> dict[str, Work]:
    """Every kind of work with the fake's own answer to it."""
    tokens = tokens_for(port)
    rest, stream = chat_body(tokens), chat_body(CHUNKS, stream=True)
    # Over RPC the finish reason is a message of its own: 19 chunks are 20 messages.
    unary, streamed = rpc_body(tokens), rpc_body(CHUNKS - 1)
    with grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
        metadata = (("authorization", f"Bearer {KEY}"),)
        one = channel.unary_unary(CONNECT)(unary, metadata=metadata, timeout=20)
        many = tuple(channel.unary_stream(STREAM)(streamed, metadata=metadata, timeout=20))
    if len(many) != CHUNKS:
        raise RuntimeError(f"the gRPC stream has {len(many)} messages, not {CHUNKS}")
    found = (
        Work("rest", CHAT, rest, (post(port, CHAT, rest),)),
        Work("rest-stream", CHAT, stream, _rest_parts(post(port, CHAT, stream))),
        Work("connect", CONNECT, rest, (post(port, CONNECT, rest),)),
        Work("grpc", CONNECT, frame(unary), (one,)),
        Work("grpc-stream", STREAM, frame(streamed), many),
    )
    return {work.name: work for work in found}


def save(works: dict[str, Work], folder: Path) -> None:
    for work in works.values():
        for i, part in enumerate(work.parts):
            (folder / f"{work.name}.{i:02}.answer").write_bytes(part)
        (folder / f"{work.name}.body").write_bytes(work.body)


def saved_answer(folder: Path, name: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(folder.glob(f"{name}.*.answer")))
