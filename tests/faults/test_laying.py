"""Laying faults down: over the control API, from the settings, in several processes; and that stores keep them."""

from collections.abc import Iterator

import httpx
import pytest

from apex_mock import ApexMock, Server, Settings, serve
from apex_mock.app import create_app
from apex_mock.core.stubs import Match
from apex_mock.core.types import Caller, ChatRequest, Message
from apex_mock.errors import ApexError, InvalidRequest
from apex_mock.faultfile import read_fault
from tests.wires import WIRES

ASKED = {"messages": [{"role": "user", "content": "hello"}]}


class Control:
    """Speaks to Apex with a key, and to the control API about that key's scope."""

    def __init__(self, http: httpx.Client, key: str) -> None:
        self.http, self.key = http, key

    def __call__(self, method: str, path: str = "faults", body: object = None, expects: int = 200) -> dict:
        answer = self.http.request(method, f"/__apex/{path}", json=body, params={"scope": self.key})
        assert answer.status_code == expects, answer.text
        return answer.json()

    def ask(self) -> httpx.Response:
        return self.http.post("/v1/chat/completions", json=ASKED, headers={"api-key": self.key})

    def met(self) -> str | None:
        return self.ask().headers.get("x-apex-fault")


@pytest.fixture
def control(server: Server, key: str) -> Iterator[Control]:
    with httpx.Client(base_url=server.url, timeout=20) as http:
        yield Control(http, key)


def test_a_fault_acts_over_every_wire_until_it_is_taken_away(control, server, key):
    """And counts on how many calls it did."""
    (laid,) = control("POST", body="error; code=aborted; operation=chat", expects=201)["faults"]
    assert control.ask().status_code == 409
    for make in WIRES.values():
        wire = make(server.address, key)
        assert wire.call("ChatCompletion", ASKED).code == "aborted"
        assert wire.call("GetChatSessions").code == "ok"
        wire.close()
    (listed,) = control("GET")["faults"]
    assert listed == {**laid, "acted": 1 + len(WIRES)}
    assert control("DELETE", f"faults/{laid['id']}") == {"scope": key, "removed": 1}
    assert control.ask().status_code == 200
    assert control("DELETE", f"faults/{laid['id']}", expects=404)["detail"].startswith("there is no fault")


def test_several_are_laid_or_none(control):
    """A bad one among them, an id twice, one that is there: nothing has been laid."""
    fault = control("POST", body=[{"id": "a", "fault": "drop"}, "dorp"], expects=422)["detail"][0]
    assert fault["msg"].startswith("fault 2 (dorp): there is no 'dorp'; there are error")
    assert control("POST", body=[{"id": "a", "fault": "drop"}] * 2, expects=422)["detail"][0]["loc"] == ["body", "id"]
    assert control("GET")["faults"] == []
    control("POST", body={"faults": [{"id": "a", "fault": "none"}, "delay; seconds=0"]}, expects=201)
    again = control("POST", body={"id": "a", "fault": "drop"}, expects=422)["detail"][0]
    assert again["msg"] == "there is a fault 'a' already"
    assert control.met() == "none, delay"
    assert control("DELETE") == {"scope": control.key, "removed": 2}
    assert control.met() is None


def test_the_journal_names_what_acted(control):
    """As the header does."""
    control("POST", body="none; name=quiet", expects=201)
    assert control.met() == "none (quiet)"
    (call,) = control("GET", "journal")["calls"]
    assert (call["fault"], call["status"]) == ("none (quiet)", "ok")
    control("POST", "reset", {"what": ["faults"]})
    assert control.met() is None


def test_a_name_beyond_ascii_can_be_told_in_a_header(control):
    """As far as a header can."""
    control("POST", body={"fault": "none", "name": "größer\n"}, expects=201)
    assert control.met() == "none (gr??er?)"


def test_no_key_leaves_by_a_fault(control):
    """Neither that of a condition, nor a scope that a key names and the caller did not."""
    control("POST", body={"fault": "none", "when": {"key": "secret", "headers": {"api-key": "secret"}}}, expects=201)
    control.ask()
    assert "secret" not in str(control("GET"))
    with_all = control.http.post("/__apex/faults", json={"fault": "none", "scope": control.key, "id": "x"}).json()
    assert control.key not in str(with_all)


