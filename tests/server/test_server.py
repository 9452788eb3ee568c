"""The server: ready when bound, gone when stopped, one clear line when it cannot be had."""

import re
import socket
import subprocess
import sys
import threading
import time

import grpc
import httpx
import pytest

from apex_mock import ApexMock, Server, Settings, serve
from apex_mock.listening import Bind, CannotListen
from apex_mock.transports.grpc_server import GrpcServer
from apex_mock.waiting import Patience
from tests.ports import free_port
from tests.wires import HELLO, OK, WIRES


def chat(wire_name: str, address: str) -> str:
    wire = WIRES[wire_name](address, "k")
    try:
        return wire.call("ChatCompletion", HELLO).code
    finally:
        wire.close()


# --- Ports ------------------------------------------------------------------------------------------------------------


def test_port_zero_is_a_free_one(http):
    """Another for each server, known as soon as it is ready."""
    with serve() as one, serve() as other:
        assert one.port != other.port
        assert 0 not in (one.port, other.port)
        assert one.address == f"127.0.0.1:{one.port}"
        assert one.url == f"http://127.0.0.1:{one.port}"
        for server in (one, other):
            assert http.get(f"{server.url}/health").status_code == 200


def test_a_taken_port_is_one_clear_line(server):
    """With the address and what to do."""
    with pytest.raises(CannotListen) as caught, serve(port=server.port):
        pass
    said = str(caught.value)
    assert "\n" not in said
    assert f"127.0.0.1:{server.port}" in said
    assert "--port 0" in said


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.1"])
def test_an_address_that_is_not_ours_is_one_clear_line(host):
    """Neither a name that means nothing nor somebody else's number."""
    with (
        pytest.raises(CannotListen, match=f"cannot listen on {re.escape(host)}:0: "),
        serve(host=host, expose=True, settings={"control_token": "t", "admin_key": "a"}),
    ):
        pass


@pytest.mark.parametrize("port", [-1, 65536, 70000])
@pytest.mark.parametrize("flag", ["port", "grpc_port"])
def test_a_number_that_is_no_port_is_refused(flag, port):
    """Rather than taking what is left of it in 16 bits."""
    flags = {"port": 0, flag: port}
    with pytest.raises(CannotListen, match=f"--{flag.replace('_', '-')}: {port} is no port; "), serve(**flags):
        pass


def test_a_port_is_free_again_when_its_server_has_stopped(http):
    """At once, for the next one; grpc's too."""
    port, grpc_port = free_port(), free_port()
    for _ in range(2):
        with serve(port=port, grpc_port=grpc_port) as server:
            assert http.get(f"{server.url}/health").status_code == 200
            assert chat("grpc", f"127.0.0.1:{grpc_port}") == OK


def test_grpcs_own_port_serves_the_same_world(key):
    """Beside the one port; what is stored over one is read over the other."""
    with serve(grpc_port=0) as server:
        assert server.grpc_port not in (0, None, server.port)
        own, shared = (WIRES["grpc"](address, key) for address in (f"127.0.0.1:{server.grpc_port}", server.address))
        body = {"userPrompt": "x", "chatType": "apex", "completionType": "basic"}
        made = own.call("CreateChatAndCompletion", body).value["parsedChat"]["id"]
        assert shared.call("GetChatSessions", {}).value["chatSessions"][0]["id"] == made
        own.close()
        shared.close()


def test_a_second_server_on_one_grpc_port_is_refused():
    """gRPC would share the port without a word, and take every other connection."""
    with serve(grpc_port=0) as first:
        with pytest.raises(CannotListen, match=rf":{first.grpc_port}"), serve(grpc_port=first.grpc_port):
            pass
        assert chat("grpc", f"127.0.0.1:{first.grpc_port}") == OK


def test_a_server_that_could_not_start_leaves_its_port_free(http):
    """The one port is given back when gRPC's own cannot be had."""
    port = free_port()
    with serve(grpc_port=0) as first:
        with pytest.raises(CannotListen), serve(port=port, grpc_port=first.grpc_port):
            pass
        with serve(port=port) as server:
            assert http.get(f"{server.url}/health").status_code == 200


def test_ipv6_is_spoken(http):
    """The address has its brackets."""
    try:
        with serve(host="::1", grpc_port=0) as server:
            assert server.address == f"[::1]:{server.port}"
            assert http.get(f"{server.url}/health").status_code == 200
            assert chat("grpc", server.address) == OK
    except CannotListen as error:
        pytest.skip(f"no IPv6 here: {error}")


def test_the_environment_points_every_client_at_it(server):
    """The SDKs' variables and OpenAI's."""
    variables = server.environment("my-key")
    assert variables["MACROCOSMOS_BASE_URL"] == server.address
    assert variables["MACROCOSMOS_USE_HTTPS"] == "false"
    assert variables["APEX_API_KEY"] == variables["MACROCOSMOS_API_KEY"] == variables["OPENAI_API_KEY"] == "my-key"
    assert variables["OPENAI_BASE_URL"] == f"{server.url}/v1"


