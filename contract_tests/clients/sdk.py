"""The official Python SDK as a client, where it is installed; it does not share an environment with every protobuf."""

from importlib.util import find_spec

from ..answer import Answer
from ..operations import Transport
from .base import Request, Wire


def installed() -> bool:
    return find_spec("macrocosmos") is not None


class Sdk(Wire):
    transport = Transport.SDK

    def send(self, request: Request) -> Answer:
        raise NotImplementedError

    def command(self, request: Request) -> str:
        raise NotImplementedError
