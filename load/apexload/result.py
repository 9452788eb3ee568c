"""A run as a file: what was asked, what was measured. Gates, reports and baselines read nothing else."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from apexload.measures import Measures

SCHEMA = 1


class BadResult(Exception):
    """A file that holds no run; the message names it."""


@dataclass(slots=True)
class Result:
    """`seconds` is how long load was made, without the time in which what was under way was let finish."""

    scenario: str
    host: str
    started: str  # ISO 8601, UTC
    seconds: float
    users: int
    shape: str = "constant"
    rate: float = 0.0  # arrivals a second; 0: the closed model
    workers: int = 1
    recording: float = 0.0  # seconds that keeping one request's measures takes
    notes: list[str] = field(default_factory=list)
    exceptions: dict[str, int] = field(default_factory=dict)  # of the scenario's own code
    measures: Measures = field(default_factory=Measures)

    @property
    def load_said(self) -> str:
        """What load was made, for people; runs of which it differs measure different things."""
        arrivals = f"{self.rate:g}/s, " if self.open_model else ""
        return f"{arrivals}{self.users} users, {self.shape}"

    @property
    def open_model(self) -> bool:
        return self.rate > 0

    @property
    def requests(self) -> int:
        return sum(operation.requests for operation in self.measures.operations.values())

    @property
    def overhead(self) -> float:
        """The generator's seconds of processor time for one request."""
        return self.measures.cpu / self.requests if self.requests else 0.0

    @property
    def busy(self) -> float:
        """The share of a core that each process of the generator used."""
        return self.measures.cpu / self.measures.wall if self.measures.wall else 0.0

    def throughput(self, in_time: int) -> float:
        """Requests a second, of those that ended well and in time."""
        return in_time / self.seconds if self.seconds else 0.0

    def dump(self) -> dict[str, Any]:
        plain = {name: value for name, value in asdict(self).items() if name != "measures"}
        return {"schema": SCHEMA, **plain, **self.measures.dump()}

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Result":
        names = {name for name in cls.__dataclass_fields__ if name != "measures"}
        plain = {name: value for name, value in dumped.items() if name in names}
        return cls(**plain, measures=Measures.load(dumped))

    def save(self, path: Path, **more: Any) -> None:
        """`more` is written before the figures; who reads a run passes over it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(more | self.dump(), separators=(",", ":")) + "\n", "utf-8")


def read_result(path: Path) -> Result:
    """Raises BadResult."""
    try:
        dumped = json.loads(path.read_text("utf-8"))
        if dumped["schema"] != SCHEMA:
            raise BadResult(f"{path}: written by another version (schema {dumped['schema']}, not {SCHEMA})")
        return Result.load(dumped)
    except OSError as error:
        raise BadResult(f"{path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadResult(f"{path}: no result of a run ({type(error).__name__}: {error})") from None
