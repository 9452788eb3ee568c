"""How the runner treats a target that is live: gently, cleanly, and without a word of its keys."""

from dataclasses import replace

import pytest

from apex_mock import Server
from contract_tests import expect
from contract_tests.clause import Book, Clause, Nature, clause
from contract_tests.clients.base import Client
from contract_tests.operations import Op, Transport
from contract_tests.redaction import LONGEST, Redactor
from contract_tests.results import Outcome
from contract_tests.runner import Runner, every_item
from contract_tests.target import BadTarget, Target, target_at
from tests.contract import minimal_server
from tests.contract.conftest import Minimal, checked

CHAT = {"user_prompt": "Hello", "chat_type": "apex", "completion_type": "basic"}


@pytest.fixture
def live(server: Server, key: str) -> Target:
    """The fake under one key, as if nobody knew that it is one."""
    target = target_at(server.url, key=key, environment={})
    return replace(target, control=False, exact=False, own_keys=False, pace=0.0)


def entered(check, *operations: Op, nature: Nature = Nature.SAFE) -> Clause:
    """A clause that is in no book but its own."""
    book = Book()
    clause("TEST-001", "D1", *operations, nature=nature, book=book)(check)
    return book["TEST-001"]


# --- What may run -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allow", "ran"),
    [
        ((), {"safe"}),
        (("cost",), {"safe", "costs credit"}),
        (("write",), {"safe", "changes stored data"}),
    ],
)
def test_only_what_is_allowed_runs(live: Target, allow, ran):
    """Safe clauses always; the others say by which word they may."""
    results = checked(live, "AUTH", "CHATS", "HEALTH", "ROWS-002", allow=allow)
    assert {r.nature for r in results if r.outcome in (Outcome.HOLDS, Outcome.BROKEN)} == ran
    assert [r for r in results if r.outcome is Outcome.BROKEN] == []
    kept = {r.nature: r.reason for r in results if "allow it" in r.reason}
    for nature, reason in kept.items():
        word = {"costs credit": "cost", "changes stored data": "write"}[nature]
        assert reason == f"{nature}: allow it with --allow={word}"


def test_the_whole_suite_holds_for_a_fake_that_hides_what_it_is(live: Target):
    """Tolerance: nothing that a live service may do otherwise is taken for a fault."""
    live.second_key = "another-key"
    short = [item for item in every_item() if item[0].area not in ("JOB", "SCRIPT")]  # these would wait in real time
    with Runner(live, allow=("cost", "write")) as runner:
        results = list(runner.run(short))
    assert [r.difference for r in results if r.outcome is Outcome.BROKEN] == []
    assert sum(r.outcome is Outcome.HOLDS for r in results) > 250


class Stopwatch:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_requests_to_a_live_target_are_paced(minimal: Minimal, monkeypatch: pytest.MonkeyPatch):
    """No two closer than the pace, what probes among them; the first need not wait."""
    watch = Stopwatch()
    monkeypatch.setattr("contract_tests.target.time", watch)
    target = minimal()
    target.pace = 2.0
    with Runner(target) as runner:
        list(runner.run(every_item(["HEALTH-001", "AUTH-001"], [Transport.REST])))
    assert watch.slept == [0.0, 2.0, 2.0, 2.0]


def test_a_refused_key_is_one_reason_and_no_failures(minimal: Minimal):
    """What needs a key does not run; what needs none does."""
    results = [r for r in checked(minimal(key="wrong-key")) if r.outcome is not Outcome.NOT_OFFERED]
    assert {r.outcome for r in results} == {Outcome.HOLDS, Outcome.NOT_RUN}
    assert {r.clause for r in results if r.outcome is Outcome.HOLDS} >= {"AUTH-001", "AUTH-002", "HEALTH-001"}
    refused = {r.reason for r in results if r.clause == "CHAT-001"}
    assert refused == {"the target refuses the key: set APEX_API_KEY (Invalid API key)"}


def test_a_target_that_is_gone_offers_nothing():
    """And it is asked once for each transport, not once for each clause."""
    target = target_at("http://127.0.0.1:9", environment={})
    target.pace = 0
    results = checked(target)
    assert {r.outcome for r in results} == {Outcome.NOT_OFFERED}
    assert len({r.reason for r in results}) == 2  # HTTP, gRPC
    assert all(r.reason.startswith("nobody answers at ") for r in results)


def test_a_target_that_goes_in_the_middle_is_one_failure(key: str):
    """The clause that met it is broken; what follows reads as not offered."""
    with minimal_server.running() as url:
        target = target_at(url, key=minimal_server.KEY, environment={})
        target.pace = 0
        runner = Runner(target, allow=("cost",))
        items = [item for item in every_item(["CHAT"]) if item[1] is Transport.REST]
        first = runner.check(*items[0])
    rest = [runner.check(*item) for item in items[1:]]
    runner.close()
    assert first.outcome is Outcome.HOLDS
    assert [r.outcome for r in rest].count(Outcome.BROKEN) == 1
    assert {r.outcome for r in rest[1:]} == {Outcome.NOT_OFFERED}


# --- What is made is taken away ---------------------------------------------------------------------------------------


def left_in(server: Server, key: str) -> int:
    with Runner(target_at(server.url, key=key, environment={})) as runner:
        client = Client(runner._wires, Transport.CONNECT, key)
        return len(client.call(Op.LIST_CHATS).value["chat_sessions"])


