"""Ready, reset, strict, miners: what the fake says of itself, and how it starts anew."""

import httpx
import pytest

from apex_mock import Server, serve
from tests.control.test_stub_routes import Caller


@pytest.fixture
def me(server: Server, key: str):
    with httpx.Client(base_url=server.url, timeout=20) as http:
        yield Caller(http, key)


def test_it_is_alive_and_ready(me):
    """Without a key."""
    assert me.control("GET", "health") == {"status": "ok"}
    assert me.control("GET", "ready") == {"status": "ready"}


def test_every_part_is_forgotten_by_itself(me):
    """And only in the scope."""
    other = Caller(me.http, f"{me.key}-other")
    for caller in (me, other):
        caller.lay({"id": "s", "reply": "stubbed"})
        caller.control("POST", "profile", {"profile": "fast"})
        caller.control("POST", "clock", {"scale": 0})
        caller.ask("hello", x_apex_profile="instant")

    def standing(caller: Caller) -> tuple[int, str, bool, int]:
        stubs = [stub for stub in caller.control("GET", "stubs")["stubs"] if stub["id"] == "s"]
        profile = caller.control("GET", "profile")["profile"]
        frozen = caller.control("GET", "clock")["frozen"]
        return len(stubs), profile, frozen, caller.control("GET", "journal")["total"]

    expected = [1, "fast", True, 1]
    for part, place, after in (("stubs", 0, 0), ("choices", 1, "instant"), ("clock", 2, False), ("journal", 3, 0)):
        assert me.control("POST", "reset", {"what": [part]})["reset"] == [part]
        expected[place] = after
        assert list(standing(me)) == expected
    assert standing(other) == (1, "fast", True, 1)
    assert me.control("POST", "reset")["reset"] == ["state", "stubs", "faults", "journal", "clock", "choices"]


def test_without_a_scope_it_is_everywhere():
    """Like a server that has just been started."""
    with serve() as server, httpx.Client(base_url=server.url) as http:
        for caller in (Caller(http, "a"), Caller(http, "b")):
            caller.lay({"reply": "x"})
            caller.ask("hello")
        before = http.post("/__apex/reset").json()
        assert before["scope"] is None
        assert http.get("/__apex/journal").json()["calls"] == []
        for caller in (Caller(http, "a"), Caller(http, "b")):
            assert caller.control("GET", "stubs")["stubs"] == []
            caller.lay({"reply": "x"})


def test_state_alone_leaves_the_stubs_and_more_can_be_laid(me):
    """Their counters begin anew."""
    me.lay({"when": {"prompt": "a"}, "reply": "x"})
    me.control("POST", "reset", {"what": "state"})
    me.lay([{"reply": "y"}, {"reply": "z"}])
    assert len({stub["id"] for stub in me.control("GET", "stubs")["stubs"]}) == 3


def test_everywhere_too():
    """The new ones are the newest still."""
    with serve() as server, httpx.Client(base_url=server.url) as http:
        me = Caller(http, "")
        me.lay([{"name": name, "reply": name} for name in "abc"])
        me.control("POST", "reset", {"what": ["state"]})
        me.lay([{"name": name, "reply": name} for name in "de"])
        assert [stub["name"] for stub in me.control("GET", "stubs")["stubs"]] == [*"edcba"]


@pytest.mark.parametrize("body", [{"what": ["colour"]}, {"what": 5}, {"what": [5]}, {"who": "me"}, []])
def test_a_reset_that_makes_no_sense_is_refused(me, body):
    """And forgets nothing."""
    me.ask("hello")
    me.control("POST", "reset", body, 422)
    assert me.control("GET", "journal")["total"] == 1


def test_miners_are_told_of(me, server):
    """All, or those that serve a task and a model."""
    network = server.mock.network
    miners = me.control("GET", "miners")["miners"]
    assert [miner["uid"] for miner in miners] == [miner.uid for miner in network.miners]
    first = miners[0]
    assert set(first) == {"uid", "incentive", "models", "tasks", "latency", "reliability", "errs", "coverage"}
    model = first["models"][0]
    serving = me.control("GET", "miners", model=model, task=first["tasks"][0])["miners"]
    assert first in serving
    assert all(model in miner["models"] for miner in serving)
    assert me.control("GET", "miners", model="nobody's")["miners"] == []
    me.control("GET", "miners", colour="red", expects=422)
