"""The command line: a thin user of the public API."""

import asyncio
import gc
import secrets
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from apex_mock.commands.fidelity import fidelity
from apex_mock.commands.load import load
from apex_mock.commands.verify import verify

app = typer.Typer(
    name="apex-mock",
    help="A fake of the Macrocosmos Apex API to run tests against.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


app.command()(load)


@app.callback()
def root() -> None:
    """A fake of the Macrocosmos Apex API to run tests against."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port for everything: REST, SSE, Connect, gRPC-Web, gRPC. 0: any free one.")
    ] = 8080,
    grpc_port: Annotated[Optional[int], typer.Option(help="A port for gRPC alone, besides. 0: any free one.")] = None,
    workers: Annotated[int, typer.Option(help="How many processes serve the port together.")] = 1,
    tls: Annotated[
        bool, typer.Option("--tls", help="Serve over TLS, with a CA and a certificate made for this run.")
    ] = False,
    cert: Annotated[Optional[Path], typer.Option(help="Your own certificate, PEM; needs --key.")] = None,
    key: Annotated[Optional[Path], typer.Option(help="Your own private key, PEM; needs --cert.")] = None,
    expose: Annotated[
        bool, typer.Option("--expose", help="Other machines may reach it; the control API then wants a token.")
    ] = False,
    control_token: Annotated[
        Optional[str],
        typer.Option(help="What the control API wants in the header x-apex-token. With --expose: made if not given."),
    ] = None,
    auth: Annotated[
        Optional[str], typer.Option(help="any: any key will do. off: none is needed. keys: only those of --api-key.")
    ] = None,
    api_key: Annotated[
        Optional[list[str]], typer.Option(help="Accept this key and no others; may be repeated.")
    ] = None,
    admin_key: Annotated[
        Optional[str],
        typer.Option(help="What the API-key calls want in the header admin-key. With --expose: made if not given."),
    ] = None,
    seed: Annotated[Optional[int], typer.Option(help="What every random choice derives from.")] = None,
    profile: Annotated[
        Optional[str], typer.Option(help="How long things take: instant, fast, realistic, slow, overloaded, steady.")
    ] = None,
    profiles: Annotated[Optional[Path], typer.Option(help="A file of latency profiles of your own.")] = None,
    network: Annotated[Optional[Path], typer.Option(help="A file that describes a network of your own.")] = None,
    corpus: Annotated[Optional[Path], typer.Option(help="A folder of pages of your own, added to the corpus.")] = None,
    strict_models: Annotated[
        Optional[bool], typer.Option("--strict-models", help="Refuse a model that nobody serves.")
    ] = None,
    stubs: Annotated[
        Optional[Path], typer.Option(help="A folder of stubs, YAML or JSON; read again when one changes.")
    ] = None,
    fault: Annotated[
        Optional[list[str]],
        typer.Option(help='What goes wrong on purpose: "drop; after=3; probability=0.1"; repeatable.'),
    ] = None,
    faults: Annotated[Optional[Path], typer.Option(help="A file of faults, YAML or JSON.")] = None,
    strict: Annotated[
        Optional[bool], typer.Option("--strict", help="Refuse a chat, search or research call that no stub fits.")
    ] = None,
    research: Annotated[
        Optional[str], typer.Option(help="What moves research jobs: elapsed, polls, immediate, manual.")
    ] = None,
    research_polls: Annotated[
        Optional[int], typer.Option(help="How many polls complete a job that polls move.")
    ] = None,
    time_scale: Annotated[
        Optional[float], typer.Option(help="Research takes this many times as long as the profile says.")
    ] = None,
    journal_entries: Annotated[Optional[int], typer.Option(help="How many calls are remembered.")] = None,
    journal_bytes: Annotated[Optional[int], typer.Option(help="How many bytes of them are remembered.")] = None,
    service_key: Annotated[
        Optional[list[str]],
        typer.Option(help="Only this key may act for the user in x-forwarded-user; may be repeated."),
    ] = None,
    max_body_bytes: Annotated[Optional[int], typer.Option(help="The longest request body, decompressed too.")] = None,
    max_header_bytes: Annotated[Optional[int], typer.Option(help="The longest head of a request.")] = None,
    max_connections: Annotated[Optional[int], typer.Option(help="How many connections a worker takes at once.")] = None,
    max_streams: Annotated[Optional[int], typer.Option(help="How many streams a worker sends at once.")] = None,
    header_timeout: Annotated[Optional[float], typer.Option(help="Seconds for a request's head to be there.")] = None,
    body_timeout: Annotated[Optional[float], typer.Option(help="Seconds for a request's body to go on.")] = None,
    write_timeout: Annotated[Optional[float], typer.Option(help="Seconds for a client to read on.")] = None,
    idle_timeout: Annotated[Optional[float], typer.Option(help="Seconds for a connection without a request.")] = None,
    store: Annotated[
        Optional[str], typer.Option(help="Where state is kept: memory, sqlite:PATH, or redis://HOST:PORT/DB.")
    ] = None,
    max_scopes: Annotated[
        Optional[int], typer.Option(help="How many scopes are kept; the longest unused is forgotten.")
    ] = None,
    store_bytes: Annotated[Optional[int], typer.Option(help="How many bytes all scopes' state may take.")] = None,
    config: Annotated[
        Optional[Path], typer.Option(help="A YAML file of settings; flags and APEX_MOCK_* win over it.")
    ] = None,
) -> None:
    """Run the fake until Ctrl-C."""
    from apex_mock.errors import StoreFailed
    from apex_mock.fixtures import BadFixture
    from apex_mock.listening import Bind, CannotListen
    from apex_mock.private import PrivateFolder
    from apex_mock.settings import ADMIN_KEY, BadSetting, Settings
    from apex_mock.supervisor import CannotStart

    flags: dict[str, Any] = {
        "control_token": control_token,
        "auth": auth,
        "api_keys": tuple(api_key) if api_key else None,
        "admin_key": admin_key,
        "seed": seed,
        "profile": profile,
        "profiles": profiles,
        "network": network,
        "corpus": corpus,
        "strict_models": strict_models,
        "stubs": stubs,
        "faults": faults,
        "fault": tuple(fault) if fault else None,
        "strict": strict,
        "research": research,
        "research_polls": research_polls,
        "time_scale": time_scale,
        "journal_entries": journal_entries,
        "journal_bytes": journal_bytes,
        "service_keys": tuple(service_key) if service_key else None,
        "max_body_bytes": max_body_bytes,
        "max_header_bytes": max_header_bytes,
        "max_connections": max_connections,
        "max_streams": max_streams,
        "header_timeout": header_timeout,
        "body_timeout": body_timeout,
        "write_timeout": write_timeout,
        "idle_timeout": idle_timeout,
        "store": store,
        "max_scopes": max_scopes,
        "store_bytes": store_bytes,
    }
    try:
        settings = Settings.load(flags, file=config)
        if expose:
            known = settings.admin_key == ADMIN_KEY
            settings = replace(
                settings,
                control_token=settings.control_token or secrets.token_urlsafe(18),
                admin_key=secrets.token_urlsafe(18) if known else settings.admin_key,
            )
        if workers < 1:
            raise BadSetting("--workers: at least one has to serve")
        with PrivateFolder() as folder:
            certificate = _certificate(tls, cert, key, host, folder)
            where = Bind(host=host, port=port, grpc_port=grpc_port, certificate=certificate, expose=expose)
            _run_alone(settings, where) if workers == 1 else _run_many(settings, where, workers)
    except (BadSetting, BadFixture, CannotListen, CannotStart, StoreFailed) as error:
        fail(str(error))


app.command()(verify)


@app.command()
def env(
    url: Annotated[str, typer.Option(help="Where the fake is.")] = "http://127.0.0.1:8080",
    format: Annotated[str, typer.Option(help="sh, fish, powershell, json, or github (for $GITHUB_ENV).")] = "sh",
    api_key: Annotated[str, typer.Option(help="The key to call it with.")] = "test-key",
    control_token: Annotated[
        str, typer.Option(envvar="APEX_MOCK_CONTROL_TOKEN", help="The token of its control API, where it wants one.")
    ] = "",
) -> None:
    """Print what points every client at a running fake: eval "$(apex-mock env)"."""
    from apex_mock.environment import FORMATS, NotThere, environment, find

    if format not in FORMATS:
        fail(f"--format: there is no {format!r}; there are {', '.join(FORMATS)}")
    try:
        found = find(url, control_token)
    except NotThere as error:
        fail(str(error))
    print(FORMATS[format](environment(found.url, api_key, found.ca)))
    if found.auth == "keys":
        print("apex-mock: it accepts only some keys; name one with --api-key", file=sys.stderr)


app.command()(fidelity)


def _certificate(tls: bool, cert: Path | None, key: Path | None, host: str, folder: Path) -> Any:
    if (cert is None) != (key is None):
        fail("--cert and --key go together")
    if cert is not None and key is not None:
        from apex_mock.tls import Certificate

        for path in (cert, key):
            if not path.is_file():
                fail(f"{path}: no such file")
        return Certificate(cert, key)
    if tls:
        from apex_mock.tls import make_certificate

        return make_certificate(folder, host)
    return None


def _run_alone(settings: Any, where: Any) -> None:
    from apex_mock.mock import ApexMock
    from apex_mock.process import run
    from apex_mock.server import Server

    server = Server(ApexMock(settings), where)
    run(server, lambda: _greet(server.where, settings))


def _run_many(settings: Any, where: Any, workers: int) -> None:
    from apex_mock.supervisor import Supervisor

    supervisor = Supervisor(settings, where, workers)
    gc.enable()  # main() turned it off for a start that is not this process's

    async def until_told() -> None:
        told = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        await supervisor.start()
        _greet(supervisor.where, settings, workers)
        await told.wait()
        await supervisor.stop()

    asyncio.run(until_told())


def _greet(where: Any, settings: Any, workers: int = 1) -> None:
    together = f", served by {workers} workers" if workers > 1 else ""
    print(f"apex-mock is listening on {where.url}  (REST, SSE, Connect, gRPC-Web and gRPC on this one port{together})")
    if where.grpc_port is not None:
        print(f"gRPC also on its own port, {where.host}:{where.grpc_port}")
    if settings.fault or settings.faults:
        from apex_mock.standing import in_force

        for line in in_force(settings):
            print(f"Fault in force: {line}")
    print("\nPoint a client at it:\n")
    environment = where.environment()
    trust = {name: value for name, value in environment.items() if name.endswith(("PATH", "FILE", "CERTS", "BUNDLE"))}
    for name in ("MACROCOSMOS_BASE_URL", "MACROCOSMOS_USE_HTTPS", "MACROCOSMOS_API_KEY", *trust):
        print(f"  export {name}={environment[name]}")
    if where.expose:
        print(
            f"\nOther machines can reach {where.host}: the API with any key that --auth lets in, without a key whether it is"
        )
        print(
            "up and what it offers (/openapi.json, gRPC reflection), the control API and /metrics with this token, in the"
        )
        print("header x-apex-token, and the making of API keys with this admin key, in the header admin-key:\n")
        print(f"  export APEX_MOCK_CONTROL_TOKEN={settings.control_token}")
        print(f"  export APEX_MOCK_ADMIN_KEY={settings.admin_key}")
    print("\nCtrl-C ends it.", flush=True)


def fail(message: str) -> None:
    """Says what is wrong in one line and ends with 2."""
    print(f"apex-mock: {message}", file=sys.stderr)
    raise SystemExit(2)


def main() -> None:
    gc.disable()
    app()
