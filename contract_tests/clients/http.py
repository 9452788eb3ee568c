"""What the HTTP wires share: a connection, a curl command, and errors as their bodies have them."""

import re
import ssl
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx
import orjson

from .base import Request, Unreachable, Wire, as_shell

if TYPE_CHECKING:
    from ..target import Target

USER_AGENT = "apex-mock-contract"
CONNECT_TIMEOUT = 10.0  # seconds
LONGEST = 16 * 1024 * 1024  # bytes of an answer; no clause asks for as much


class Http(Wire):
    """A wire over HTTP/1.1."""

    def __init__(self, address: str, target: "Target") -> None:
        super().__init__(address.rstrip("/"), target)
        verify: Any = True if target.ca is None else ssl.create_default_context(cafile=target.ca)
        if address.startswith("http://"):
            verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used; making the usual one takes 20 ms
        timeout = httpx.Timeout(target.timeout, connect=CONNECT_TIMEOUT)
        self.http = httpx.Client(timeout=timeout, verify=verify, headers={"user-agent": USER_AGENT})

    def exchange(self, method: str, url: str, content: bytes | None, headers: Mapping[str, str]) -> httpx.Response:
        """Raises Unreachable, also for an answer that has no end."""
        try:
            return self._whole(method, url, content, headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            why = re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
            raise Unreachable(f"{self.address}: {why}") from None

    def _whole(self, method: str, url: str, content: bytes | None, headers: Mapping[str, str]) -> httpx.Response:
        body, until = bytearray(), time.monotonic() + self.target.timeout
        with self.http.stream(method, url, content=content, headers=dict(headers)) as answer:
            for part in answer.iter_bytes():
                body += part
                if len(body) > LONGEST or time.monotonic() > until:
                    raise Unreachable(f"{self.address}: no end of the answer, {len(body)} bytes so far")
        kept = [(name, value) for name, value in answer.headers.multi_items() if name != "content-encoding"]
        return httpx.Response(answer.status_code, headers=kept, content=bytes(body))

    def curl(self, request: Request, method: str, url: str, content: bytes | None, headers: Mapping[str, str]) -> str:
        words = ["curl", "-sS", *(["-N"] if b'"stream":true' in (content or b"") else [])]
        if method != ("POST" if content is not None else "GET"):
            words += ["-X", method]
        words.append(url)
        for name, value in headers.items():
            words += ["-H", f"{name}: {value}"]
        prefix = ""
        if content is not None:
            try:
                text = content.decode()
            except UnicodeDecodeError:
                text = ""
            if not text or "\0" in text or text.startswith("@"):
                prefix = "printf " + as_shell(["".join(f"\\{byte:03o}" for byte in content)], None) + " | "
                words += ["--data-binary", "@-"]
            else:
                words += ["-d", text]
        return prefix + as_shell(words, request.key)

    def close(self) -> None:
        self.http.close()


def json_of(answer: httpx.Response) -> Any:
    """The body as JSON; None when it is none, or nested deeper than anybody means."""
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None
