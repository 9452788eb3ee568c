"""--stubs DIR: read at the start, read again when it changes, the old set kept when the new one is bad."""

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from apex_mock import ApexMock, Settings, create_app, serve
from apex_mock.core.types import Caller, ChatRequest, Message
from apex_mock.fixtures import BadFixture
from apex_mock.stubfolder import folder_of, read_folder

GOOD = "- {when: {prompt: refund}, reply: five days}\n- {name: hi, when: {prompt: hello}, reply: hi there}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "stubs"
    made.mkdir()
    (made / "a.yaml").write_text(GOOD)
    return made


async def ask(mock: ApexMock, prompt: str) -> str:
    return (await mock.chat(ChatRequest((Message("user", prompt),)), Caller("k", "k"))).plan.text


def test_every_kind_of_file_is_read(folder):
    """In folders too, and no others; each stub is called by its own name, or by its place."""
    (folder / "deep").mkdir()
    (folder / "deep" / "b.yml").write_text("reply: b")
    (folder / "c.json").write_text('{"stubs": [{"reply": "c"}]}')
    (folder / "notes.md").write_text("not: [a stub")
    (folder / "empty.yaml").write_text("")
    assert [stub.name for stub in read_folder(folder)] == ["a.yaml#1", "hi", "c.json#1", "deep/b.yml#1"]


def test_a_link_that_leads_out_is_not_followed(folder, tmp_path):
    """One within the folder is."""
    (tmp_path / "secret.yaml").write_text("reply: secret")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "secret.yaml").write_text("reply: secret")
    (folder / "out.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder / "away").symlink_to(tmp_path / "more")
    (folder / "again.yaml").symlink_to(folder / "a.yaml")
    assert [stub.name for stub in read_folder(folder)] == ["a.yaml#1", "hi", "again.yaml#1", "hi"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("b.yaml", "when: [\n", "b.yaml: line 2: not valid YAML"),
        ("b.yaml", "- reply: a\n- {reply: b, name: two, tims: 2}", "b.yaml: stub 2 (two): tims: there is no such key"),
        ("b.json", "{", "b.json: line 1: not valid JSON"),
        ("b.yaml", "reply: {template: '{{'}", "b.yaml: stub 1: reply.template: "),
    ],
)
def test_a_bad_file_is_one_line(folder, name, text, said):
    """With the file, the stub and the field."""
    (folder / name).write_text(text)
    with pytest.raises(BadFixture) as caught:
        read_folder(folder)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.inner
