"""The plugin in inner runs: what fails a test and how it says so, what the marker takes, what is put back."""

import textwrap

import pytest

pytestmark = pytest.mark.timeout(120)


def source(text):
    return textwrap.dedent(text)


def test_what_is_left_over_or_surprising_fails_the_test(inner):
    """At its end, unless the test says otherwise; a readable message, no traceback."""
    result = inner(
        source("""
        def test_unused(apex):
            apex.chat("refund").replies("x")

        def test_begun_and_never_ended(apex):
            apex.search("refund")

        def test_unknown_path(apex):
            ask(apex)
            import httpx
            httpx.get(apex.url + "/v1/nope", headers={"api-key": apex.key})

        def test_unknown_path_without_a_key(apex):
            import httpx
            httpx.get(apex.url + "/v2/nope")

        @pytest.mark.apex(strict=True)
        def test_no_stub_fits(apex):
            apex.chat("refund", temperature=0).replies("x").optional()
            ask(apex, "where is it?", sampling_parameters={"temperature": 0})

        def test_crash(apex):
            apex.chat(where=lambda request: 1 / 0).replies("x")
            ask(apex)
            apex.chat().replies("y")
        """)
    )
    result.assert_outcomes(passed=6, errors=6)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_unused*",
            "apex-mock: the stub chat(containing='refund') was never used",
            "nothing was asked",
            "Is that as it should be? apex.allow_surprises()*",
            "*ERROR at teardown of test_begun_and_never_ended*",
            "apex-mock: the stub search(containing='refund') was given no answer",
            "*ERROR at teardown of test_unknown_path*",
            "apex-mock was surprised: GET /v1/nope: Not Found",
            "asked with this test's key: 1",
            '  #1 chat over rest "hello" -> ok',
            "*ERROR at teardown of test_unknown_path_without_a_key*",
            "apex-mock was surprised: GET /v2/nope: Not Found",
            "*ERROR at teardown of test_no_stub_fits*",
            "*no stub fits*the nearest, chat(containing='refund', temperature=0), differs in prompt: *",
            "*ERROR at teardown of test_crash*",
            "apex-mock was surprised: #3 chat over rest *ZeroDivisionError*",
            "ERROR test_it.py::test_unused - Failed: apex-mock: the stub chat(containing=*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest.fail*")


def test_what_lets_a_test_be_surprised(inner):
    result = inner(
        source("""
        def test_said_so(apex):
            apex.chat("refund").replies("x")
            apex.allow_surprises()

        @pytest.mark.apex(surprises=False)
        def test_marked(apex):
            import httpx
            httpx.get(apex.url + "/nope")

        def test_optional(apex):
            apex.chat("refund").replies("x").optional()
            apex.chat("other").optional().replies("x")

        @pytest.mark.apex(stubs={"reply": "from the marker"})
        def test_stubs_of_the_marker(apex):
            pass

        def test_skipped(apex):
            apex.chat("refund").replies("x")
            pytest.skip("today")

        @pytest.mark.xfail
        def test_expected_to_fail(apex):
            apex.chat("refund").replies("x")
            assert 0
        """)
    )
    result.assert_outcomes(passed=4, skipped=1, xfailed=1)


def test_a_test_that_fails_shows_what_was_asked(inner):
    """And does not fail a second time for what it left undone."""
    result = inner(
        source("""
        def test_fails(apex):
            apex.chat("refund").replies("x")
            ask(apex, "hello there")
            import httpx
            httpx.get(apex.url + "/v1/nope", headers={"api-key": apex.key})
            assert 0

        @pytest.fixture
        def broken(apex):
            ask(apex, "from the fixture")
            raise RuntimeError("no")

        def test_setup_fails(broken):
            pass
        """)
    )
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_setup_fails*",
            "*- apex-mock -*",
            '*chat over rest "from the fixture" -> ok',
            "*= FAILURES =*",
            "*- apex-mock -*",
            "surprised by GET /v1/nope: Not Found",
            '*chat over rest "hello there" -> ok',
        ]
    )


def test_the_environment_is_put_back(inner, monkeypatch):
    monkeypatch.setenv("APEX_API_KEY", "the developer's own")
    monkeypatch.setenv("NO_PROXY", "intranet")
    monkeypatch.delenv("MACROCOSMOS_BASE_URL", raising=False)
    result = inner(
        source("""
        NAMES = ("MACROCOSMOS_BASE_URL MACROCOSMOS_USE_HTTPS APEX_API_KEY MACROCOSMOS_API_KEY OPENAI_BASE_URL "
                 "OPENAI_API_KEY NO_PROXY no_proxy SSL_CERT_FILE GRPC_DEFAULT_SSL_ROOTS_FILE_PATH").split()
        before = {name: os.environ.get(name) for name in NAMES}

        def test_set(apex):
            assert os.environ["MACROCOSMOS_BASE_URL"] == apex.address
            assert os.environ["MACROCOSMOS_USE_HTTPS"] == "false"
            assert os.environ["OPENAI_BASE_URL"] == apex.url + "/v1"
            assert {os.environ[name] for name in NAMES if name.endswith("KEY")} == {apex.key}
            assert os.environ["NO_PROXY"] == "intranet,127.0.0.1"
            assert apex.key.startswith("test-")

        def test_back():
            assert before["APEX_API_KEY"] == "the developer's own"
            assert {name: os.environ.get(name) for name in NAMES} == before

        def test_tls(apex_tls):
            assert os.environ["MACROCOSMOS_USE_HTTPS"] == "true"
            assert os.path.getsize(os.environ["SSL_CERT_FILE"])

        def test_back_again():
            assert {name: os.environ.get(name) for name in NAMES} == before

        def test_respx_starts_no_server(apex, apex_respx):
            assert os.environ["MACROCOSMOS_USE_HTTPS"] == "true"
            assert os.environ["OPENAI_BASE_URL"] == "https://sn1.api.macrocosmos.ai/v1"
        """)
    )
    result.assert_outcomes(passed=5)


