"""The variables that point every client at a running fake, and how each shell sets them."""

import shlex
import ssl
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson

TRUST = ("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE")


TIMEOUT = 5.0  # seconds


class NotThere(Exception):
    """No fake answers at an address; the message says what does, in one line."""


class Found(NamedTuple):
    """A running fake: its address, which keys it wants, the file of its CA on this machine if it has one."""

    url: str
    auth: str
    ca: str


def find(url: str, token: str = "") -> Found:
    """Asks a running fake what clients must know; `token` is that of its control API, where it wants one. Raises
    NotThere."""
    parts = urlsplit(url if "//" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotThere(f"--url: {url!r} is not http://HOST:PORT")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise NotThere(f"--url: {url!r} is not http://HOST:PORT") from None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    base = f"{parts.scheme}://{host}:{port}"
    try:
        told = orjson.loads(_get(parts.scheme, parts.hostname, port, "/__apex/info", token))
    except (OSError, HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise NotThere(f"nothing answers at {base}: {why}; start it with `apex-mock serve`") from None
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict) or told.get("name") != "apex-mock":
        raise NotThere(f"what answers at {base} is not apex-mock")
    ca = told.get("ca")
    return Found(base, str(told.get("auth")), ca if isinstance(ca, str) and Path(ca).is_file() else "")


def _get(scheme: str, host: str, port: int, path: str, token: str) -> bytes:
    connection = HTTPConnection(host, port, timeout=TIMEOUT)
    if scheme == "https":
        # Which authority to trust is what is being asked; no key is sent.
        context = ssl._create_unverified_context()  # noqa: S323  # see above
        connection = HTTPSConnection(host, port, timeout=TIMEOUT, context=context)
    try:
        connection.request("GET", path, headers={"x-apex-token": token} if token else {})
        answer = connection.getresponse()
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise NotThere("the control API of this server wants its token: set APEX_MOCK_CONTROL_TOKEN")
        return answer.read()
    finally:
        connection.close()


def environment(url: str, key: str = "test-key", ca: str = "") -> dict[str, str]:
    """By name. `url` is http(s)://host:port; `ca` a file of the authority to trust, where there is one."""
    scheme, _, address = url.rstrip("/").partition("://")
    variables = {
        "MACROCOSMOS_BASE_URL": address,
        "MACROCOSMOS_USE_HTTPS": "true" if scheme == "https" else "false",
        "APEX_API_KEY": key,
        "MACROCOSMOS_API_KEY": key,
        "OPENAI_BASE_URL": f"{scheme}://{address}/v1",
        "OPENAI_API_KEY": key,
    }
    return variables | (dict.fromkeys(TRUST, ca) if ca else {})


def _lines(line: Callable[[str, str], str]) -> Callable[[Mapping[str, str]], str]:
    return lambda variables: "\n".join(line(name, value) for name, value in variables.items())


def _fish(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _powershell(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


FORMATS: dict[str, Callable[[Mapping[str, str]], str]] = {
    "sh": _lines(lambda name, value: f"export {name}={shlex.quote(value)}"),
    "fish": _lines(lambda name, value: f"set -gx {name} {_fish(value)}"),
    "powershell": _lines(lambda name, value: f"$env:{name} = {_powershell(value)}"),
    "json": lambda variables: orjson.dumps(dict(variables), option=orjson.OPT_INDENT_2).decode(),
    "github": _lines(lambda name, value: f"{name}={value}"),  # lines for the file $GITHUB_ENV
}