@pytest.mark.parametrize("transport", [Transport.CONNECT, Transport.GRPC])
def test_what_a_clause_made_is_deleted(live: Target, server: Server, key: str, transport):
    """Also when it fails, and when what it meets is an error of its own."""

    def holds(client: Client) -> None:
        """It holds."""
        expect.succeeds(client.call(Op.CREATE_CHAT, CHAT))

    def fails(client: Client) -> None:
        """It fails."""
        holds(client)
        expect.equal(1, 2, "a number")

    def errs(client: Client) -> None:
        """It errs."""
        holds(client)
        raise KeyError("choices")

    with Runner(live, allow=("write",)) as runner:
        for check, outcome in ((holds, Outcome.HOLDS), (fails, Outcome.BROKEN), (errs, Outcome.BROKEN)):
            result = runner.check(entered(check, Op.CREATE_CHAT, nature=Nature.WRITES), transport)
            assert (result.outcome, result.left_behind) == (outcome, ())
    assert left_in(server, key) == 0


def test_what_a_clause_made_is_deleted_when_the_run_is_interrupted(live: Target, server: Server, key: str):
    """Ctrl-C leaves nothing behind."""

    def interrupted(client: Client) -> None:
        """It is interrupted."""
        expect.succeeds(client.call(Op.CREATE_CHAT, CHAT))
        raise KeyboardInterrupt

    with Runner(live, allow=("write",)) as runner, pytest.raises(KeyboardInterrupt):
        runner.check(entered(interrupted, Op.CREATE_CHAT, nature=Nature.WRITES), Transport.GRPC)
    assert left_in(server, key) == 0


def test_the_stored_chats_clauses_leave_nothing(live: Target, server: Server, key: str):
    """All of them, over every transport."""
    assert {r.left_behind for r in checked(live, "CHATS", "ROWS")} == {()}
    assert left_in(server, key) == 0


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_keys_are_in_no_result(minimal: Minimal):
    """Also when the target says them back; the command has $APEX_API_KEY where the key was."""
    results = checked(minimal("says the key"), "CHAT")
    echoed = [r for r in results if "$APEX_API_KEY" in r.got]
    assert echoed
    assert [r for r in results if minimal_server.KEY in repr(r)] == []
    assert all("$APEX_API_KEY" in r.command or "APEX_API_KEY" in r.command for r in echoed)


def test_keys_that_a_clause_makes_are_in_no_result(live: Target):
    """They are keys of somebody's service, too."""
    made = []

    def fails(client: Client) -> None:
        """It fails."""
        answer = client.call(Op.CREATE_KEY, {"rate_limit": 5}, key=None, headers={"admin-key": "admin"})
        made.append(answer.value["api_key"])
        expect.equal(answer.value, {}, "the answer")

    with Runner(live, allow=("write",)) as runner:
        result = runner.check(entered(fails, Op.CREATE_KEY, nature=Nature.WRITES), Transport.REST)
    assert result.outcome is Outcome.BROKEN
    assert "$APEX_API_KEY" in result.got
    assert made[0] not in repr(result)


def test_a_key_is_taken_out_before_a_text_is_cut():
    """Otherwise the half of it that is left could be read."""
    redact = Redactor({"a-secret-key": "APEX_API_KEY"})
    text = "x" * (LONGEST - 4) + "a-secret-key"
    assert "a-se" not in redact(text)
    assert len(redact("y" * 3 * LONGEST)) < LONGEST + 40


def test_a_short_key_is_taken_out_where_it_stands_as_a_word():
    """And no text is torn apart by it."""
    assert Redactor({"k": "APEX_API_KEY"})("Bearer k, ok") == "Bearer $APEX_API_KEY, ok"


def test_one_key_may_be_the_beginning_of_another():
    """The longer is taken out first."""
    redact = Redactor({"secret-one": "APEX_API_KEY", "secret-one-more": "APEX_SECOND_KEY"})
    assert redact("secret-one-more") == "$APEX_SECOND_KEY"


# --- Targets ----------------------------------------------------------------------------------------------------------


def test_the_two_documented_hosts_have_a_name():
    """live: REST, and Constellation over HTTP and gRPC."""
    target = target_at("live", environment={"APEX_API_KEY": "from-the-environment"})
    assert (target.rest, target.http) == (
        "https://sn1.api.macrocosmos.ai",
        "https://constellation.api.cloud.macrocosmos.ai",
    )
    assert (target.grpc, target.grpc_secure) == ("constellation.api.cloud.macrocosmos.ai:443", True)
    assert (target.key, target.pace, target.control) == ("from-the-environment", 1.0, False)


@pytest.mark.parametrize(
    "url", ["ftp://host", "http://", "http://host:99999", "http://host/v1", "http://key@host", "http://host:port"]
)
def test_a_target_that_cannot_be_meant_is_refused(url):
    """In one line."""
    with pytest.raises(BadTarget) as caught:
        target_at(url, environment={})
    assert "\n" not in str(caught.value)


def test_the_environments_key_is_not_sent_to_a_fake_that_wants_none(server: Server):
    """Each clause has a key of its own there; a key that was chosen for it is used."""
    secret = {"APEX_API_KEY": "a-live-key"}
    assert target_at(server.url, environment=secret).key is None
    assert target_at(server.url, environment=secret).own_keys
    assert target_at(server.url, key="mine", environment=secret).key == "mine"
