"""Who is calling: from the headers of any wire to a Caller, or an Unauthenticated that says what to send."""

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TypeAlias

from apex_mock.core.credentials import API_KEY, AUTHORIZATION
from apex_mock.core.types import ApiKey, Caller, Micros
from apex_mock.errors import RateLimited, Unauthenticated
from apex_mock.faultfile import HEADER as FAULT
from apex_mock.settings import Settings
from apex_mock.store.base import Store

SERVER_SCOPE = ""  # where keys made over the API live: they belong to the server, not to a caller
MINUTE: Micros = 60_000_000
RawHeaders: TypeAlias = tuple[tuple[str | bytes, str | bytes], ...]
KEPT_HEADERS = 1024
HINT = "send the header 'Authorization: Bearer <key>'"


@lru_cache(maxsize=KEPT_HEADERS)
def header_map(raw: RawHeaders) -> Mapping[str, str]:
    """Headers or metadata by name, in lower case; of a repeated one the last, but of faults all, a line for each."""
    headers = {_text(name).lower(): _text(value) for name, value in raw}
    if FAULT in headers:
        headers[FAULT] = "\n".join(_text(value) for name, value in raw if _text(name).lower() == FAULT)
    return headers


def _text(sent: str | bytes) -> str:
    return sent if isinstance(sent, str) else sent.decode("latin-1")


def key_of(headers: Mapping[str, str], *, api_key_header: bool) -> str:
    """The key that was sent. `api-key` counts on the REST host only (D2). Raises Unauthenticated."""
    if api_key_header and (key := headers.get(API_KEY, "")):
        return key
    authorization = headers.get(AUTHORIZATION, "")
    if not authorization.strip():
        raise Unauthenticated("Missing API key", hint=HINT)
    scheme, _, key = authorization.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Invalid authorization scheme", hint=HINT)
    if not key.strip():
        raise Unauthenticated("Missing API key", hint=HINT)
    return key.strip()


def is_one_of(key: str, known: Iterable[str]) -> bool:
    """Compares in constant time, as bytes: compare_digest refuses text beyond ASCII."""
    sent = key.encode("utf-8", "surrogatepass")
    # A list, so that every key is compared whichever fits.
    return any([hmac.compare_digest(sent, other.encode("utf-8", "surrogatepass")) for other in known])  # noqa: C419  # see above


class Gate:
    """Lets callers in, by the policy of the settings."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._policy = settings.auth
        self._keys = settings.api_keys
        self._service_keys = settings.service_keys
        self._store = store
        # A client's headers are the same from call to call, and so is what they say of it.
        self._read = lru_cache(maxsize=KEPT_HEADERS)(self._read_headers)

    async def admit(
        self, raw: RawHeaders, transport: str, now: Callable[[str], Micros], *, api_key_header: bool = False
    ) -> Caller:
        """The caller behind these headers, whose call sees the store as it is now. Raises Unauthenticated, RateLimited,
        StoreFailed.

        `now` tells a scope's time, by which the limits of its keys go.
        """
        caller, key, refusal = self._read(raw, transport, api_key_header)
        await self._store.look(caller.scope)
        if refusal is None:
            try:
                await self._check(key, caller.scope, now)
            except Unauthenticated:
                if self._policy != "off":
                    raise
        elif self._policy != "off":
            raise Unauthenticated(refusal, hint=HINT)
        return caller

    def scope_of(self, raw: RawHeaders) -> str:
        """Whose world a call would be in, whether or not it would be let in."""
        return self._read(raw, "rest", True)[0].scope

    def _read_headers(self, raw: RawHeaders, transport: str, api_key_header: bool) -> tuple[Caller, str, str | None]:
        headers = header_map(raw)
        key, refusal = "", None
        try:
            key = key_of(headers, api_key_header=api_key_header)
        except Unauthenticated as error:
            refusal = error.message
        owner = key
        user = headers.get("x-forwarded-user", "")
        if user and (not self._service_keys or is_one_of(key, self._service_keys)):
            owner = f"{key}\n{user}"  # no header holds a line end, so no key looks like another's user
        caller = Caller(
            headers.get("x-apex-scope") or key,
            owner,
            transport,
            headers.get("x-source", ""),
            headers.get("x-client-id", ""),
            headers,
        )
        return caller, key, refusal

    async def _check(self, key: str, scope: str, now: Callable[[str], Micros]) -> None:
        counted, time = None, 0
        store = self._store
        if store.may_hold(ApiKey) and await store.get(ApiKey, SERVER_SCOPE, key) is not None:
            time = now(scope)
            counted = await store.update(ApiKey, SERVER_SCOPE, key, lambda k: _count(k, time))
        if counted is not None:
            if counted.used > counted.rate_limit:
                wait = max(1, -(-(counted.window + MINUTE - time) // 1_000_000))
                hint = f"this key may make {counted.rate_limit} requests a minute; try again in {wait} s"
                raise RateLimited("Rate limit exceeded", hint=hint, retry_after=float(wait))
        elif self._policy == "keys" and not is_one_of(key, self._keys):
            raise Unauthenticated("Invalid API key", hint="this server knows only the keys it was given")


def _count(key: ApiKey, now: Micros) -> ApiKey:
    if not 0 <= now - key.window < MINUTE:  # it is over, or the clock was set back
        return replace(key, window=now, used=1)
    return replace(key, used=key.used + 1)
