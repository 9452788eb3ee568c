"""Another implementation of a part of Apex's REST host, for the suite's own tests: the standard library alone.

It shares no code with the fake and no idea of how answers come about. It offers chat, web retrieval and health, over
REST, to one key. `faults` name what it does wrong on purpose.
"""

import json
import socket
import threading
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "minimal-server-key"
STANDARD = "mrfakename/mistral-small-3.1-24b-instruct-2503-hf"
MODELS = (STANDARD, "hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4")
STORY = "Once upon a time the cosmonaut took a brush and painted the blue world below, and it was good to look at."
FACTS = "## Generating Research Plan\n", "## Research Plan\n1. Look it up\n", "\n## Final Answer\nIt depends.\n"
PAGES = [
    {"url": f"https://pages.example/{n}", "content": f"Page {n}. It speaks of Bittensor.", "relevant": "of Bittensor"}
    for n in range(8)
]
FAULTS = (
    "no [DONE]",
    "finish_reason is always stop",
    "n_results is ignored",
    "422 is 400",
    "lists a url twice",
    "null fields are left out",
    "lets anybody in",
    "names the model otherwise",
    "says the key",
    "drops the connection",
    "has no end",
)


class Refusal(Exception):
    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(status)
        self.status, self.detail = status, detail


def bad(field: str, message: str) -> Refusal:
    loc = ["body", *([field] if field else [])]
    return Refusal(422, [{"type": "value_error", "loc": loc, "msg": message, "input": None}])


