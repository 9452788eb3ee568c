"""Inner runs: a test suite of a project that has apex-mock installed.

In this process, by pytester's own way: a process of its own costs a second, and is for what speaks of processes.
"""

import pytest

from tests.conftest import PLUGINS_LEFT_OUT
from tests.wires import WIRES

INI = """
[pytest]
addopts = --strict-markers -p no:cacheprovider -p no:randomly
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""
HELPERS = """
import os
import httpx

def ask(apex, text="hello", key=None, **body):
    sent = {"messages": [{"role": "user", "content": text}], **body}
    headers = {"api-key": key or os.environ["APEX_API_KEY"]}
    return httpx.post(f"{apex.url}/v1/chat/completions", headers=headers, json=sent)
"""


@pytest.fixture
def inner(pytester):
    """Runs a suite, if told so in a `process` of its own; tests in it have `ask` from the module `helpers`."""
    pytester.makeini(INI)
    pytester.makepyfile(helpers=HELPERS)
    pytester.syspathinsert()

    def run(source, *options, process=False):
        pytester.makepyfile(test_it="import os\nimport pytest\nfrom helpers import ask\n" + source)
        runs = pytester.runpytest_subprocess if process else pytester.runpytest_inprocess
        return runs(*PLUGINS_LEFT_OUT, *options)

    return run


@pytest.fixture(params=WIRES)
def wire(request, apex):
    made = WIRES[request.param](apex.address, apex.key)
    yield made
    made.close()
