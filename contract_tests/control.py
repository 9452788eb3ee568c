"""Moving a fake's clock and pace for one scope, over its control API. None of it is a call to Apex."""

import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import orjson

if TYPE_CHECKING:
    from .target import Target

ASK_TIMEOUT = 10.0
LOCAL = ("localhost", "127.0.0.1", "::1")


def open_http(url: str, ca: str | None, token: str | None) -> httpx.Client:
    """A client of a control API, with its token. What a fake on this machine says of its own CA is taken for true."""
    verify: Any = True
    if url.startswith("http://"):
        verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used; making the usual one takes 20 ms
    elif ca:
        verify = ssl.create_default_context(cafile=ca)
    elif urlsplit(url).hostname in LOCAL:
        verify = False
    return httpx.Client(verify=verify, timeout=ASK_TIMEOUT, headers={"x-apex-token": token} if token else {})


def info(target: "Target") -> dict[str, Any] | None:
    """What the fake says of itself; None when the target is no fake of ours or does not answer."""
    url = target.http or target.rest or ""
    try:
        with open_http(url, target.ca, target.control_token) as http:
            answer = http.get(f"{url}/__apex/info")
        told = orjson.loads(answer.content)
    except (httpx.HTTPError, OSError, ValueError):
        return None
    return told if answer.status_code == 200 and isinstance(told, dict) and told.get("name") == "apex-mock" else None


class Control:
    """The control API for one scope: the world of one key. `restore` undoes what was changed."""

    def __init__(self, target: "Target", scope: str) -> None:
        self._url = target.http or target.rest or ""
        self._scope = scope
        self._http = open_http(self._url, target.ca, target.control_token)
        self._changed = False

    def _post(self, path: str, body: Any) -> None:
        self._changed = True
        answer = self._http.post(f"{self._url}/__apex/{path}", params={"scope": self._scope}, json=body)
        answer.raise_for_status()

    def freeze(self) -> None:
        self._post("clock", {"scale": 0})

    def hurry(self, scale: float) -> None:
        """Lets the scope's time run so many times as fast."""
        self._post("clock", {"scale": scale})

    def advance(self, seconds: float) -> None:
        self._post("clock/advance", {"seconds": seconds})

    def profile(self, name: str) -> None:
        self._post("profile", {"profile": name})

    def research(self, **fields: Any) -> None:
        self._post("research", fields)

    def stub(self, **fields: Any) -> None:
        self._post("stubs", fields)

    def forget(self) -> None:
        """Everything that is stored, so that the next call is the first."""
        self._post("reset", {"what": ["state"]})

    def fault(self, rule: str) -> None:
        """A rule in its short form, as `miners; dead=100`."""
        self._post("faults", rule)

    def restore(self) -> None:
        if self._changed:
            self._post("reset", {"what": ["stubs", "faults", "clock", "choices"]})
            self._changed = False

    def close(self) -> None:
        self._http.close()
