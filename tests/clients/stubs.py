"""A conversation with scripts/stubs.py: a client made of an SDK's generated stubs, in the SDK's own environment."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apex_mock import Server
from tests.clients.running import SCRIPTS, environment


@dataclass(frozen=True)
class Reply:
    """`code` is gRPC's own name of it, "OK" when the call went well."""

    code: str
    message: str
    answers: list[Any]

    @property
    def answer(self) -> Any:
        assert self.code == "OK", f"{self.code}: {self.message}"
        assert len(self.answers) == 1
        return self.answers[0]


class Stubs:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.methods: list[str] = self._read()["methods"]

    def call(self, method: str, body: Any = None, **metadata: str) -> Reply:
        """Metadata are keywords, with _ for -."""
        sent = {name.replace("_", "-"): value for name, value in metadata.items()}
        assert self._process.stdin is not None
        print(
            json.dumps({"method": method, "body": body or {}, "metadata": sent}), file=self._process.stdin, flush=True
        )
        return Reply(**self._read())

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the client has ended"
        return json.loads(line)


@contextmanager
def stubs(python: Path, server: Server, key: str) -> Iterator[Stubs]:
    command = [str(python), str(SCRIPTS / "stubs.py")]
    env = environment(server.environment(key))
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Stubs(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)
