"""docs/three-languages.md is true: each of its tests passes, and fails when the service does not do its part."""

import shutil

import pytest

from apex_mock import Server
from tests.clients import environments
from tests.clients.running import client_tests, run
from tests.conftest import PLUGINS_LEFT_OUT
from tests.examples.documents import DOCS, blocks

PAGE = DOCS / "three-languages.md"
NO_NODE = shutil.which("node") is None or shutil.which("npm") is None


def only(language: str) -> str:
    (block,) = blocks(PAGE, language)
    return block


def test_in_pytest(pytester):
    """With a server of its own."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(test_refund=only("python"))
    pytester.runpytest_inprocess(*PLUGINS_LEFT_OUT).assert_outcomes(passed=1)


def test_in_pytest_it_fails_for_a_service_that_asks_too_often(pytester):
    """And says what was asked instead."""
    often = only("python").replace("if answer.status_code != 503:", "if False:").replace("range(2)", "range(3)")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(test_refund=often)
    result = pytester.runpytest_inprocess(*PLUGINS_LEFT_OUT)
    result.assert_outcomes(failed=1)
    assert "expected 2 chat calls containing 'refund', had 3" in result.stdout.str()


@pytest.mark.skipif(shutil.which("bash") is None or shutil.which("curl") is None, reason="bash or curl not installed")
def test_in_a_shell(server: Server, tmp_path):
    """With curl alone."""
    script = tmp_path / "refund.sh"
    script.write_text(only("bash"))
    done = run(["bash", script], server.environment("shell"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == '{"ok":true,"count":2}'
    again = run(["bash", script], server.environment("shell"))
    assert again.returncode != 0
    assert "had 4" in again.stdout


@pytest.mark.skipif(NO_NODE, reason="node and npm not installed")
class TestInNode:
    pytestmark = client_tests("node")

    def test_in_node(self, server: Server, tmp_path):
        """node:test with @grpc/grpc-js."""
        try:
            packages = environments.node_modules()
        except environments.Unreachable as reason:
            pytest.skip(str(reason))
        (tmp_path / "node_modules").symlink_to(packages)
        (tmp_path / "refund.test.mjs").write_text(only("javascript"))
        proto = {"APEX_PROTO": str(environments.ROOT / "apex_mock" / "proto")}
        done = run(["node", "--test"], {**server.environment("node"), **proto}, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "pass 1" in done.stdout