class Handler(BaseHTTPRequestHandler):
    faults: Collection[str] = ()
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body in one piece

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.answer({("/health"): self.health}, ("/v1/chat/completions", "/web_retrieval"))

    def do_POST(self) -> None:
        self.answer({"/v1/chat/completions": self.chat, "/web_retrieval": self.search}, ("/health",))

    def answer(self, known: dict[str, Any], otherwise: Collection[str]) -> None:
        length = int(self.headers.get("content-length", 0))
        self.body = self.rfile.read(length)
        try:
            if self.path in known:
                known[self.path]()
            else:
                raise Refusal(405, "Method Not Allowed") if self.path in otherwise else Refusal(404, "Not Found")
        except Refusal as refusal:
            status = 400 if "422 is 400" in self.faults and refusal.status == 422 else refusal.status
            self.reply({"detail": refusal.detail}, status)

    def reply(self, value: Any, status: int = 200) -> None:
        self.send(json.dumps(value).encode(), "application/json", status)

    def send(self, content: bytes, kind: str, status: int = 200, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(length or len(content)))
        if kind.startswith("text/event"):
            self.send_header("cache-control", "no-cache")
        self.end_headers()
        self.wfile.write(content)

    # --- What is offered ----------------------------------------------------------------------------------------------

    def health(self) -> None:
        self.reply({"status": "ok"})

    def admit(self) -> None:
        if "lets anybody in" in self.faults:
            return
        key = self.headers.get("api-key")
        if key is None:
            scheme, _, key = self.headers.get("authorization", "").partition(" ")
            if not scheme:
                raise Refusal(403, "Missing API key")
            if scheme != "Bearer":
                raise Refusal(403, "Invalid authorization scheme")
        if key != KEY:
            raise Refusal(403, "Invalid API key")

    def asked(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body)
        except ValueError:
            raise bad("", "no JSON") from None
        if not isinstance(value, dict):
            raise bad("", "no object")
        return {name: part for name, part in value.items() if part is not None}

    def search(self) -> None:
        self.admit()
        asked = self.asked()
        if not isinstance(asked.get("search_query"), str):
            raise bad("search_query", "Field required")
        for name in ("n_miners", "n_results", "max_response_time"):
            if asked.get(name, 1) < 1:
                raise bad(name, "at least 1")
        if any(uid > 255 for uid in asked.get("uids", [])):
            raise Refusal(500, "No available miners")
        pages = PAGES[: len(PAGES) if "n_results is ignored" in self.faults else asked.get("n_results", 1)]
        self.reply({"results": pages + (pages[:1] if "lists a url twice" in self.faults else [])})

    def chat(self) -> None:
        self.admit()
        asked = self.asked()
        messages = asked.get("messages")
        if not isinstance(messages, list) or not messages:
            raise bad("messages", "messages are required")
        for message in messages:
            if not isinstance(message, dict) or message.get("role") not in ("system", "user", "assistant"):
                raise bad("messages", "no such role")
        if not isinstance(asked.get("mixture", False), bool) or not isinstance(asked.get("uids", []), list):
            raise bad("mixture", "wrong type")
        if asked.get("uids") and all(uid > 255 for uid in asked["uids"]):
            raise Refusal(500, "No available miners")
        if "drops the connection" in self.faults:
            self.close_connection = True
            self.connection.close()
            return
        if "has no end" in self.faults:
            with suppress(OSError):
                self.send(b"{", "application/json", length=1 << 40)
                while True:
                    self.wfile.write(b" " * 65_536)
            self.close_connection = True
            return
        mode = asked.get("inference_mode")
        if asked.get("test_time_inference") or mode == "Chain-of-Thought":
            greeting = messages[-1]["content"].startswith("Hello")
            self.stream([{"choices": [{"delta": {"content": t}}]} for t in (["Hi."] if greeting else FACTS)])
            return
        words, reason = self.words(asked, messages[-1]["content"])
        head = {"id": str(uuid.uuid4()), "created": int(time.time()), "model": self.model(asked)}
        if asked.get("stream"):
            self.stream(list(self.chunks(head, words, reason)))
            return
        message = {"content": "".join(words), "refusal": None, "role": "assistant", "audio": None}
        message |= {"function_call": None, "tool_calls": None}
        choice = {"finish_reason": reason, "index": 0, "logprobs": None, "message": message}
        rest = {"service_tier": None, "system_fingerprint": None, "usage": None}
        if "null fields are left out" in self.faults:
            rest = {}
        self.reply({**head, "object": "chat.completion", "choices": [choice], **rest})

    def model(self, asked: dict[str, Any]) -> str:
        wanted: str = asked.get("model", STANDARD)
        return "another" if "names the model otherwise" in self.faults else wanted if wanted in MODELS else STANDARD

    def words(self, asked: dict[str, Any], prompt: str) -> tuple[list[str], str]:
        text = '{"name": "France", "capital": "Paris"}' if asked.get("json_format") else "Hello to you."
        text = STORY if "story" in prompt else "one two three four five" if "Count" in prompt else text
        if "says the key" in self.faults:
            text = f"Your header is {self.headers.get('authorization')}."
        stops = asked.get("stop", [])
        for stop in [stops] if isinstance(stops, str) else stops:
            text = text.partition(stop)[0]
        words = [f" {word}" if n else word for n, word in enumerate(text.split(" "))]
        limit = asked.get("max_completion_tokens", asked.get("max_tokens", 1024))
        limit = asked.get("sampling_parameters", {}).get("max_new_tokens", limit)
        cut = len(words) > limit and "finish_reason is always stop" not in self.faults
        return words[:limit], "length" if cut else "stop"

    def chunks(self, head: dict[str, Any], words: list[str], reason: str) -> Iterator[dict[str, Any]]:
        for n, word in enumerate([*words, None]):
            delta = {"content": word, "role": "assistant" if n == 0 else None}
            choice = {"delta": delta, "index": 0, "finish_reason": reason if word is None else None}
            yield {**head, "object": "chat.completion.chunk", "choices": [choice]}

    def stream(self, events: list[dict[str, Any]]) -> None:
        lines = [json.dumps(event) for event in events] + ([] if "no [DONE]" in self.faults else ["[DONE]"])
        self.send("".join(f"data: {line}\n\n" for line in lines).encode(), "text/event-stream")


class Server(ThreadingHTTPServer):
    """Ends its connections with itself."""

    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: list[socket.socket] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.append(request)
        super().process_request(request, client_address)

    def server_close(self) -> None:
        super().server_close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def running(*faults: str) -> Iterator[str]:
    """Serves on a free port; gives its URL."""
    assert set(faults) <= set(FAULTS)
    handler = type("Faulty", (Handler,), {"faults": faults})
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
