"""The official Python SDK as a client, in an environment of its own: it does not share one with every protobuf."""

import json
import os
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..answer import OK, UNREADABLE, Answer, common_json
from ..operations import Op, Transport
from ..redaction import Redactor
from .base import NotHere, Request, Unreachable, Wire

if TYPE_CHECKING:
    from ..target import Target

DRIVER = Path(__file__).parent / "driver" / "sdk_driver.py"
CANNOT_SAY = "CANNOT_SAY"
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL")


class Sdk(Wire):
    """A conversation with sdk_driver.py, which begins with the first call."""

    transport = Transport.SDK

    def __init__(self, address: str, target: "Target") -> None:
        super().__init__(address, target)
        self._process: subprocess.Popen[str] | None = None
        self._said: Any = None
        self._methods: list[str] = []

    def lacks(self, operation: Op) -> bool:
        self._started()
        return operation not in self._methods

    def send(self, request: Request) -> Answer:
        process = self._started()
        if request.content is not None or request.deadline is not None or request.path is not None:
            raise NotHere("the SDK sends no such request")
        asked = {
            "method": request.operation,
            "body": request.body,
            "metadata": request.sent_headers,
            "key": request.key,
        }
        assert process.stdin is not None
        try:
            print(json.dumps(asked), file=process.stdin, flush=True)
        except OSError:
            raise self._gone() from None
        said = self._read()
        if said["code"] == CANNOT_SAY:
            raise NotHere(f"the SDK can say it: {said['message']}")
        if said["code"] != "OK":
            return Answer(request.operation, str(said["code"]).lower(), str(said["message"]))
        try:
            values = [common_json(request.operation, value) for value in said["answers"]]
        except ValueError as error:
            return Answer(request.operation, UNREADABLE, str(error))
        if request.operation is Op.STREAM:
            return Answer(request.operation, OK, events=tuple(values))
        return Answer(request.operation, OK, value=values[0])

    def _started(self) -> "subprocess.Popen[str]":
        if self._process is None:
            environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
            environment |= {
                "MACROCOSMOS_BASE_URL": self.address,
                "MACROCOSMOS_USE_HTTPS": "true" if self.target.grpc_secure else "false",
                "CONTRACT_TIMEOUT": str(self.target.timeout),
            }
            if self.target.ca:
                environment["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = self.target.ca
            self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115  # closed with the conversation
            command = [str(self.target.sdk_python), str(DRIVER)]
            pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._said}
            try:
                self._process = subprocess.Popen(command, env=environment, text=True, **pipes)
            except OSError as error:
                self._said.close()
                raise Unreachable(f"the SDK in {self.target.sdk_python}: {error.strerror}") from None
            self._methods = self._read()["methods"]
        return self._process

    def _read(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._gone()
        read: dict[str, Any] = json.loads(line)
        return read

    def _gone(self) -> Unreachable:
        """Why the conversation ended: the last line that the program said."""
        self._said.seek(0)
        lines = self._said.read().strip().splitlines() or ["it said nothing"]
        return Unreachable(f"the SDK in {self.target.sdk_python} ended: {lines[-1]}")

    def command(self, request: Request, redact: Redactor) -> str:
        from .grpc import Grpc

        # What the SDK sends is gRPC, so grpcurl sends it again.
        wire = Grpc(self.address, self.target)
        try:
            return wire.command(request, redact)
        finally:
            wire.close()

    def close(self) -> None:
        if self._process is None:
            return
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()
        self._said.close()