def test_a_fault_may_name_its_scope(control):
    """Unless the request is for another."""
    error = control("POST", body="none; scope=elsewhere", expects=422)["detail"][0]
    assert error["msg"] == f"fault 1: names 'elsewhere', but the request is for {control.key!r}"
    answer = control.http.post("/__apex/faults", json={"fault": "none", "scope": f"{control.key}-2", "id": "y"})
    assert answer.status_code == 201
    assert control.met() is None


# --- From the settings ------------------------------------------------------------------------------------------------


def test_the_settings_faults_are_in_force_from_the_start(tmp_path):
    """Told of in info, and laid again after a reset of everything."""
    (tmp_path / "f.yaml").write_text("- none; name=file\n")
    settings = {"faults": tmp_path / "f.yaml", "fault": ("error; first=1",)}
    with serve(settings=settings) as server, httpx.Client(base_url=server.url) as http:
        control = Control(http, "k")
        assert http.get("/__apex/info").json()["faults"] == ["none; name=file", "error; first=1"]
        assert [control.met(), control.met()] == ["none (file), error", "none (file)"]
        http.delete("/__apex/faults")
        assert control.met() is None
        http.post("/__apex/reset", json={})
        assert [control.met(), control.met()] == ["none (file), error", "none (file)"]


async def test_an_application_without_a_server_lays_them_too():
    """Before its first answer."""
    app = create_app(settings=Settings(fault=("error; code=aborted",)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://apex") as http:
        for _ in range(2):
            assert (await http.post("/v1/chat/completions", json=ASKED, headers={"api-key": "k"})).status_code == 409


async def test_without_a_connection_a_drop_is_a_connection_error(mock):
    """And the next call of the same task is unharmed."""
    app = create_app(mock)
    headers = {"api-key": "k"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://apex") as http:
        for fault in ("drop", "no_end"):
            with pytest.raises(ConnectionError):
                await http.post("/v1/chat/completions", json=ASKED, headers={**headers, "x-apex-fault": fault})
            answer = await http.post("/v1/chat/completions", json=ASKED, headers=headers)
            assert (answer.status_code, answer.headers.get("x-apex-fault")) == (200, None)


# --- In a store -------------------------------------------------------------------------------------------------------


async def test_a_shared_store_keeps_faults_and_limits(tmp_path):
    """Another process has them, counts on, and lays those of its settings once only."""
    store, me = f"sqlite:{tmp_path / 'state.db'}", Caller("s", "me")
    settings = Settings(store=store, fault=("rate_limit; requests=2",))
    first, second = ApexMock(settings), ApexMock(settings)
    for mock in (first, second):
        await mock.standing.ready()
    laid = read_fault({"fault": "none", "when": {"prompt": {"regex": "^h"}}, "count": 3})
    await first.faults.add("", laid, first.clock.now())
    assert [fault.fault for fault in await second.faults.laid("")] == ["rate_limit", "none"]
    told = []
    for mock in (first, second, first):
        try:
            answer = await mock.chat(ChatRequest((Message("user", "hello"),)), me)
            told.append(answer.entry.fault)
        except ApexError as error:
            told.append(error.code)
    assert told == ["none", "none", "resource_exhausted"]
    with pytest.raises(InvalidRequest, match="has a Python predicate"):
        await first.faults.add("", read_fault("none").__class__("", "none", when=Match(where=lambda r, c: True)))
    for mock in (first, second):
        await mock.close()


async def test_faults_of_an_earlier_run_do_not_stay(tmp_path):
    """When the store does and the settings say otherwise."""
    store = f"sqlite:{tmp_path / 'state.db'}"
    for fault, expected in (("drop", ["drop"]), ("delay", ["delay"])):
        mock = ApexMock(Settings(store=store, fault=(fault,)))
        await mock.standing.ready()
        assert [laid.fault for laid in await mock.faults.laid("")] == expected
        await mock.close()
