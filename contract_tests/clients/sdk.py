"""The official Python SDK as a client, in an environment of its own: it does not share one with every protobuf."""

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..answer import OK, UNREADABLE, Answer, common_json
from ..operations import Op, Transport
from .base import NotHere, Request, Unreachable, Wire

if TYPE_CHECKING:
    from ..target import Target

DRIVER = Path(__file__).with_name("sdk_driver.py")
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL")


class Sdk(Wire):
    """A conversation with sdk_driver.py, which begins with the first call."""

    transport = Transport.SDK

    def __init__(self, address: str, target: "Target") -> None:
        super().__init__(address, target)
        self._process: subprocess.Popen[str] | None = None
        self._methods: list[str] = []

    def send(self, request: Request) -> Answer:
        process = self._started()
        if request.operation not in self._methods:
            return Answer(request.operation, "unimplemented", f"this SDK has no {request.operation}")
        if request.content is not None or request.deadline is not None or request.path is not None:
            raise NotHere("the SDK sends no such request")
        asked = {
            "method": request.operation,
            "body": request.body,
            "metadata": request.sent_headers,
            "key": request.key,
        }
        assert process.stdin is not None
        print(json.dumps(asked), file=process.stdin, flush=True)
        said = self._read()
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
            self._process = subprocess.Popen(
                [str(self.target.sdk_python), str(DRIVER)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            self._methods = self._read()["methods"]
        return self._process

    def _read(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Unreachable(f"the SDK in {self.target.sdk_python} ended")
        read: dict[str, Any] = json.loads(line)
        return read

    def command(self, request: Request) -> str:
        from .grpc import Grpc

        # What the SDK sends is gRPC, so grpcurl sends it again.
        wire = Grpc(self.address, self.target)
        try:
            return wire.command(request)
        finally:
            wire.close()

    def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(10)
            if self._process.stdout is not None:
                self._process.stdout.close()
