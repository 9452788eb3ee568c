"""Deep research by the official SDK: submitted, polled to its end; and the documentation's polling script."""

import json
import re
from itertools import pairwise

from apex_mock import Server
from tests.clients.conftest import Sdk
from tests.clients.running import SCRIPTS, client_tests, run, run_script

pytestmark = client_tests()


def test_a_job_polled_to_completion(sdk: Sdk, either: Server, key: str) -> None:
    said = run_script(sdk.python, "sdk_research.py", env=either.environment(key))
    submitted, views = said["submitted"], said["views"]
    assert submitted["status"] == "pending"
    assert submitted["created_at"] == submitted["updated_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", submitted["created_at"])

    statuses = list(dict.fromkeys(view["status"] for view in (submitted, *views)))
    assert statuses == ["pending", "running", "completed"]
    assert {view["job_id"] for view in views} == {submitted["job_id"]}
    assert {view["created_at"] for view in views} == {submitted["created_at"]}

    assert not any(view.get("result") for view in views if view["status"] == "pending")
    results = [view.get("result", []) for view in views]
    for earlier, later in pairwise(results):
        assert later[: len(earlier)] == earlier, "what a client has seen never changes"
    assert len({len(result) for result in results}) > 4, "the result grows from poll to poll"

    seen = [(view["updated_at"], len(result)) for view, result in zip(views, results, strict=True)]
    assert seen == sorted(seen)
    for (before, was), (after, grown) in pairwise(seen):
        assert was == grown or after > before, "updated_at moves with each new chunk"

    final = results[-1]
    assert [item["seq_id"] for item in final] == [str(n) for n in range(1, len(final) + 1)]
    texts = [json.loads(item["chunk"])[0]["content"] for item in final]
    assert texts[0] == "## Generating Research Plan\n"
    assert texts[1].startswith("## Research Plan\n")
    assert texts[-2] == "\n## Generating Final Answer\n"
    assert texts[-1].startswith("\n## Final Answer\n")


def test_the_documented_polling_script(sdk: Sdk, usual: Server, key: str) -> None:
    """A fake as it is by default, a script that is told where it is by the environment; only its pause is shorter."""
    env = usual.environment(key) | {"POLL_INTERVAL": "0.15"}
    done = run([sdk.python, SCRIPTS / "poll_research.py"], env)
    assert (done.returncode, done.stderr) == (0, "")
    created, *updates, completed = [json.loads(line) for line in done.stdout.splitlines()]

    assert created["event"] == "created"
    assert {update["event"] for update in updates} == {"update"}
    assert list(dict.fromkeys(event["status"] for event in (created, *updates))) == ["pending", "running"]
    shown = [item["seq_id"] for update in updates for item in update["new"]]
    assert shown == list(range(1, len(shown) + 1)), "each chunk is shown once, in order"
    assert len(updates) > 3
    assert completed["event"] == "completed"
    assert completed["seq_id"] >= len(shown)
    assert completed["answer"].startswith("\n## Final Answer\n")
