"""The suite's longer mode, and the figures that docs/reliability.md is made of."""

import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.failures.redis_server import RedisServer

FIGURES = Path(__file__).parent.parent.parent / ".cache" / "failures"
LONGER = "FAILURES"  # the longer mode: how often servers are killed under load; see docs/reliability.md


@pytest.fixture
def kills() -> int:
    """How often a test under load kills."""
    return int(os.environ.get(LONGER, "2"))


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Keeps what a test has counted: `thrown` what was done to the fake, `counts` what was seen."""

    def keep(thrown: str, **counts: Any) -> None:
        FIGURES.mkdir(parents=True, exist_ok=True)
        told = {
            "test": request.node.name,
            "thrown": thrown,
            "counts": counts,
            "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
            "on": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        }
        (FIGURES / f"{request.node.name}.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")

    return keep


@pytest.fixture(params=["sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A store of its own for each test, as `--store` names it."""
    if request.param == "sqlite":
        yield f"sqlite:{tmp_path / 'state.db'}"
        return
    with RedisServer(tmp_path) as server:
        yield server.url


@pytest.fixture
def redis_server(tmp_path: Path) -> Any:
    with RedisServer(tmp_path) as server:
        yield server
