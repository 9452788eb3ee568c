"""Deep-research jobs on the REST host (V): the same job as over the RPCs, in that host's form."""

import re
from itertools import pairwise

import orjson
import pytest

from tests.wires import OK, WIRES

JOBS = "/v1/chat/completions/jobs"
QUESTION = {"messages": [{"role": "user", "content": "How did the printing press change science in Europe?"}]}
THINKING = QUESTION | {"inference_mode": "Chain-of-Thought"}
MICROSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def test_a_job_is_taken_on_with_a_202(rest):
    """Pending, both its times equal and to the microsecond."""
    answer = rest.post(JOBS, json=THINKING)
    assert answer.status_code == 202
    job = answer.json()
    assert set(job) == {"job_id", "status", "created_at", "updated_at"}
    assert job["status"] == "pending"
    assert job["created_at"] == job["updated_at"]
    assert MICROSECONDS.fullmatch(job["created_at"])


@pytest.mark.parametrize("mode", [None, "", "Base-Inference", "chain-of-thought", "Reasoning-Fast"])
def test_only_chain_of_thought_has_jobs(rest, mode):
    """400, in the validator's words; test_time_inference does not stand in for it."""
    answer = rest.post(JOBS, json=QUESTION | {"inference_mode": mode, "test_time_inference": True})
    said = "This endpoint only accepts Chain-of-Thought inference mode"
    assert (answer.status_code, answer.json()) == (400, {"detail": said})


def test_a_job_goes_from_pending_over_running_to_completed(rest, server, key):
    """Chunks only ever come, seq_ids are numbers from 1, updated_at moves with news and not without."""
    server.mock.clock.freeze(key)
    path = f"{JOBS}/{rest.post(JOBS, json=THINKING).json()['job_id']}"
    seen = [rest.get(path).json()]
    assert (seen[0]["status"], seen[0]["result"], seen[0]["error"]) == ("pending", None, None)
    for _ in range(16):
        server.mock.clock.advance(key, 0.2)
        seen.append(rest.get(path).json())
        assert rest.get(path).json() == seen[-1]
    assert list(dict.fromkeys(view["status"] for view in seen)) == ["pending", "running", "completed"]
    for before, after in pairwise(seen):
        old, new = before["result"] or [], after["result"] or []
        assert new[: len(old)] == old
        assert (after["updated_at"] > before["updated_at"]) is ((old, before["status"]) != (new, after["status"]))
    done = seen[-1]
    assert [chunk["seq_id"] for chunk in done["result"]] == list(range(1, len(done["result"]) + 1))
    assert all(set(orjson.loads(chunk["chunk"])[0]) == {"content"} for chunk in done["result"])
    assert set(done) == {"job_id", "status", "created_at", "updated_at", "result", "error"}


@pytest.mark.parametrize("kind", WIRES)
def test_a_job_submitted_here_can_be_read_there(rest, server, key, kind):
    """One world behind all wires."""
    job = rest.post(JOBS, json=THINKING).json()
    server.mock.clock.advance(key, 3600)
    wire = WIRES[kind](server.address, key)
    there = wire.call("GetDeepResearcherJob", {"jobId": job["job_id"]}).value
    wire.close()
    here = rest.get(f"{JOBS}/{job['job_id']}").json()
    assert there["status"] == here["status"] == "completed"
    assert there["updatedAt"] == here["updated_at"]
    assert [chunk["chunk"] for chunk in there["result"]] == [chunk["chunk"] for chunk in here["result"]]


def test_a_job_is_its_callers_alone(rest, wire, key):
    """Another key, another user of the same key, and another key in the same scope do not find it."""
    job = wire.call("SubmitDeepResearcherJob", QUESTION).value["jobId"]
    path = f"{JOBS}/{job}"
    assert rest.get(path).status_code == 200
    for headers in (
        {"authorization": f"Bearer {key}2"},
        {"x-forwarded-user": "ann"},
        {"authorization": f"Bearer {key}2", "x-apex-scope": key},
    ):
        answer = rest.get(path, headers=headers)
        assert (answer.status_code, answer.json()) == (404, {"detail": f"Job with ID {job} not found"})


def test_a_greeting_needs_no_research(wire, server, key):
    """Its direct answer is the only chunk."""
    job = wire.call("SubmitDeepResearcherJob", {"messages": [{"role": "user", "content": "Hello there!"}]}).value
    server.mock.clock.advance(key, 3600)
    done = wire.call("GetDeepResearcherJob", {"jobId": job["jobId"]})
    assert done.code == OK
    (chunk,) = done.value["result"]
    assert "##" not in chunk["chunk"]
