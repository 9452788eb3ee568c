"""One of several processes that serve one port: started, told when to listen, and outlived by its supervisor."""

import gc
import os
import pickle
import socket
import sys
from typing import TextIO

from apex_mock.errors import StoreFailed
from apex_mock.fixtures import BadFixture
from apex_mock.listening import CannotListen
from apex_mock.mock import ApexMock
from apex_mock.process import run
from apex_mock.server import Server
from apex_mock.settings import BadSetting
from apex_mock.supervisor import ERROR, LISTENING, READY, Orders


def main() -> None:
    """Reads its orders from standard input; the end of that is the end of the supervisor, and its own."""
    gc.disable()
    told = sys.stdin.buffer
    with _replies() as replies:
        orders = pickle.load(told)  # noqa: S301  # from the process that has started this one
        assert isinstance(orders, Orders)
        try:
            shared = socket.socket(fileno=orders.socket)
            server = Server(ApexMock(orders.settings), orders.where, shared=shared)
            _say(replies, READY)
            if told.readline():
                run(server, lambda: _say(replies, LISTENING), lifeline=told.fileno())
        except (BadSetting, BadFixture, CannotListen, StoreFailed) as error:
            _say(replies, f"{ERROR} {error}")
            raise SystemExit(2) from None


def _replies() -> TextIO:
    """What was standard output; what anything else writes there goes to standard error."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return replies


def _say(replies: TextIO, what: str) -> None:
    print(what.replace("\n", " "), file=replies, flush=True)
