"""The handle on a fake that runs elsewhere: the same surface, over its control API; and many workers on one fake."""

import asyncio
import json
import ssl
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from apex_mock import serve
from apex_mock.environment import NotThere
from apex_mock.testing.handle import Apex
from apex_mock.testing.local import Local
from apex_mock.testing.remote import Remote
from tests.clients.running import run
from tests.conftest import PLUGINS_LEFT_OUT
from tests.plugin.test_plugin import source

HERE = Path(__file__).parent
SAME = ("test_handle.py", "test_clock.py", "test_stored.py", "test_builders.py")
# What needs the fake in the test's own process: Python predicates, and calls with keys that are no test's.
ALONE = (
    "test_handle.py::test_conditions_on_everything",
    "test_handle.py::test_a_predicate_that_uses_the_handle_is_told_not_to",
    "test_handle.py::test_calls_with_another_key_are_told_of",
)
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def remote(server):
    made = Remote(server.url)
    yield made
    made.close()


@pytest.fixture
def far(remote, key):
    """A handle like any other, on the fake of another thread's server, spoken to over HTTP alone."""
    handle = Apex(remote, key)
    yield handle
    handle.close()


def ask(handle, text="hello", **body):
    sent = {"messages": [{"role": "user", "content": text}], **body}
    return httpx.post(f"{handle.url}/v1/chat/completions", headers={"api-key": handle.key}, json=sent)


def test_the_handles_own_tests_hold_over_http(server):
    """All of them but those that need the same process."""
    before = server.mock.journal.seq
    files = [str(HERE / name) for name in SAME]
    deselected = [f"--deselect={HERE.relative_to(Path.cwd())}/{name}" for name in ALONE]
    quickly = ("-q", "-p", "no:cacheprovider", *PLUGINS_LEFT_OUT)
    command = [sys.executable, "-m", "pytest", *quickly, f"--apex-url={server.url}", *deselected]
    done = run([*command, *files], {}, cwd=Path.cwd(), timeout=170)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    assert f"{len(ALONE)} deselected" in done.stdout
    assert server.mock.journal.seq - before > 100, "they were asked of this fake"


def test_a_call_is_read_back_as_it_was(far, server):
    """Requests, plans and frames, as the fake's own process has them."""
    far.clock.freeze()
    far.chat("count").streams(["one ", "two"])
    far.chat("tool").calls_tool("refund", {"order": 7})
    ask(far, "count", stream=True, sampling_parameters={"temperature": 0.5}, seed=3)
    ask(far, "tool")
    headers = {"api-key": far.key}
    httpx.post(f"{far.url}/web_retrieval", json={"search_query": "bees", "uids": [1, 2]}, headers=headers)
    thinking = {"inference_mode": "Chain-of-Thought", "messages": [{"role": "user", "content": "bees"}]}
    httpx.post(f"{far.url}/v1/chat/completions/jobs", json=thinking, headers=headers)
    far.fault("error", code="unavailable", operation="get_research")
    httpx.get(f"{far.url}/v1/chat/completions/jobs/none", headers=headers)
    far.wait_for(chat=2, search=1, research=1, get_research=1)
    here = asyncio.run(server.mock.journal.select(scope=far.key))
    there = far.calls()
    assert [entry.request for entry in there] == [entry.request for entry in here]
    assert [entry.frames for entry in there] == [entry.frames for entry in here]
    assert [entry.describe() for entry in there] == [entry.describe() for entry in here]
    for name in (
        "seq",
        "at",
        "scope",
        "transport",
        "app",
        "outcome",
        "message",
        "stub",
        "fault",
        "ended_at",
        "duration",
    ):
        assert [getattr(entry, name) for entry in there] == [getattr(entry, name) for entry in here], name
    for name in ("id", "created", "model", "text", "finish_reason", "miners", "tool_calls"):
        assert [getattr(e.plan, name, None) for e in there] == [getattr(e.plan, name, None) for e in here], name
    assert all(entry.owner != far.key for entry in there)


def test_a_predicate_cannot_go_over_http(far):
    with pytest.raises(
        ValueError, match=r"where=<lambda>.*is a Python function.*run without --apex-url and --apex-shared"
    ):
        far.chat(where=lambda request: True).replies("x")
    assert far.unused() == []


def test_a_stub_that_only_counts_can(far):
    """What it answers is what it would have been anyway."""
    stub = far.operation("list_chats").answers()
    call = f"{far.url}/apex.v1.ApexService/GetChatSessions"
    httpx.post(call, json={}, headers={"authorization": f"Bearer {far.key}"})
    assert stub.used == 1
    stub.remove()
    stub.remove()
    assert far.unused() == []


