"""Async tests under pytest-asyncio and anyio, on asyncio and trio, and unittest's cases: one handle for all."""

import pytest

from tests.plugin.test_plugin import source

pytestmark = pytest.mark.timeout(120)


def test_anyio_on_both_of_its_backends(inner):
    """Also on trio, which has no loop of asyncio's: the handle, respx, and streams that the clock moves."""
    result = inner(
        source("""
        import anyio, httpx

        REST = "https://sn1.api.macrocosmos.ai/v1/chat/completions"
        SENT = {"messages": [{"role": "user", "content": "hello"}]}

        @pytest.fixture(params=["asyncio", "trio"])
        def anyio_backend(request):
            return request.param

        @pytest.mark.anyio
        async def test_handle(apex):
            apex.chat().replies("async")
            said = []
            async with httpx.AsyncClient(headers={"api-key": apex.key}) as client, anyio.create_task_group() as group:
                async def call():
                    answer = await client.post(f"{apex.url}/v1/chat/completions", json=SENT)
                    said.append(answer.json()["choices"][0]["message"]["content"])

                for _ in range(5):
                    group.start_soon(call)
                await apex.wait_for_async(chat=5)
            assert said == ["async"] * 5

        @pytest.mark.anyio
        async def test_respx(apex, apex_respx):
            apex.clock.freeze()
            apex.chat().streams(["one", "two"], every=60)
            async with httpx.AsyncClient(headers={"api-key": "k"}) as client:
                async with client.stream("POST", REST, json={**SENT, "stream": True}) as answer:
                    lines = answer.aiter_lines()
                    assert '"one"' in await anext(lines)
                    apex.clock.advance(60)
                    rest = [line async for line in lines if line]
            assert '"two"' in rest[0] and rest[-1] == "data: [DONE]"

        @pytest.mark.anyio
        async def test_a_call_that_is_given_up(apex, apex_respx):
            apex.clock.freeze()
            apex.chat().delays(60).replies("late")
            async with httpx.AsyncClient(headers={"api-key": "k"}) as client:
                with anyio.move_on_after(0.2) as scope:
                    await client.post(REST, json=SENT)
            assert scope.cancelled_caught

        @pytest.mark.anyio
        async def test_other_hosts(apex, apex_respx):
            apex_respx.get("https://example.com/").respond(204)
            async with httpx.AsyncClient() as client:
                assert (await client.get("https://example.com/")).status_code == 204
        """)
    )
    result.assert_outcomes(passed=8)


def test_async_tests_and_unittest_cases(inner):
    """pytest-asyncio, anyio, and unittest: the handle is the same for all."""
    result = inner(
        source("""
        import asyncio, httpx, unittest

        async def chat(apex):
            apex.chat().replies("async")
            sent = {"messages": [{"role": "user", "content": "hello"}]}
            async with httpx.AsyncClient(headers={"api-key": apex.key}) as client:
                calls = (client.post(f"{apex.url}/v1/chat/completions", json=sent) for _ in range(5))
                answers = await asyncio.gather(*calls)
            assert {answer.json()["choices"][0]["message"]["content"] for answer in answers} == {"async"}
            await apex.wait_for_async(chat=5)

        @pytest.mark.asyncio
        async def test_pytest_asyncio(apex):
            await chat(apex)

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_anyio(apex):
            await chat(apex)

        @pytest.mark.usefixtures("apex")
        class TestUsing(unittest.TestCase):
            def test_environment(self):
                self.assertTrue(os.environ["APEX_API_KEY"].startswith("test-"))

        class TestHolding(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def fake(self, apex):
                self.apex = apex

            def test_handle(self):
                self.apex.chat().replies("unittest")
                self.assertIn("unittest", ask(self.apex).text)

            @pytest.mark.apex(strict=True, surprises=False)
            def test_marker(self):
                self.assertEqual(ask(self.apex).status_code, 400)

        class TestIsolatedAsync(unittest.IsolatedAsyncioTestCase):
            @pytest.fixture(autouse=True)
            def fake(self, apex):
                self.apex = apex

            async def test_handle(self):
                await chat(self.apex)

        class TestLeftOver(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def fake(self, apex):
                self.apex = apex

            def test_unused(self):
                self.apex.chat("x").replies("y")
        """)
    )
    result.assert_outcomes(passed=7, errors=1)
    result.stdout.fnmatch_lines(["apex-mock: the stub chat(containing='x') was never used"])
