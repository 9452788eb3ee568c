"""Every setting, typed, with its default. Flags win over the environment, that over a file, that over the defaults."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from apex_mock.core.types import Progress

PREFIX = "APEX_MOCK_"
ADMIN_KEY = "admin"  # which everybody knows
MEMORY = "memory"


def _sendable(secret: str) -> str:
    """What no client can send would keep everybody out; what is empty, from a variable that is not set, comes to that,
    or lets everybody in."""
    if not secret.strip():
        raise ValueError("must not be empty")
    if secret != secret.strip() or not (secret.isascii() and secret.isprintable()):
        raise ValueError("a header cannot carry it: it must be printable ASCII, without spaces around it")
    return secret


Secret = Annotated[str, AfterValidator(_sendable)]
Token = Annotated[str, AfterValidator(lambda token: token and _sendable(token))]


class BadSetting(ValueError):
    """A setting that cannot be used; the message names it and says what it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a fake behaves. The same names with APEX_MOCK_ before them are read from the environment.

    seed: what every random choice derives from.
    auth: "any" (a key is needed, whichever), "off" (none is) or "keys" (only api_keys and keys made over the API).
    api_keys: the keys that "keys" accepts; naming any turns "any" into "keys".
    admin_key: what the API-key calls want in the header admin-key. A server that other machines can reach wants one of
        its own: whoever knows it makes keys.
    control_token: what the control API wants in the header x-apex-token; "" for nothing, which only does on a server
        that no other machine can reach.
    service_keys: keys whose header x-forwarded-user names the user they act for; empty means that any key may.
    profile: which latency profile of fixtures/profiles.yaml holds.
    profiles, network, corpus: files or a folder of your own.
    strict_models: a model that nobody serves is an error instead of falling back to another miner.
    stubs: a folder of stubs, in YAML or JSON; read again when a file of it changes.
    faults: a file of faults, in YAML or JSON, for the whole run.
    fault: faults in their short form, besides; as a text, such as in the environment, one a line.
    strict: a chat, search or research call that no stub fits is an error that names the nearest stub.
    time_scale: research takes this many times as long as the profile says.
    research: what moves research jobs on: elapsed time, polls, immediate, or manual (the clock moved by hand).
    research_polls: how many polls complete a job that polls move.
    journal_entries, journal_bytes: how much of the past is kept.
    max_body_bytes: the longest request body, decompressed too.
    max_header_bytes: the longest head of a request, over every wire.
    max_connections, max_streams: how many there may be at once, for each worker.
    header_timeout, body_timeout, write_timeout: seconds for a head to be there, for a body to go on, for a client to
        read on.
    idle_timeout: seconds that a connection may stay without a request.
    store: where state is kept: "memory", "sqlite:PATH" or "redis://HOST:PORT/DB".
    max_scopes: how many scopes are kept in which something was stored, and how many that were only called.
    store_bytes: what all of them may take.
    """

    seed: int = 0
    auth: Literal["any", "off", "keys"] = "any"
    api_keys: tuple[Secret, ...] = ()
    admin_key: Secret = ADMIN_KEY
    service_keys: tuple[Secret, ...] = ()
    control_token: Token = ""
    profile: str = "instant"
    profiles: Path | None = None
    network: Path | None = None
    corpus: Path | None = None
    strict_models: bool = False
    stubs: Path | None = None
    faults: Path | None = None
    fault: tuple[str, ...] = ()
    strict: bool = False
    time_scale: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    research: Progress = Progress.ELAPSED
    research_polls: Annotated[int, Field(ge=1)] = 5
    journal_entries: Annotated[int, Field(ge=0)] = 1000
    journal_bytes: Annotated[int, Field(ge=0)] = 16 * 1024 * 1024
    max_body_bytes: Annotated[int, Field(ge=1, lt=1 << 31)] = 4 * 1024 * 1024
    max_header_bytes: Annotated[int, Field(ge=256, lt=1 << 24)] = 16 * 1024
    max_connections: Annotated[int, Field(ge=1)] = 20_000
    max_streams: Annotated[int, Field(ge=1)] = 10_000
    header_timeout: Annotated[float, Field(gt=0, lt=1e6)] = 30.0
    body_timeout: Annotated[float, Field(gt=0, lt=1e6)] = 30.0
    write_timeout: Annotated[float, Field(gt=0, lt=1e6)] = 60.0
    idle_timeout: Annotated[float, Field(gt=0, lt=1e6)] = 75.0
    store: str = MEMORY
    max_scopes: Annotated[int, Field(ge=1)] = 10_000
    store_bytes: Annotated[int, Field(ge=1 << 20)] = 256 * 1024 * 1024

    @classmethod
    def load(
        cls, flags: Mapping[str, Any] | None = None, *, file: Path | None = None, env: Mapping[str, str] | None = None
    ) -> "Settings":
        """Settings from all sources. Flags that are None were not given. Raises BadSetting."""
        values: dict[str, Any] = {}
        if file is not None:
            values.update(_read(file))
        values.update(_from_environment(os.environ if env is None else env))
        values.update({name: value for name, value in (flags or {}).items() if value is not None})
        if values.get("api_keys") and "auth" not in values:
            values["auth"] = "keys"
        return _validate(values)


_NAMES = {field.name for field in fields(Settings)}
_ADAPTER = TypeAdapter(Settings)


def _read(file: Path) -> dict[str, Any]:
    try:
        read = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadSetting(f"{file}: {error}") from None
    if not isinstance(read, dict):
        raise BadSetting(f"{file}: expected one setting a line, like `profile: realistic`")
    return {str(name).replace("-", "_"): value for name, value in read.items()}


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in _NAMES:
        text = env.get(PREFIX + name.upper())
        if text is not None:
            values[name] = text
    return values


def _listed(name: str, text: str) -> Any:
    if name == "fault":
        return tuple(line for line in text.splitlines() if line.strip())
    return tuple(text.split(",")) if name in ("api_keys", "service_keys") else text


def _validate(values: dict[str, Any]) -> Settings:
    if unknown := sorted(set(values) - _NAMES):
        raise BadSetting(f"there is no setting {unknown[0]!r}; there are {', '.join(sorted(_NAMES))}")
    values = {name: _listed(name, value) if isinstance(value, str) else value for name, value in values.items()}
    try:
        return _ADAPTER.validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        problem = str(first["msg"]).removeprefix("Value error, ")
        raise BadSetting(f"{'.'.join(str(part) for part in first['loc'])}: {problem}") from None
