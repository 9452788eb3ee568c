"""One client for each transport, all behind the protocol of base.py."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..operations import Transport

if TYPE_CHECKING:
    from ..target import Target
    from .base import Wire


def open_wires(target: "Target") -> Mapping[Transport, "Wire"]:
    """A wire for each transport that the target has an address for and this environment a client."""
    from .connect import Connect
    from .grpc import Grpc
    from .rest import Rest

    wires: dict[Transport, Wire] = {}
    if target.rest:
        wires[Transport.REST] = Rest(target.rest, target)
    if target.http:
        wires[Transport.CONNECT] = Connect(target.http, target)
    if target.grpc:
        wires[Transport.GRPC] = Grpc(target.grpc, target)
    if target.rest:
        from .openai import OpenAI, installed

        if installed():
            wires[Transport.OPENAI] = OpenAI(target.rest, target)
    if target.grpc and target.sdk_python is not None:
        from .sdk import Sdk

        wires[Transport.SDK] = Sdk(target.grpc, target)
    return wires