# --- Its end ----------------------------------------------------------------------------------------------------------


def test_stopping_ends_open_streams_within_a_second(http):
    """SSE and gRPC, in the middle of an answer that would take minutes."""
    body = {"messages": [{"role": "user", "content": "hello"}], "stream": True}
    with serve(settings={"profile": "slow"}) as server:
        wire = WIRES["grpc"](server.address, "k")
        data = b"\x12\x0d\x0a\x04user\x12\x05hello"
        call = wire.channel.unary_stream("/apex.v1.ApexService/ChatCompletionStream")(
            data, metadata=(("authorization", "Bearer k"),)
        )
        ended = threading.Event()

        def read_sse() -> None:
            try:
                with http.stream("POST", f"{server.url}/v1/chat/completions", json=body, headers={"api-key": "k"}) as r:
                    for _ in r.iter_bytes():
                        pass
            except httpx.HTTPError:
                pass
            ended.set()

        reader = threading.Thread(target=read_sse)
        reader.start()
        deadline = time.monotonic() + 10
        while len(server.mock.journal) < 2 and time.monotonic() < deadline:
            time.sleep(0.005)
        assert len(server.mock.journal) == 2
        begun = time.monotonic()
    took = time.monotonic() - begun
    assert ended.wait(5)
    reader.join()
    with pytest.raises(grpc.RpcError):
        list(call)
    wire.close()
    assert took < 8, "it waited for them"
    assert server.mock.in_flight == 0


async def test_it_runs_in_the_callers_own_loop_too():
    """`async with`, beside whatever else the loop does."""
    async with Server(ApexMock(), Bind(port=0)) as server, httpx.AsyncClient() as client:
        answer = await client.post(f"{server.url}/v1/chat/completions", json=HELLO, headers={"api-key": "k"})
        assert answer.status_code == 200
        async with grpc.aio.insecure_channel(server.address) as channel:
            health = channel.unary_unary("/grpc.health.v1.Health/Check")
            assert await health(b"", timeout=10) == b"\x08\x01"


def test_health_and_reflection_answer_on_the_one_port(server):
    """Without a key: SERVING for the server and for the service, and the service's name in the list."""
    with grpc.insecure_channel(server.address) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        for name in (b"", b"\x0a\x13apex.v1.ApexService"):
            assert check(name, timeout=10) == b"\x08\x01"
        with pytest.raises(grpc.RpcError) as caught:
            check(b"\x0a\x04nope", timeout=10)
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
        reflect = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")
        (listed,) = reflect(iter([b"\x3a\x00"]), timeout=10)
        assert b"apex.v1.ApexService" in listed
        (described,) = reflect(iter([b"\x22\x13apex.v1.ApexService"]), timeout=10)
        assert b"ChatCompletionStream" in described


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--profile", "nope"], "there is no profile 'nope'"),
        (["--auth", "sometimes"], "auth"),
        (["--corpus", "/no/such/folder"], "/no/such/folder: is not a folder"),
        (["--network", "/no/such/file"], "/no/such/file: No such file"),
        (["--config", "/no/such/file"], "/no/such/file"),
        (["--cert", "x.pem"], "--cert and --key go together"),
        (["--cert", "/no/such.pem", "--key", "/no/such.key"], "/no/such.pem: no such file"),
        (["--max-body-bytes", "0"], "max_body_bytes"),
    ],
)
def test_a_start_that_cannot_be_is_one_line_and_a_code(arguments, said, capsys, monkeypatch):
    """Never a traceback: exit code 2, the reason on stderr."""
    from apex_mock import cli

    monkeypatch.setattr(sys, "argv", ["apex-mock", "serve", "--port", "0", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("apex-mock: ")
    assert said in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.inner
@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_with_code_zero(number):
    """Within a second or so, after saying what a client needs."""
    import signal

    command = [sys.executable, "-m", "apex_mock", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, f"it ended: {said}"
            said += line
        for name in ("MACROCOSMOS_BASE_URL=127.0.0.1:", "MACROCOSMOS_USE_HTTPS=false", "MACROCOSMOS_API_KEY="):
            assert f"export {name}" in said
        process.send_signal(getattr(signal, number))
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert errors == ""


def test_the_loop_is_closed_after_a_failed_start():
    """No thread and no loop is left behind."""
    before = threading.active_count()
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    for _ in range(3):
        with pytest.raises(CannotListen), serve(port=taken.getsockname()[1]):
            pass
    taken.close()
    assert threading.active_count() <= before


async def test_grpcs_own_port_is_never_shared_by_grpc_itself(tmp_path):
    """Not even in the moment between asking whether it is free and taking it."""
    first, second = (GrpcServer(ApexMock(), str(tmp_path / f"{n}.sock"), Patience(Settings())) for n in range(2))
    port = first.listen("127.0.0.1", 0)
    await first.start()
    with pytest.raises(RuntimeError):
        second.listen("127.0.0.1", port)
    await first.stop(0)
