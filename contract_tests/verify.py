"""What `apex-mock verify` does: runs the suite against one target or two, says how it goes, writes reports."""

import os
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from .clause import BOOK
from .operations import Transport
from .report.files import as_json, as_junit, write
from .report.html import as_html
from .report.model import Report, report_of
from .report.parity import Parity
from .report.terminal import print_parity, print_report
from .results import Outcome
from .runner import ALLOWANCES, Runner, every_item
from .target import BadTarget, Target, target_at

HOLDS, BROKEN = 0, 1  # exit codes
LOG_WIDTH = 140


class WrongCall(Exception):
    """The command was called in a way that cannot be meant; the message says what to mend, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line says. `only` holds clause ids and areas; empty collections mean all."""

    urls: Sequence[str]
    rest: str | None = None
    grpc: str | None = None
    keys: Sequence[str] = ()
    allow: Collection[str] = ()
    only: Collection[str] = ()
    transports: Collection[str] = ()
    pace: float | None = None
    sdk_python: Path | None = None
    every_clause: bool = False
    html: Path | None = None
    json: Path | None = None
    junit: Path | None = None


def verify(asked: Asked, console: Console | None = None, errors: Console | None = None) -> int:
    """The exit code: 0 when every clause that ran holds, 1 when one does not or none ran. Raises WrongCall."""
    console, errors = console or _console(), errors or Console(stderr=True)
    check(asked)
    try:
        targets = [_target(asked, number) for number in range(len(asked.urls))]
    except BadTarget as error:
        raise WrongCall(str(error)) from None
    reports = [_run(asked, target, errors) for target in targets]
    parity = Parity(*reports) if len(reports) == 2 else None
    _write(asked, reports, parity)  # first: who reads what is printed may stop reading
    if parity is not None:
        print_parity(parity, console)
    else:
        print_report(reports[0], console, every_clause=asked.every_clause)
    return HOLDS if (parity.ok if parity is not None else reports[0].ok) else BROKEN


def _console() -> Console:
    """What goes into a file or a log is not cut to a terminal's width, unless COLUMNS says so."""
    console = Console()
    return console if console.is_terminal or os.environ.get("COLUMNS") else Console(width=LOG_WIDTH)


def check(asked: Asked) -> None:
    """Raises WrongCall."""
    if not 1 <= len(asked.urls) <= 2:
        raise WrongCall("name one target, or two to compare them")
    if len(asked.keys) > len(asked.urls):
        raise WrongCall("--key: there are more keys than targets")
    if len(asked.urls) == 2 and (asked.rest or asked.grpc):
        raise WrongCall("--rest and --grpc go with one target")
    for option, given, known in (
        ("--allow", asked.allow, ALLOWANCES),
        ("--transport", asked.transports, tuple(Transport)),
        ("--only", asked.only, {name for clause in BOOK for name in (clause.id, clause.area)}),
    ):
        if unknown := sorted(set(given) - set(known)):
            listed = ", ".join(known) if option != "--only" else "areas as CHAT, ids as CHAT-007: see CONTRACT.md"
            raise WrongCall(f"{option}: there is no {unknown[0]}; there are {listed}")


def _target(asked: Asked, number: int) -> Target:
    key = asked.keys[number] if number < len(asked.keys) else None
    target = target_at(asked.urls[number], rest=asked.rest, grpc=asked.grpc, key=key)
    target.sdk_python = asked.sdk_python
    if asked.pace is not None:
        target.pace = asked.pace
    return target


def _run(asked: Asked, target: Target, errors: Console) -> Report:
    transports = {Transport(name) for name in asked.transports}
    items = list(every_item(asked.only, transports, sdk=asked.sdk_python is not None))
    at, started, results = datetime.now(UTC), time.perf_counter(), []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal)
    with Runner(target, allow=asked.allow) as runner, progress:
        bar = progress.add_task(escape(target.name), total=len(items))
        broken = 0
        for result in runner.run(items):
            results.append(result)
            broken += result.outcome is Outcome.BROKEN
            said = f"{escape(target.name)}  {result.clause}" + (f"  [red]{broken} broken[/red]" if broken else "")
            progress.update(bar, advance=1, description=said)
    return report_of(target.name, results, at, time.perf_counter() - started)


def _write(asked: Asked, reports: Sequence[Report], parity: Parity | None) -> None:
    if asked.html is not None:
        write(asked.html, as_html(*reports, parity=parity))
    if asked.json is not None:
        write(asked.json, as_json(parity if parity is not None else reports[0]))
    if asked.junit is not None:
        write(asked.junit, as_junit(*reports))
