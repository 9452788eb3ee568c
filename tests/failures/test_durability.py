"""Servers killed at random moments under mixed load: nothing acknowledged is lost, and nothing is half there."""

import os
import signal
import time
from random import Random
from typing import Any

import httpx

from tests.failures.callers import Crowd
from tests.failures.running import Running, serving, soon
from tests.ports import free_port
from tests.wires import PLAIN

LONGEST = 1.5  # seconds between two kills
KINDS = ("create", "write", "submit", "poll", "issue_key")


def test_what_was_acknowledged_outlives_every_kill(store, kills, figures):
    """One worker, or all of them with their supervisor, by SIGKILL; callers go on across it."""
    random, port = Random(f"kills of {store[:5]}"), str(free_port())
    arguments = ("--port", port, "--workers", "2", "--store", store)
    killed = {"one worker": 0, "all": 0}
    with Crowd(f"http://127.0.0.1:{port}", 4) as crowd:
        while sum(killed.values()) < kills:
            with serving(*arguments) as running:
                for _ in range(random.randint(0, 2)):
                    time.sleep(random.uniform(0.05, LONGEST))
                    victim = random.choice(running.workers())
                    os.kill(victim, signal.SIGKILL)
                    killed["one worker"] += 1
                    soon(lambda gone=victim: len(running.workers()) == 2 and gone not in running.workers())
                time.sleep(random.uniform(0.05, LONGEST))
                soon(lambda: min(crowd.acknowledged[kind] for kind in KINDS) > 0)  # some of each is there to be lost
                for pid in (running.pid, *running.workers()):
                    os.kill(pid, signal.SIGKILL)
                killed["all"] += 1
                running.end()
        with serving(*arguments):
            crowd.stop()
            crowd.check()
    figures(
        f"kill -9 under load, {store.split(':')[0]}",
        times=killed,
        acknowledged=dict(crowd.acknowledged),
        unanswered=crowd.unanswered,
        wrong=len(crowd.wrong),
    )
    assert crowd.wrong == []


def test_a_job_goes_on_from_where_the_clock_says(store):
    """The same bytes before and after a kill while its clock stands; then the rest, behind what was there."""
    with serving("--store", store) as before:
        post(before, "/__apex/clock?scope=k", {"scale": 0})
        asked = {"messages": [{"role": "user", "content": "Why is the sky blue?"}]}
        job = {"jobId": post(before, "/apex.v1.ApexService/SubmitDeepResearcherJob", asked)["jobId"]}
        post(before, "/__apex/clock/advance?scope=k", {"seconds": 1.5})
        seen = post(before, "/apex.v1.ApexService/GetDeepResearcherJob", job)
        assert seen["status"] == "running"
        assert seen["result"]
        before.end(signal.SIGKILL)
    with serving("--store", store) as after:
        assert post(after, "/apex.v1.ApexService/GetDeepResearcherJob", job) == seen
        post(after, "/__apex/clock/advance?scope=k", {"seconds": 10})
        done = post(after, "/apex.v1.ApexService/GetDeepResearcherJob", job)
        assert done["status"] == "completed"
        assert done["result"][: len(seen["result"])] == seen["result"]
        assert [int(chunk["seqId"]) for chunk in done["result"]] == list(range(1, len(done["result"]) + 1))


def post(running: Running, path: str, body: Any) -> Any:
    headers = {"authorization": "Bearer k"}
    return httpx.post(f"{running.url}{path}", json=body, headers=headers, verify=PLAIN, timeout=20).json()
