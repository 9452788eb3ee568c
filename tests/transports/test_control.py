"""The control API's first routes: time, profile and research by scope; none of them counts as a call to Apex."""

import httpx
import pytest

from apex_mock.core.types import ChatRequest, Message
from tests.wires import HELLO

JOBS = "/v1/chat/completions/jobs"
THINKING = {
    "inference_mode": "Chain-of-Thought",
    "messages": [{"role": "user", "content": "Compare wind and solar power"}],
}


class Control:
    """Calls of one scope."""

    def __init__(self, rest: httpx.Client, scope: str) -> None:
        self.rest, self.scope = rest, scope

    def get(self, path: str) -> dict:
        answer = self.rest.get(f"/__apex/{path}", params={"scope": self.scope})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def try_post(self, path: str, body: object) -> httpx.Response:
        return self.rest.post(f"/__apex/{path}", params={"scope": self.scope}, json=body)

    def post(self, path: str, body: object) -> dict:
        answer = self.try_post(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def submit(self, **headers: str) -> str:
        answer = self.rest.post(JOBS, json=THINKING, headers={name.replace("_", "-"): v for name, v in headers.items()})
        assert answer.status_code == 202, answer.text
        return answer.json()["job_id"]

    def job(self, job_id: str) -> dict:
        return self.rest.get(f"{JOBS}/{job_id}").json()


@pytest.fixture
def control(rest: httpx.Client, key: str) -> Control:
    return Control(rest, key)


def test_the_fake_tells_of_itself(control):
    """What it was started with, and how many calls it has had; asking is none."""
    calls = control.get("info")["calls"]
    info = control.get("info")
    assert info["calls"] == calls
    assert {"seed", "auth", "profile", "research", "pages", "miners", "models"} <= set(info)
    control.rest.post("/v1/chat/completions", json=HELLO)
    assert control.get("info")["calls"] == calls + 1


def test_a_scopes_clock_is_read_moved_frozen_and_reset(control, server):
    """Each answer tells how it stands now."""
    assert control.get("clock")["frozen"] is False
    frozen = control.post("clock", {"scale": 0})
    assert (frozen["frozen"], frozen["scale"], frozen["scope"]) == (True, 0, control.scope)
    moved = control.post("clock/advance", {"seconds": 90.5})
    assert moved["moved"] == 90.5
    assert moved["now"] > frozen["now"]
    assert control.get("clock")["now"] == moved["now"]
    assert control.post("clock", {"scale": 60})["scale"] == 60
    control.post("clock", {"reset": True})
    assert server.mock.clock.state(control.scope).moved == 0


def test_a_scopes_clock_is_set(control, server):
    """At the pace that it has, or with a new one; what makes no sense changes nothing."""
    control.post("clock", {"scale": 0})
    assert control.post("clock", {"now": "2025-06-01T12:00:00Z"})["now"] == "2025-06-01T12:00:00.000000Z"
    told = control.post("clock", {"now": "2024-02-29T14:00:00.5+02:00", "scale": 0})
    assert (told["now"], told["frozen"]) == ("2024-02-29T12:00:00.500000Z", True)
    wrong = [
        {"now": "noon"},
        {"now": "2025-06-01T12:00:00"},
        {"now": 5},
        {"now": None},
        {"now": "1969-12-31T23:59:59Z"},
    ]
    for body in [*wrong, {"now": "2025-06-01T12:00:00Z", "scale": -1}, {"reset": True, "scale": 1}, {}]:
        assert control.try_post("clock", body).status_code == 422, body
    assert control.get("clock")["now"] == told["now"]


def test_advancing_the_clock_completes_research(control):
    """Three minutes of a job in no time."""
    control.post("clock", {"scale": 0})
    job = control.submit(x_apex_profile="realistic")
    assert control.job(job)["status"] == "pending"
    control.post("clock/advance", {"seconds": 179})
    assert control.job(job)["status"] == "running"
    control.post("clock/advance", {"seconds": 1})
    assert control.job(job)["status"] == "completed"


@pytest.mark.parametrize("way", ["control", "header"])
def test_research_can_go_by_polls(control, way):
    """For a scope, or for one job: so many polls complete it, and reading the list of jobs is none."""
    if way == "control":
        control.post("research", {"progress": "polls", "polls": 3})
        job = control.submit()
    else:
        job = control.submit(x_apex_research="progress=polls; polls=3")
    for _ in range(5):
        assert control.get("jobs")["jobs"][0]["status"] == "pending"
    assert [control.job(job)["status"] for _ in range(4)] == ["running", "running", "completed", "completed"]


def test_research_can_be_done_at_once_or_when_the_clock_is_moved(control):
    """Immediate and manual."""
    assert control.job(control.submit(x_apex_research="progress=immediate"))["status"] == "completed"
    job = control.submit(x_apex_research="progress=manual; duration=10")
    assert control.job(job)["status"] == "pending"
    control.post("clock/advance", {"seconds": 10})
    assert control.job(job)["status"] == "completed"


def test_research_can_be_made_to_fail(control):
    """After so many chunks, with the text that was asked for."""
    control.post("research", {"progress": "immediate", "fail_at": 4, "error": "no more miners"})
    failed = control.job(control.submit())
    assert (failed["status"], failed["error"], len(failed["result"])) == ("failed", "no more miners", 4)


def test_a_scopes_choice_is_its_own(control, http, server):
    """Another scope's research goes on as the server's."""
    control.post("research", {"progress": "immediate"})
    control.post("profile", {"profile": "fast"})
    assert control.get("profile")["profile"] == "fast"
    other = http.get(f"{server.url}/__apex/profile", params={"scope": f"{control.scope}-other"}).json()
    assert other["profile"] == "instant"
    assert "fast" in other["profiles"]


async def test_a_scopes_profile_paces_its_answers(control, server, key):
    """Only until the request says otherwise."""
    control.post("profile", {"profile": "slow"})
    from apex_mock.core.types import Caller

    request = ChatRequest((Message("user", "hello"),))
    plan = (await server.mock.chat(request, Caller(key))).plan
    assert plan.duration > 1
    assert (
        control.rest.post("/v1/chat/completions", json=HELLO, headers={"x-apex-profile": "instant"}).status_code == 200
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {}),
        ("clock", {"scale": -1}),
        ("clock", {"scale": "fast"}),
        ("clock", {"scale": True}),
        ("clock", {"speed": 2}),
        ("clock", []),
        ("clock/advance", {}),
        ("clock/advance", {"seconds": -1}),
        ("clock/advance", {"seconds": 1e300}),
        ("profile", {"profile": "nope"}),
        ("profile", {}),
        ("profile", {"profile": ["fast"]}),
        ("research", {"progress": "sometimes"}),
        ("research", {"polls": 0}),
        ("research", {"duration": -1}),
        ("research", {"fail_at": -1}),
        ("research", {"colour": "red"}),
        ("research", {"scale": "much"}),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(control, path, body):
    """With the field's name; a misspelt one too."""
    control.post("clock", {"scale": 0})
    before = (control.get("clock")["scale"], control.get("profile"))
    answer = control.try_post(path, body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["msg"]
    assert (control.get("clock")["scale"], control.get("profile")) == before
    assert control.job(control.submit())["status"] == "pending"


@pytest.mark.parametrize(
    "header", ["progress=sometimes", "polls=0", "colour=red", "polls=many", "nonsense", "duration=-1"]
)
def test_a_research_header_that_makes_no_sense_is_refused(control, header):
    """Before a job is made."""
    answer = control.rest.post(JOBS, json=THINKING, headers={"x-apex-research": header})
    assert answer.status_code == 422
    assert control.get("jobs")["jobs"] == []
