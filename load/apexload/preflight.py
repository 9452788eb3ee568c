"""Before a run: does anybody answer at the host, is it Apex, and does it take the key? Said at once, not after the run.

One call with an empty body: whoever keeps the contract refuses it as invalid, after having looked at the key.
"""

import json
import socket
import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

CONNECT_WITHIN = 0.9  # seconds
ANSWER_WITHIN = 5.0
MOST_READ = 1 << 20  # bytes
REST, RPC = "/v1/chat/completions", "/apex.v1.ApexService/ChatCompletion"
INVALID = (400, 422)


class NotReady(Exception):
    """The target cannot be measured; the message says why and what to do, in one line."""


def look(host: str, path: str, headers: Mapping[str, str], key: str) -> None:
    """`path` is the call that the scenario makes. A target that is busy or broken may be measured. Raises NotReady."""
    parts = urlsplit(host)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotReady(f"--host: {host!r} is not http://HOST:PORT or https://HOST")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise NotReady(f"--host: {host!r} has no port that could be") from None
    _judge(host, path, key, *_ask(host, parts.scheme, parts.hostname, port, parts.path.rstrip("/") + path, headers))


def _ask(host: str, scheme: str, name: str, port: int, path: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
    try:
        connection = HTTPConnection(name, port, timeout=CONNECT_WITHIN)
        if scheme == "https":
            context = ssl.create_default_context()
            connection = HTTPSConnection(name, port, timeout=CONNECT_WITHIN, context=context)
        connection.connect()
    except socket.gaierror:
        raise NotReady(f"{host}: there is no host of that name") from None
    except ConnectionRefusedError:
        hint = "; start it with `apex-mock serve`" if name in ("127.0.0.1", "localhost", "::1") else ""
        raise NotReady(f"{host}: nothing listens there (connection refused){hint}") from None
    except TimeoutError:
        raise NotReady(f"{host}: no answer within {CONNECT_WITHIN} s: is it the right address?") from None
    except ssl.SSLCertVerificationError as error:
        raise NotReady(
            f"{host}: its certificate is not trusted ({error.verify_message}); SSL_CERT_FILE names an authority"
        ) from None
    except OSError as error:
        raise NotReady(f"{host}: {error.strerror or error}") from None
    try:
        connection.sock.settimeout(ANSWER_WITHIN)
        connection.request("POST", path, b"{}", {**headers, "content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read(MOST_READ)
    except TimeoutError:
        raise NotReady(f"{host}: it takes connections, but did not answer within {ANSWER_WITHIN:.0f} s") from None
    except (OSError, HTTPException) as error:
        raise NotReady(f"{host}: it ended the connection ({type(error).__name__}): does it speak HTTP there?") from None
    finally:
        connection.close()


def _judge(host: str, path: str, key: str, status: int, body: bytes) -> None:
    said = _said(body)
    if (status in INVALID and _is_json(body)) or status == 429 or (status >= 500 and status != 501):
        return
    if status in (401, 403):
        wanted = "it does not take that key" if key else "it wants a key: --api-key KEY, or APEX_API_KEY"
        raise NotReady(f"{host}: {wanted} (HTTP {status}{said})")
    if status in (404, 405, 501) or status in INVALID:
        form = ", and no JSON" if status in INVALID else said
        raise NotReady(f"{host}: no Apex there: POST {path} gave HTTP {status}{form}")
    if status == 200:
        raise NotReady(f"{host}: no Apex there: POST {path} takes an empty body, which Apex refuses")
    raise NotReady(f"{host}: POST {path} gave HTTP {status}{said} before any load was made")


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _said(body: bytes) -> str:
    try:
        value = json.loads(body)
        text = value.get("message") or value.get("detail") or value.get("error") or ""
    except (ValueError, AttributeError):
        return ""
    return f": {text}" if isinstance(text, str) and text else ""
