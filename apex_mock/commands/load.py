"""`apex-mock load`: the flags. What they do is in load/apexload, which Locust runs from too."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, NoReturn, Optional

import typer

PARTS = ("locust", "openai")
_PACKAGE = Path(__file__).parent.parent
# In a wheel the scenarios lie inside the package, in a checkout beside it.
FOLDER = next(folder for folder in (_PACKAGE / "_load", _PACKAGE.parent / "load") if folder.is_dir())


def load(
    scenario: Annotated[str, typer.Argument(help="chat, stream, search, research, chats, sdk, openai, mixed or soak.")],
    extra: Annotated[Optional[list[str]], typer.Argument(help="After --: options of Locust's own.")] = None,
    host: Annotated[str, typer.Option(help="The target: http://HOST:PORT or https://HOST.")] = "http://127.0.0.1:8080",
    users: Annotated[int, typer.Option(min=1, help="How many users at once; the most, in a shape.")] = 10,
    duration: Annotated[str, typer.Option(help="How long to make load: 60s, 5m, 1h.")] = "30s",
    spawn_rate: Annotated[float, typer.Option(min=0, help="Users started a second; 0: all at once.")] = 0.0,
    shape: Annotated[str, typer.Option(help="constant, ramp, step, spike or soak.")] = "constant",
    rate: Annotated[
        str, typer.Option(help="Open model: so many arrivals, such as 200/s, whatever the target does.")
    ] = "",
    arrivals: Annotated[str, typer.Option(help="Of the open model: even, or poisson.")] = "even",
    think: Annotated[str, typer.Option(help="A user's pause between requests, such as 1-3s.")] = "",
    api_key: Annotated[
        str, typer.Option(envvar=["APEX_API_KEY", "MACROCOSMOS_API_KEY"], help="The key to call with.")
    ] = "",
    header: Annotated[Optional[list[str]], typer.Option(help="A header to send; may be repeated.")] = None,
    seed: Annotated[int, typer.Option(help="What prompts, pauses and arrivals derive from.")] = 0,
    variety: Annotated[
        int, typer.Option(min=1, help="How many different seeds requests have; 1: the same question, the same answer.")
    ] = 1_000_001,
    poll: Annotated[str, typer.Option(help="Pause between two looks at a research job.")] = "1s",
    grace: Annotated[str, typer.Option(help="How long what is under way at the end may take.")] = "10s",
    timeout: Annotated[str, typer.Option(help="How long an answer, or the next piece of a stream, may take.")] = "60s",
    gates: Annotated[
        Optional[str], typer.Option(help="A file of gates, or `none`; default: the scenario's own.")
    ] = None,
    report: Annotated[Path, typer.Option(help="Folder for report.html, junit.xml and result.json.")] = Path(
        "load-report"
    ),
    baseline: Annotated[
        Optional[list[Path]], typer.Option(help="An earlier result.json to compare with; may be repeated.")
    ] = None,
    tolerance: Annotated[float, typer.Option(min=0, help="A change below so many percent is no change.")] = 5.0,
    master: Annotated[bool, typer.Option("--master", help="Lead workers instead of making load.")] = False,
    worker: Annotated[bool, typer.Option("--worker", help="Make load for a master.")] = False,
    processes: Annotated[int, typer.Option(min=-1, help="Workers to fork here; -1: one for each core.")] = 0,
    expect_workers: Annotated[int, typer.Option(min=0, help="With --master: wait for so many.")] = 0,
    master_host: Annotated[str, typer.Option(help="With --worker: where the master is.")] = "",
    master_port: Annotated[int, typer.Option(min=0, help="Where the master listens, or a worker finds it.")] = 0,
) -> None:
    """Measure a target under load, and judge it by gates: 0 when all hold, 1 when one does not, 2 for a wrong call."""
    if missing := [part for part in PARTS if find_spec(part) is None]:
        _fail(f"load needs {', '.join(missing)}: pip install 'apex-mock[load]'")
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))
    from apexload import launch, options, pieces
    from apexload.arrivals import ARRIVALS
    from apexload.gates import BadGates
    from apexload.preflight import NotReady
    from apexload.result import BadResult

    for flag, value, known in (
        ("SCENARIO", scenario, launch.names()),
        ("--shape", shape, tuple(pieces.SHAPES)),
        ("--arrivals", arrivals, ARRIVALS),
    ):
        if value not in known:
            _fail(f"{flag}: there is no {value!r}; there are {', '.join(known)}")
    for flag, text, read in (
        ("--rate", rate, options.rate),
        ("--think", think, options.think),
        ("--poll", poll, options.seconds),
        ("--grace", grace, options.seconds),
        ("--timeout", timeout, options.seconds),
        ("--duration", duration, options.seconds),
        *(("--header", text, options.header) for text in header or ()),
    ):
        try:
            if text:
                read(text)
        except options.BadOption as error:
            _fail(f"{flag}: {error}")
    asked = launch.Asked(
        scenario=scenario,
        host=host,
        users=users,
        duration=options.seconds(duration),
        spawn_rate=spawn_rate,
        shape=shape,
        rate=rate,
        arrivals=arrivals,
        think=think,
        api_key=api_key,
        headers=tuple(header or ()),
        seed=seed,
        variety=variety,
        poll=poll,
        grace=grace,
        timeout=timeout,
        gates=None if gates in (None, "none") else Path(str(gates)),
        use_gates=gates != "none",
        report=report,
        baselines=tuple(baseline or ()),
        tolerance=tolerance / 100,
        master=master,
        worker=worker,
        processes=processes,
        expect_workers=expect_workers,
        master_host=master_host,
        master_port=master_port,
        extra=tuple(extra or ()),
    )
    try:
        raise SystemExit(launch.run(asked))
    except (NotReady, BadGates, BadResult, launch.CannotRun) as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    print(f"apex-mock: {message}", file=sys.stderr)
    raise SystemExit(2)
