"""apex-mock verify: the contract suite against a URL, from a checkout or an installed wheel."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

CHECKOUT = Path(__file__).parent.parent.parent
EXTRA = "verify needs what the extra has: pip install 'apex-mock[contract]'"


def verify(
    target: Annotated[
        list[str], typer.Argument(help="What to check: a URL, or live for the two documented hosts. Two: compare them.")
    ],
    rest: Annotated[Optional[str], typer.Option(help="The REST host, when it is not at the target's URL.")] = None,
    grpc: Annotated[Optional[str], typer.Option(help="gRPC, when it is not at the target's URL: HOST:PORT.")] = None,
    key: Annotated[
        Optional[list[str]], typer.Option(help="The key, one for each target; better: the variable APEX_API_KEY.")
    ] = None,
    allow: Annotated[
        str, typer.Option(help="On a live target, also run what costs credit or changes stored data: cost,write.")
    ] = "",
    only: Annotated[
        Optional[list[str]], typer.Option(help="Only this clause or area, as CHAT-007 or CHAT; may be repeated.")
    ] = None,
    transport: Annotated[
        Optional[list[str]], typer.Option(help="Only over this: rest, connect, grpc, openai, sdk; may be repeated.")
    ] = None,
    pace: Annotated[
        Optional[float],
        typer.Option(min=0, help="The least time between two requests in seconds; 1, and 0 for a fake."),
    ] = None,
    sdk_python: Annotated[
        Optional[Path], typer.Option(help="The python of an environment with the macrocosmos SDK, to check through it.")
    ] = None,
    every_clause: Annotated[bool, typer.Option("--every-clause", help="Print a row for each clause.")] = False,
    html: Annotated[Optional[Path], typer.Option(help="Write the report as one HTML file.")] = None,
    json: Annotated[Optional[Path], typer.Option(help="Write the report as JSON.")] = None,
    junit: Annotated[Optional[Path], typer.Option(help="Write the report as JUnit XML.")] = None,
) -> None:
    """Check whether a target keeps the Apex contract.

    Exit codes: 0, every clause that ran holds; 1, one does not, or none could run; 2, the call is wrong.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what fails is in the report
    try:
        suite = find_suite()
    except ModuleNotFoundError as error:
        _fail(f"{EXTRA} ({error.name} is missing)")
    asked = suite.Asked(
        urls=target,
        rest=rest,
        grpc=grpc,
        keys=key or (),
        allow=_words(allow),
        only=only or (),
        transports=transport or (),
        pace=pace,
        sdk_python=sdk_python,
        every_clause=every_clause,
        html=html,
        json=json,
        junit=junit,
    )
    try:
        code = suite.verify(asked)
    except (suite.WrongCall, OSError) as error:
        _fail(str(error))
    raise SystemExit(code)


def find_suite() -> Any:
    """The suite's module verify: inside the package in a wheel, beside it in a checkout."""
    try:
        return import_module("apex_mock._contract_tests.verify")
    except ModuleNotFoundError as error:
        if error.name != "apex_mock._contract_tests":
            raise
    if str(CHECKOUT) not in sys.path:
        sys.path.append(str(CHECKOUT))
    return import_module("contract_tests.verify")


def _words(sent: str) -> list[str]:
    return [word.strip() for word in sent.split(",") if word.strip()]


def _fail(message: str) -> None:
    print(f"apex-mock: {message}", file=sys.stderr)
    raise SystemExit(2)