def test_faults_too(far):
    """Laid, counted and mended over HTTP; a predicate is refused."""
    fault = far.fault("error", code="unavailable", containing="refund")
    assert [ask(far, text).status_code for text in ("refund", "bees")] == [503, 200]
    assert fault.acted == 1
    fault.remove()
    fault.remove()
    assert ask(far, "refund").status_code == 200
    with pytest.raises(ValueError, match="is a Python function"):
        far.fault("empty", where=lambda request: True)


def test_surprises_are_taken_once_and_only_ones_own(far, remote):
    other = Apex(remote, f"{far.key}-other")
    httpx.get(f"{far.url}/v1/nope", headers={"api-key": far.key})
    httpx.get(f"{far.url}/v1/nope", headers={"api-key": other.key})
    assert remote.take_surprises(far.key) == ["GET /v1/nope: Not Found"]
    assert remote.take_surprises(far.key) == []
    assert other.complaints() == ["GET /v1/nope: Not Found"]
    other.close()


def test_a_run_that_was_cut_short_leaves_nothing_in_the_way(far, remote):
    far.chat().replies("stale")
    far.stored_chats([{"title": "stale"}])
    far.choose(strict=True, clock="2001-01-01T00:00:00Z")
    again = Apex(remote, far.key)
    assert again.unused() == []
    assert "stale" not in ask(again).text
    assert again.clock.now.year > 2001
    again.verify(chat=1)


def test_the_fake_is_not_in_this_process(far):
    with pytest.raises(RuntimeError, match=r"apex\.mock is in another process"):
        far.mock  # noqa: B018


def test_a_connection_that_was_closed_is_opened_anew(far, remote):
    far.verify(chat=0)
    remote._connection.sock.shutdown(2)
    far.verify(chat=0)


def test_a_fake_that_is_gone_says_so():
    with serve() as server:
        remote = Remote(server.url)
        assert remote.url == server.url
    with pytest.raises(NotThere, match="does not answer any more"):
        remote.now("x")


def test_a_fake_that_knows_only_some_keys_is_of_no_use():
    with (
        serve(settings={"api_keys": ("good",)}) as server,
        pytest.raises(NotThere, match="accepts only some keys, and each test has its own"),
    ):
        Remote(server.url)


def test_the_token_of_its_control_api_is_sent(key, monkeypatch):
    """From the environment; without it, one line says what to set."""
    with serve(settings={"control_token": "t0ken"}) as server:
        monkeypatch.delenv("APEX_MOCK_CONTROL_TOKEN", raising=False)
        with pytest.raises(NotThere, match="wants its token: set APEX_MOCK_CONTROL_TOKEN"):
            Remote(server.url)
        monkeypatch.setenv("APEX_MOCK_CONTROL_TOKEN", "t0ken")
        with closing(Remote(server.url)) as remote:
            far = Apex(remote, key)
            far.chat().replies("let in")
            assert "let in" in ask(far).text
            far.verify(chat=1)


def test_over_tls_too(tmp_path, key):
    """The authority is the one that the fake tells of."""
    from apex_mock.tls import make_certificate

    certificate = make_certificate(tmp_path)
    with serve(certificate=certificate) as server, closing(Remote(server.url)) as remote:
        far = Apex(remote, key)
        far.chat().replies("safe")
        sent = {"messages": [{"role": "user", "content": "x"}]}
        trust = ssl.create_default_context(cafile=far.env["SSL_CERT_FILE"])
        with httpx.Client(verify=trust, headers={"api-key": key}) as client:
            assert "safe" in client.post(f"{far.url}/v1/chat/completions", json=sent).text
        far.verify(chat=1)


def test_both_kinds_of_handle_have_the_same_surface():
    """Nothing public that the other has not, but for what holds them up."""

    def public(kind):
        return {name for name in dir(kind) if not name.startswith("_")}

    assert public(Remote) - public(Local) == {"close"}
    assert public(Local) - public(Remote) == {"url", "ca"}  # which Remote has once it is made


# --- The plugin -------------------------------------------------------------------------------------------------------