def test_a_server_does_not_start_with_a_bad_file(folder):
    """Exit code 2 and one line; a folder that is not there likewise."""
    (folder / "b.yaml").write_text("reply: 5")
    for path, said in ((folder, "b.yaml: stub 1: reply"), (folder / "none", "none: is not a folder")):
        command = [sys.executable, "-m", "apex_mock", "serve", "--port", "0", "--stubs", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 2
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


async def test_a_change_is_taken_up_and_a_bad_one_is_not(folder, caplog):
    """The set from before stays, and the fault is told once in the log, and until it is mended in `fault`."""
    mock = ApexMock(Settings(stubs=folder))
    stubs = folder_of(mock)
    await stubs.lay()
    assert await ask(mock, "a refund") == "five days"
    (folder / "a.yaml").write_text(GOOD.replace("five", "nine"))
    assert await stubs.refresh()
    assert await ask(mock, "a refund") == "nine days"

    (folder / "b.yaml").write_text("reply: 5")
    with caplog.at_level(logging.WARNING, "apex_mock"):
        assert not await stubs.refresh()
        assert not await stubs.refresh()
    assert [record.getMessage() for record in caplog.records] == [f"{stubs.fault}; the stubs from before stay"]
    assert "b.yaml: stub 1: reply" in stubs.fault
    assert await ask(mock, "a refund") == "nine days"

    (folder / "b.yaml").unlink()
    (folder / "a.yaml").write_text("- {name: hi, when: {prompt: hello}, reply: hi there}")
    assert await stubs.refresh()
    assert stubs.fault == ""
    assert [stub.name for stub in await mock.stubs.laid("")] == ["hi"]


async def test_only_what_changed_starts_anew(folder):
    """A stub that was used up stays so when another in its file changes; and one laid by hand stays."""
    (folder / "a.yaml").write_text(
        "- {name: once, when: {prompt: x}, times: 1, reply: once}\n- {when: {prompt: y}, reply: y}"
    )
    mock = ApexMock(Settings(stubs=folder))
    stubs = folder_of(mock)
    await stubs.lay()
    assert await ask(mock, "x") == "once"
    (folder / "a.yaml").write_text((folder / "a.yaml").read_text().replace("reply: y", "reply: z"))
    assert await stubs.refresh()
    assert await ask(mock, "y") == "z"
    assert await ask(mock, "x") != "once"


async def test_an_edited_stub_is_no_newer_than_it_was(folder):
    """It keeps its place among the equally specific ones; what is added comes last, and so wins."""
    (folder / "a.yaml").write_text("- {when: {prompt: x}, reply: old}\n- {when: {prompt: x}, reply: middle}")
    mock = ApexMock(Settings(stubs=folder))
    stubs = folder_of(mock)
    await stubs.lay()
    (folder / "b.yaml").write_text("{when: {prompt: x}, reply: newest}")
    assert await stubs.refresh()
    (folder / "a.yaml").write_text("- {when: {prompt: x}, reply: edited}\n- {when: {prompt: x}, reply: edited too}")
    assert await stubs.refresh()
    assert [stub.name for stub in await mock.stubs.laid("")] == ["b.yaml#1", "a.yaml#2", "a.yaml#1"]
    assert await ask(mock, "x") == "newest"
    (folder / "b.yaml").unlink()
    assert await stubs.refresh()
    assert await ask(mock, "x") == "edited too"


async def test_a_stub_is_for_the_scope_that_it_names(folder):
    """Of the file or its own, and for no other; moved to another scope, it is taken away from the first."""
    (folder / "a.yaml").write_text("scope: k\nstubs: [{reply: mine}, {when: {prompt: x}, reply: theirs, scope: other}]")
    mock = ApexMock(Settings(stubs=folder))
    stubs = folder_of(mock)
    await stubs.lay()
    assert await ask(mock, "x") == "mine"
    assert [stub.scope for scope in ("", "k", "other") for stub in await mock.stubs.laid(scope)] == ["k", "other"]
    (folder / "a.yaml").write_text("scope: other\nstubs: [{reply: mine}, {when: {prompt: x}, reply: theirs}]")
    assert await stubs.refresh()
    assert await ask(mock, "x") not in ("mine", "theirs")
    assert len(await mock.stubs.laid("other")) == 2


async def test_a_folder_that_vanishes_is_a_fault(folder):
    """And nothing else."""
    mock = ApexMock(Settings(stubs=folder))
    stubs = folder_of(mock)
    await stubs.lay()
    folder.rename(folder.with_name("elsewhere"))
    assert not await stubs.refresh()
    assert "is not a folder" in stubs.fault
    assert await ask(mock, "a refund") == "five days"


async def test_a_folder_that_comes_back_is_no_fault_any_more(folder, caplog):
    """Also an empty one, which has as few files as none at all; and it is said."""
    mock = ApexMock(Settings(stubs=folder))
    stubs = folder_of(mock)
    await stubs.lay()
    folder.rename(folder.with_name("elsewhere"))
    assert not await stubs.refresh()
    folder.mkdir()
    assert await stubs.refresh()
    assert stubs.fault == ""
    assert caplog.messages[-1] == f"{folder} is good again; its stubs are in use as they are now"
    assert await ask(mock, "a refund") != "five days"


def wait_for(condition, seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def test_a_running_server_follows_its_folder(folder):
    """Over HTTP: the new answer, then the fault at /__apex/stubs and /__apex/ready, then neither."""
    with serve(settings={"stubs": str(folder)}) as server, httpx.Client(base_url=server.url) as http:

        def stubs() -> dict:
            return http.get("/__apex/stubs").json()

        assert stubs()["files"] == {"folder": str(folder), "fault": None}
        assert [stub["name"] for stub in stubs()["stubs"]] == ["hi", "a.yaml#1"]
        (folder / "b.json").write_text(json.dumps({"name": "new", "reply": "new"}))
        wait_for(lambda: "new" in [stub["name"] for stub in stubs()["stubs"]])
        (folder / "b.json").write_text("{")
        wait_for(lambda: stubs()["files"]["fault"])
        assert "b.json: line 1: not valid JSON" in stubs()["files"]["fault"]
        ready = http.get("/__apex/ready")
        assert (ready.status_code, ready.json()) == (503, {"detail": stubs()["files"]["fault"]})
        assert "new" in [stub["name"] for stub in stubs()["stubs"]]
        (folder / "b.json").unlink()
        wait_for(lambda: len(stubs()["stubs"]) == 2)
        assert http.get("/__apex/ready").status_code == 200

        assert http.delete("/__apex/stubs").json()["removed"] == 2
        http.post("/__apex/reset", json={"what": "stubs"})
        assert [stub["name"] for stub in stubs()["stubs"]] == ["hi", "a.yaml#1"]


async def test_an_application_without_a_server_has_them_too(folder):
    """From its first request on."""
    transport = httpx.ASGITransport(create_app(settings=Settings(stubs=folder)))
    async with httpx.AsyncClient(transport=transport, base_url="http://apex") as http:
        body = {"messages": [{"role": "user", "content": "a refund"}]}
        answer = await http.post("/v1/chat/completions", json=body, headers={"api-key": "k"})
    assert answer.json()["choices"][0]["message"]["content"] == "five days"


def test_the_setting_is_read_from_the_environment(folder, monkeypatch):
    """APEX_MOCK_STUBS."""
    monkeypatch.setitem(os.environ, "APEX_MOCK_STUBS", str(folder))
    assert Settings.load().stubs == folder
