"""Many workers on one fake, each test with chats, a job, stubs, faults, a quota and a clock of its own: no test sees
another's anything. 4 x 15 tests here; APEX_ISOLATION_TESTS=500 makes it 8 x 500, as the promise has it.
"""

import os
import re

import pytest

TOLD = os.environ.get("APEX_ISOLATION_TESTS")
WORKERS, EACH = (8, int(TOLD)) if TOLD else (4, 15)

SUITE = """
import httpx
import json
from datetime import UTC, datetime, timedelta

CLIENT = httpx.Client(timeout=60)


@pytest.fixture(scope="session", autouse=True)
def closed():
    yield
    CLIENT.close()


def rpc(apex, method, body):
    headers = {"authorization": f"Bearer {apex.key}"}
    return CLIENT.post(f"{apex.url}/apex.v1.ApexService/{method}", headers=headers, json=body)


def said(apex, text):
    body = {"messages": [{"role": "user", "content": text}]}
    answer = CLIENT.post(f"{apex.url}/v1/chat/completions", headers={"api-key": apex.key}, json=body)
    return answer.status_code, answer.json()


# All of them do the same, so that whatever leaks from one fits the others.
@pytest.mark.parametrize("n", range(TOTAL))
def test_alone(apex, n):
    assert apex.calls() == []
    assert rpc(apex, "GetChatSessions", {}).json() == {}
    assert abs((apex.clock.now - datetime.now(UTC)).total_seconds()) < 3600

    began = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=n)
    apex.choose(seed=n, clock=began)
    (chat,) = apex.stored_chats([{"title": f"chat {n}", "rows": [{"prompt": f"row {n}"}]}])
    stub = apex.chat(containing="refund").replies(f"answer {n}").times(1).then("done")
    apex.research().completes([(f"chunk {n}", 60)])
    fault = apex.fault("error", code="unavailable", containing="breaks", count=1, message=f"fault {n}")
    apex.fault("rate_limit", requests=2, seconds=60, operation="search")

    job = rpc(apex, "SubmitDeepResearcherJob", {"messages": [{"role": "user", "content": "the same"}]}).json()["jobId"]
    status, answer = said(apex, "my refund")
    assert answer["choices"][0]["message"]["content"] == f"answer {n}"
    assert answer["created"] == int(began.timestamp())
    assert said(apex, "this breaks")[0] == 503
    assert said(apex, "this breaks")[0] == 200
    searched = [rpc(apex, "WebRetrieval", {"search_query": "bees"}).status_code for _ in range(3)]
    assert searched == [200, 200, 429]

    rpc(apex, "CreateCompletion", {"chat_id": chat.id, "user_prompt": f"more {n}", "completion_type": "basic"})
    assert [one["title"] for one in rpc(apex, "GetChatSessions", {}).json()["chatSessions"]] == [f"chat {n}"]
    rows = rpc(apex, "GetStoredChatCompletions", {"chat_id": chat.id}).json()["chatCompletions"]
    assert [row["userPromptText"] for row in rows] == [f"row {n}", f"more {n}"]

    assert rpc(apex, "GetDeepResearcherJob", {"job_id": job}).json()["status"] != "completed"
    assert apex.clock.advance(60) == began + timedelta(seconds=60)
    view = rpc(apex, "GetDeepResearcherJob", {"job_id": job}).json()
    assert json.loads(view["result"][0]["chunk"])[0]["content"] == f"chunk {n}"
    assert rpc(apex, "WebRetrieval", {"search_query": "bees"}).status_code == 200

    assert (stub.used, fault.acted) == (1, 1)
    apex.verify(chat=3, search=4, research=1, get_research=2, list_chats=2, list_completions=1, create_completion=1)
    (answered,) = apex.calls("chat", containing="refund")
    assert [frame.text for frame in answered.frames] == [f"answer {n}"]
"""


@pytest.mark.timeout(120 + 8 * EACH)
def test_no_test_sees_anothers_anything(inner):
    """And nothing that one has done is there when the next begins."""
    total = WORKERS * EACH
    result = inner(SUITE.replace("TOTAL", str(total)), "-n", str(WORKERS), "--apex-shared", "--apex-report", "-q")
    result.assert_outcomes(passed=total)
    (said,) = (line for line in result.outlines if re.match(r"\d+ calls in \d+ tests", line))
    assert said.startswith(f"{total * 14} calls in {total} tests")