TOLD = """
import httpx, pathlib

@pytest.mark.parametrize("n", range(24))
def test_told(apex, n):
    apex.stored_chats([{"title": str(n)}])
    apex.clock.advance(n * 3600)
    apex.chat().replies(f"answer {n}")
    assert f"answer {n}" in ask(apex).text
    apex.verify(chat=1)
    told = pathlib.Path(os.environ["TOLD"]) / str(n)
    told.write_text(f"{apex.url} {apex.key} {os.environ.get('PYTEST_XDIST_WORKER', '')}")

def test_in_process_all_the_same(apex, apex_app):
    assert apex.mock is apex_app.state.mock
    apex.chat(where=lambda request: True).replies("by predicate").optional()
"""


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Where the inner tests were sent: [url, key, worker] of each."""
    folder = tmp_path / "told"
    folder.mkdir()
    monkeypatch.setenv("TOLD", str(folder))
    return lambda: [path.read_text().split(" ") for path in sorted(folder.iterdir())]


def test_workers_share_one_fake(inner, told):
    """Started once, by the controller; each test in a world of its own."""
    inner(TOLD, "-n", "2", "--apex-shared").assert_outcomes(passed=25)
    urls, keys, workers = map(set, zip(*told(), strict=True))
    assert (len(urls), len(keys)) == (1, 24)
    assert len(workers) > 1  # one that starts late may find nothing left


def test_two_workers_have_two_fakes_unless_told_otherwise(inner, told):
    inner(TOLD, "-n", "2").assert_outcomes(passed=25)
    urls, keys, _ = map(set, zip(*told(), strict=True))
    assert (len(urls), len(keys)) == (2, 24)


@pytest.mark.parametrize("how", ["option", "variable"])
def test_workers_use_a_fake_that_runs(inner, told, server, monkeypatch, how):
    if how == "variable":
        monkeypatch.setenv("APEX_MOCK_URL", server.url)
    options = ["-n", "2", f"--apex-url={server.url}", "--apex-scope=mine"] if how == "option" else []
    inner(TOLD, *options).assert_outcomes(passed=25)
    urls, keys, _ = map(set, zip(*told(), strict=True))
    assert (urls, len(keys)) == ({server.url}, 24)
    assert {key.startswith("mine-test-") for key in keys} == {how == "option"}
    for key in keys:
        assert asyncio.run(server.mock.journal.select(scope=key)) == []


def test_without_workers_there_is_nothing_to_share(inner, told):
    inner(TOLD, "--apex-shared").assert_outcomes(passed=25)
    assert len({url for url, _, _ in told()}) == 1


def test_the_same_test_in_each_worker_has_a_key_in_each(inner, tmp_path, monkeypatch):
    """Under --dist each, every worker runs every test."""
    monkeypatch.setenv("TOLD", str(tmp_path))
    suite = """
    import pathlib
    def test_it(apex):
        apex.chat().replies("x")
        ask(apex)
        apex.verify(chat=1)
        (pathlib.Path(os.environ["TOLD"]) / apex.key).touch()
    """
    inner(source(suite), "--dist", "each", "--tx", "2*popen", "--apex-shared").assert_outcomes(passed=2)
    assert len([path for path in tmp_path.iterdir() if path.name.startswith("test-")]) == 2


def test_what_is_left_over_fails_the_test_there_too(inner, server):
    """And the report adds up."""
    suite = """
    def test_unused(apex):
        apex.chat("refund").replies("x")

    def test_unknown(apex):
        import httpx
        httpx.get(apex.url + "/v1/nope", headers={"api-key": apex.key})
    """
    result = inner(source(suite), f"--apex-url={server.url}", "--apex-report")
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(
        [
            "apex-mock: the stub chat(containing='refund') was never used",
            "apex-mock was surprised: GET /v1/nope: Not Found",
            "0 calls in 2 tests",
            "0 answered with an error, 1 unmatched or otherwise surprising",
        ]
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--apex-url=http://127.0.0.1:1"], "apex-mock: nothing answers at http://127.0.0.1:1"),
        (["--apex-url=nonsense:nonsense"], "'nonsense:nonsense' is not http://HOST:PORT"),
        (["--apex-url=http://127.0.0.1:1", "--apex-shared"], "say it or --apex-url"),
        (["--apex-scope=a b"], "--apex-scope: letters, digits"),
    ],
)
def test_an_option_that_makes_no_sense_says_so_in_one_line(inner, options, says):
    result = inner("def test_it(apex): pass", *options)
    assert result.ret != 0
    assert says in result.stdout.str() + result.stderr.str()
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_the_answers_are_those_that_a_fake_in_the_process_gives(inner, tmp_path, monkeypatch):
    """A test's answers depend on its name and what it asks, not on where the fake runs or which worker asks."""
    suite = """
import json, pathlib

@pytest.mark.parametrize("n", range(6))
def test_answer(apex, n):
    answer = ask(apex, f"Tell me a story about {n} bees.").json()
    answer.pop("created")
    (pathlib.Path(os.environ["TOLD"]) / str(n)).write_text(json.dumps(answer))
"""
    seen = []
    for options in ((), ("-n", "2", "--apex-shared")):
        out = tmp_path / "-".join(("out", *options))
        out.mkdir()
        monkeypatch.setenv("TOLD", str(out))
        inner(suite, *options).assert_outcomes(passed=6)
        seen.append([json.loads(path.read_text()) for path in sorted(out.iterdir())])
    assert seen[0] == seen[1]
