"""What is checked: where it is, with which keys, how hard it may be pressed, and whether it is a fake."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .redaction import Redactor

LIVE_REST = "https://sn1.api.macrocosmos.ai"
LIVE_CONSTELLATION = "https://constellation.api.cloud.macrocosmos.ai"
KEY_VARIABLES = ("APEX_API_KEY", "MACROCOSMOS_API_KEY")
SECOND_KEY, ADMIN_KEY, SERVICE_KEY = "APEX_SECOND_KEY", "APEX_ADMIN_KEY", "APEX_SERVICE_KEY"
CONTROL_TOKEN = "APEX_MOCK_CONTROL_TOKEN"


class BadTarget(Exception):
    """A target that cannot be meant; the message says what to mend, in one line."""


@dataclass
class Target:
    """An implementation of the contract. Addresses that are None are not there.

    `exact`: a fake whose answers derive from seeds. `control`: it has the control API. `auth`: whom it lets in: "any"
    key, "keys" that it knows, "off". `own_keys`: each clause may make up a key, and has a world of its own.
    `pace` is the least time between two requests, `timeout` how long one may take, `patience` how long a research job
    may, all in seconds.
    """

    name: str
    rest: str | None = None
    http: str | None = None
    grpc: str | None = None
    grpc_secure: bool = False
    ca: str | None = None
    key: str | None = None
    second_key: str | None = None
    admin_key: str | None = None
    service_key: str | None = None
    control_token: str | None = None
    exact: bool = False
    control: bool = False
    auth: str = "keys"
    own_keys: bool = False
    pace: float = 1.0
    timeout: float = 120.0
    patience: float = 900.0
    keyring: "Target | None" = None  # a second server of the same kind that knows its keys
    sdk_python: Path | None = None  # of an environment that has the official SDK
    _last: float = field(default=0.0, repr=False)

    def key_for(self, purpose: str) -> str | None:
        return f"contract-{purpose}" if self.own_keys else self.key

    def second_key_for(self, key: str | None) -> str | None:
        return f"{key}-second" if self.own_keys else self.second_key

    def redactor(self, *made: str) -> Redactor:
        """Puts variables in the place of what must never be printed: of its own keys, and of those that were `made`.

        Keys that clauses made up for a fake are no secrets: a command that holds one runs as it is.
        """
        held = {
            CONTROL_TOKEN: self.control_token,
            SERVICE_KEY: self.service_key,
            ADMIN_KEY: self.admin_key,
            SECOND_KEY: self.second_key,
            KEY_VARIABLES[0]: self.key,
        }
        names = dict.fromkeys(made, KEY_VARIABLES[0])
        return Redactor(names | {key: name for name, key in held.items() if key})

    def wait_for_turn(self) -> None:
        """Sleeps until the next request may go out."""
        if self.pace:
            time.sleep(max(0.0, self._last + self.pace - time.monotonic()))
            self._last = time.monotonic()


def target_at(
    url: str,
    *,
    rest: str | None = None,
    grpc: str | None = None,
    key: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Target:
    """The target at a URL, or "live". Asks it once whether it is a fake of ours. Raises BadTarget."""
    chosen = key is not None
    key = key or next((environment[name] for name in KEY_VARIABLES if environment.get(name)), None)
    for value in filter(
        None, (key, *(environment.get(name) for name in (SECOND_KEY, ADMIN_KEY, SERVICE_KEY, CONTROL_TOKEN)))
    ):
        if not value.isascii() or not value.isprintable():
            raise BadTarget("a key holds a character that no header can carry: look for a line end or a quote")
    keys: dict[str, Any] = {
        "key": key,
        "second_key": environment.get(SECOND_KEY) or None,
        "admin_key": environment.get(ADMIN_KEY) or None,
        "service_key": environment.get(SERVICE_KEY) or None,
        "control_token": environment.get(CONTROL_TOKEN) or None,
    }
    if url == "live":
        host = urlsplit(LIVE_CONSTELLATION).hostname
        return Target("live", rest or LIVE_REST, LIVE_CONSTELLATION, grpc or f"{host}:443", True, **keys)
    address, secure = _address(url)
    rest_url = rest and f"{'https' if _address(rest)[1] else 'http'}://{_address(rest)[0]}"
    base = f"{'https' if secure else 'http'}://{address}"
    target = Target(base, rest_url or base, base, (grpc and _address(grpc)[0]) or address, secure, **keys)
    return _told(target, chosen=chosen)


def _address(url: str) -> tuple[str, bool]:
    """host:port and whether it is over TLS. Raises BadTarget."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        port = parts.port
    except ValueError:
        raise BadTarget(f"{url}: the port is no number between 1 and 65535") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadTarget(f"{url}: a target is http://HOST:PORT, https://HOST, or the word live")
    if parts.username or parts.password:
        raise BadTarget("a target's URL holds no key: put it into APEX_API_KEY")
    if parts.path.strip("/") or parts.query:
        raise BadTarget(f"{url}: a target is named without a path")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{port or (443 if parts.scheme == 'https' else 80)}", parts.scheme == "https"


def _told(target: Target, *, chosen: bool) -> Target:
    """The target with what its control API says of it, where it has one.

    A fake that lets any key in gets the environment's only when it was `chosen` for it: it is somebody's secret.
    """
    from .control import info

    told: dict[str, Any] | None = info(target)
    if told is None:
        return target
    auth = str(told.get("auth", "any"))
    own_keys = auth != "keys" and not chosen
    return replace(
        target,
        key=None if own_keys else target.key,
        exact=told.get("profile") == "instant" and not told.get("strict"),
        control=True,
        auth=auth,
        own_keys=own_keys,
        ca=told.get("ca"),
        pace=0.0,
        timeout=30.0,
        patience=120.0,
    )
