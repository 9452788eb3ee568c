"""What the HTTP wires share: a connection, a curl command, and errors as their bodies have them."""

import re
import ssl
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx
import orjson

from ..answer import common_json
from ..operations import Op
from ..redaction import Redactor
from .base import NO_TLS, Unreachable, Wire, untrusted

if TYPE_CHECKING:
    from ..target import Target

USER_AGENT = "apex-mock-contract"
CONNECT_TIMEOUT = 10.0  # seconds
BEGINNING = 100  # characters that are shown of a body which cannot be read
LONGEST = 16 * 1024 * 1024  # bytes of an answer; no clause asks for as much


class Http(Wire):
    """A wire over HTTP/1.1."""

    def __init__(self, address: str, target: "Target") -> None:
        super().__init__(address.rstrip("/"), target)
        verify: Any = True if target.ca is None else ssl.create_default_context(cafile=target.ca)
        if address.startswith("http://"):
            verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used; making the usual one takes 20 ms
        self.http = httpx.Client(verify=verify, headers={"user-agent": USER_AGENT})

    def exchange(
        self, method: str, url: str, content: bytes | None, headers: Mapping[str, str], patience: float | None = None
    ) -> httpx.Response:
        """Raises Unreachable, also for an answer that has no end."""
        seconds = patience or self.target.timeout
        try:
            return self._whole(method, url, content, headers, seconds)
        except httpx.ReadTimeout:
            raise Unreachable(f"{self.address}: connected, but no answer in {seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            why = re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
            if isinstance(error, httpx.RemoteProtocolError) and self.address.startswith("http://"):
                why += " Does it speak TLS? Then write https://"
            if "WRONG_VERSION_NUMBER" in why:
                why = f"{NO_TLS}: write http://"
            if "CERTIFICATE_VERIFY_FAILED" in why:
                why = untrusted(re.sub(r"^.*certificate verify failed: | [(]_ssl.*$", "", why), "SSL_CERT_FILE")
            raise Unreachable(f"{self.address}: {why}") from None

    def _whole(
        self, method: str, url: str, content: bytes | None, headers: Mapping[str, str], seconds: float
    ) -> httpx.Response:
        body, until = bytearray(), time.monotonic() + seconds
        timeout = httpx.Timeout(seconds, connect=CONNECT_TIMEOUT)
        with self.http.stream(method, url, content=content, headers=dict(headers), timeout=timeout) as answer:
            for part in answer.iter_bytes():
                body += part
                if len(body) > LONGEST or time.monotonic() > until:
                    raise Unreachable(f"{self.address}: no end of the answer, {len(body)} bytes so far")
        kept = [(name, value) for name, value in answer.headers.multi_items() if name != "content-encoding"]
        return httpx.Response(answer.status_code, headers=kept, content=bytes(body))

    def curl(self, redact: Redactor, method: str, url: str, content: bytes | None, headers: Mapping[str, str]) -> str:
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
                prefix = f"printf {redact.shell([_format(content)])} | "
                words += ["--data-binary", "@-"]
            else:
                words += ["-d", text]
        return prefix + redact.shell(words)

    def close(self) -> None:
        self.http.close()


def _format(content: bytes) -> str:
    """Bytes as printf's format: what can be read stays readable."""
    plain = "".join(chr(byte) if 0x20 <= byte < 0x7F and byte not in b"\\%" else f"\\{byte:03o}" for byte in content)
    return f"\\055{plain[1:]}" if plain.startswith("-") else plain


def value_of(operation: Op, answer: httpx.Response, raw: Any) -> dict[str, Any]:
    """The common form of a body. Raises ValueError, which shows what came in its place."""
    if raw is None and answer.content.strip() != b"null":
        begins = " ".join(answer.text[:BEGINNING].split())
        raise ValueError(f"it is no JSON, but {len(answer.content)} bytes: {begins}" if begins else "it is empty")
    return common_json(operation, raw)


def json_of(answer: httpx.Response) -> Any:
    """The body as JSON; None when it is none, or nested deeper than anybody means."""
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None