def test_the_marker(inner, pytester):
    """Each option; the nearest wins; it brings the fixture along; stubs from files, folders and values."""
    (pytester.path / "stubs").mkdir()
    (pytester.path / "stubs" / "a.yaml").write_text("- when: {prompt: alpha}\n  reply: from a folder\n")
    (pytester.path / "one.json").write_text('[{"when": {"prompt": "beta"}, "reply": "from a file"}]')
    result = inner(
        source("""
        pytestmark = pytest.mark.apex(profile="slow", clock="frozen")

        def said(apex, text):
            return ask(apex, text, seed=9).json()["choices"][0]["message"]["content"]

        @pytest.mark.apex(profile="instant", stubs=["stubs", "one.json", {"when": {"prompt": "c"}, "reply": "told"}])
        def test_stubs(apex):
            assert [said(apex, text) for text in ("alpha", "beta", "c")] == ["from a folder", "from a file", "told"]

        seeds = {}

        @pytest.mark.apex(seed=1, profile="instant")
        @pytest.mark.parametrize("n", [1, 2])
        def test_seed(apex, n):
            seeds[n] = said(apex, "Tell me a story.")
            assert len(set(seeds.values())) == 1

        @pytest.mark.apex(seed=2, profile="instant")
        def test_another_seed(apex):
            assert said(apex, "Tell me a story.") not in seeds.values()

        def test_frozen_by_the_module(apex):
            now = apex.clock.now
            assert apex.clock.now == now

        @pytest.mark.apex(clock="2025-06-01T12:00:00Z", profile="instant")
        def test_frozen_at_noon(apex):
            assert apex.clock.now.isoformat() == "2025-06-01T12:00:00+00:00"
            assert ask(apex).json()["created"] == 1748779200

        @pytest.mark.apex(clock=1e9)
        def test_hurried(apex):
            assert (apex.clock.now - apex.clock.now).total_seconds() < -1

        def test_brings_the_fixture_along():
            assert os.environ["APEX_API_KEY"].startswith("test-")
        """)
    )
    result.assert_outcomes(passed=8)


WRONG = {
    "sed=3": "no option 'sed'; there are seed, profile, stubs",
    "3": "options go by name; there are seed, profile",
    "profile='warp'": "there is no profile 'warp'",
    "stubs='missing.yaml'": "missing.yaml",
    "stubs={'reply': {'txt': 'x'}}": "txt",
    "stubs={'reply': 'x', 'scope': 'w'}": "is for the scope 'w'; those of a marker are for its test",
    "clock='stopped'": "frozen",
    "research='magic'": "progress",
}


def test_a_marker_that_makes_no_sense_says_so(inner):
    tests = (f"@pytest.mark.apex({marker})\ndef test_{n}(apex): pass\n" for n, marker in enumerate(WRONG))
    result = inner("\n".join(tests))
    result.assert_outcomes(errors=len(WRONG))
    result.stdout.fnmatch_lines([line for says in WRONG.values() for line in ("*ERROR at setup*", f"*{says}*")])


def test_a_handle_belongs_to_one_test(inner):
    """Under xdist, in one process or in two: no test sees the chats, jobs, stubs, calls or clock of another."""
    suite = source("""
    import httpx, json
    from datetime import UTC, datetime

    def rpc(apex, method, body):
        headers = {"authorization": f"Bearer {apex.key}"}
        answer = httpx.post(f"{apex.url}/apex.v1.ApexService/{method}", headers=headers, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @pytest.mark.parametrize("n", range(12))
    def test_alone(apex, n):
        assert apex.calls() == []
        assert rpc(apex, "GetChatSessions", {}).get("chatSessions", []) == []
        assert apex.clock.now.year == 2000 + __import__("datetime").datetime.now().year - 2000
        apex.clock.advance(86400 * 366 * (n % 3 + 1))
        apex.clock.freeze()
        apex.stored_chats([{"title": f"chat {n}"}])
        apex.chat().replies(f"answer {n}")
        apex.research().completes([f"chunk {n}"])
        job = rpc(apex, "SubmitDeepResearcherJob", {"messages": [{"role": "user", "content": "the same"}]})["jobId"]
        assert ask(apex).json()["choices"][0]["message"]["content"] == f"answer {n}"
        assert [chat["title"] for chat in rpc(apex, "GetChatSessions", {})["chatSessions"]] == [f"chat {n}"]
        apex.clock.advance(3600)
        view = rpc(apex, "GetDeepResearcherJob", {"job_id": job})
        assert json.loads(view["result"][0]["chunk"])[0]["content"] == f"chunk {n}"
        apex.verify(chat=1, research=1, get_research=1, list_chats=2)

    def test_nothing_stays_behind(apex):
        apex.reset()
        store = apex.mock.store
        assert not any(any(world.tables.values()) for world in store._worlds.values()), store._worlds
        assert len(apex.mock.journal) == 0
    """)
    inner(suite).assert_outcomes(passed=13)
    inner(suite, "-n", "2").assert_outcomes(passed=13)
