"""The options that a scenario adds to Locust's own; `apex-mock load` has the same and passes them on."""

import os
import re
from argparse import ArgumentTypeError, Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apexload.arrivals import ARRIVALS, EVEN
from apexload.pieces import SHAPES

KEYS = ("APEX_API_KEY", "MACROCOSMOS_API_KEY")


class BadOption(ArgumentTypeError):
    """A value that cannot be used; the message says what it may be."""


def key_from_environment(environment: Mapping[str, str]) -> str:
    return next((environment[name] for name in KEYS if environment.get(name)), "")


def seconds(text: str) -> float:
    """60, 60s, 1.5m, 250ms or 1h, in seconds. Raises BadOption."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|min|h)?", text.strip())
    if not found:
        raise BadOption(f"{text!r} is no time such as 60s, 250ms, 5m or 1h")
    return float(found[1]) * {"ms": 0.001, None: 1, "s": 1, "m": 60, "min": 60, "h": 3600}[found[2]]


def rate(text: str) -> float:
    """200/s, 200 or 600/min, in arrivals a second. Raises BadOption."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(?:/\s*(s|min|m))?", text.strip())
    if not found or not float(found[1]):
        raise BadOption(f"{text!r} is no rate such as 200/s or 600/min")
    return float(found[1]) / (60 if found[2] in ("m", "min") else 1)


def think(text: str) -> tuple[float, float]:
    """1-3s, or one time: least and most seconds. Raises BadOption."""
    low, dash, high = text.partition("-")
    if not dash:
        return seconds(text), seconds(text)
    unit = re.sub(r"[0-9.\s]", "", high)
    least, most = seconds(low if re.search("[a-z]", low) else low + unit), seconds(high)
    if least > most:
        raise BadOption(f"{text!r}: the first time must not be the longer")
    return least, most


def header(text: str) -> tuple[str, str]:
    """NAME: VALUE. Raises BadOption."""
    name, colon, value = text.partition(":")
    if not colon or not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name.strip()):
        raise BadOption(f"{text!r} is no header such as 'x-apex-profile: realistic'")
    return name.strip().lower(), value.strip()


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for, beyond host and users. Times in seconds; a rate of 0 is the closed model."""

    api_key: str = ""
    shape: str = "constant"
    rate: float = 0.0
    arrivals: str = EVEN
    think: tuple[float, float] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    variety: int = 1_000_001
    poll: float = 1.0
    grace: float = 10.0
    timeout: float = 60.0
    save: str = ""
    live: str = ""


def add_to(parser: Any) -> None:
    """For Locust's event init_command_line_parser."""
    group = parser.add_argument_group("apex-mock load")
    key = key_from_environment(os.environ)
    add = group.add_argument
    add("--api-key", default=key, help="The key to call with; default: APEX_API_KEY or MACROCOSMOS_API_KEY.")
    add("--shape", choices=list(SHAPES), default="constant", help="How the load goes up and down over --run-time.")
    add("--rate", type=rate, default=0.0, help="Open model: so many arrivals, such as 200/s; --users serve them.")
    add("--arrivals", choices=list(ARRIVALS), default=EVEN, help="Open model: evenly spaced, or as a Poisson process.")
    add("--think", type=think, default=None, help="Closed model: a user's pause between requests, such as 1-3s.")
    add("--header", type=header, action="append", default=[], help="A header to send; may be repeated.")
    add("--seed", type=int, default=0, help="What prompts, pauses and arrivals derive from.")
    add("--variety", type=int, default=1_000_001, help="How many different seeds requests have; 1: always the same.")
    add("--poll", type=seconds, default=1.0, help="Pause between two looks at a research job.")
    add("--grace", type=seconds, default=10.0, help="How long what is under way at the end may take.")
    add("--timeout", type=seconds, default=60.0, help="How long an answer may take, or the next piece of a stream.")
    add("--save", default="", help="Write what was measured to this file, as JSON.")
    add("--live", default="", help="Keep the state of the run in this file.")


def read(parsed: Namespace | None) -> Options:
    """From what Locust parsed; on a worker, with what the master sent."""
    if parsed is None:
        return Options()
    values = vars(parsed)
    return Options(
        headers=dict(values.get("header") or ()),
        # Tuples come from the master as lists.
        think=tuple(values["think"]) if values.get("think") else None,
        **{
            name: values[name]
            for name in Options.__dataclass_fields__
            if name not in ("headers", "think") and name in values
        },
    )
