"""The library's own rules: what is pure imports no gevent, and gRPC's messages are the SDK's, byte for byte."""

import subprocess
import sys

import pytest

from apexload import rpc
from apexload.scenarios import FOLDER
from tests.clients.environments import Unreachable, virtual_environment

PURE = (
    *("histogram", "measures", "series", "pieces", "arrivals", "checks", "sse", "result", "gates", "baseline"),
    *("figures", "options", "preflight", "scenarios", "launch", "prompts", "rpc"),
    *("report.html", "report.junit", "report.plots", "report.svg", "report.terminal", "report.verdict"),
)
SAME = """
import sys
sys.path.insert(0, sys.argv[1])
from apexload import rpc
messages = rpc.messages()
print(messages.source)
print(messages.write(messages.chat("What is the capital of France?", 7)).hex())
client = rpc.Client(sys.argv[2], False, (("authorization", "Bearer " + sys.argv[3]),), 20)
print(client.call(rpc.CHAT, messages.chat("What is the capital of France?", 7)).choices[0].finish_reason)
print(sum(1 for _ in client.stream(messages.chat("What is the capital of France?", 7))) > 2)
"""


@pytest.mark.inner
def test_what_judges_and_reports_imports_no_gevent():
    """It runs in a process that is not patched: `apex-mock load` itself, and the tests."""
    code = f"import sys; sys.path.insert(0, {str(FOLDER)!r})\n" + "".join(f"import apexload.{name}\n" for name in PURE)
    code += "print(sorted({'gevent', 'locust', 'geventhttpclient'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.clients
def test_the_sdks_messages_are_used_where_it_is_installed(server, key):
    """They have the same bytes as ours, and the fake takes them."""
    try:
        python = virtual_environment("macrocosmos-2.1.0")
    except Unreachable as error:
        pytest.skip(str(error))
    command = [str(python), "-c", SAME, str(FOLDER), server.address, key]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={}, check=False)
    assert done.returncode == 0, done.stderr
    source, sent, finish, streamed = done.stdout.split("\n")[:4]
    ours = rpc.messages()
    assert source == "macrocosmos 2.1.0"
    assert ours.source == "apex-mock's own messages"
    assert bytes.fromhex(sent) == ours.write(ours.chat("What is the capital of France?", 7))
    assert (finish, streamed) == ("stop", "True")
