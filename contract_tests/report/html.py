"""A report as one HTML file: no network, light and dark, readable on a phone; every value is escaped."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from ..clause import BOOK
from ..results import Outcome, Result
from .model import LEGEND, Report
from .parity import KINDS, Parity

AREA_NAMES = {
    "CHAT": "Chat completions",
    "MODE": "Modes of inference",
    "STREAM": "Streams",
    "SEARCH": "Web retrieval",
    "JOB": "Deep research",
    "SCRIPT": "What research says",
    "CHATS": "Stored chats",
    "ROWS": "Stored rows",
    "ERR": "Errors",
    "AUTH": "Authentication",
    "WIRE": "The wires' own forms",
    "KEYS": "API keys",
    "HEALTH": "Health",
    "MINERS": "Miners",
}
CLASSES = {
    Outcome.HOLDS: "holds",
    Outcome.BROKEN: "broken",
    Outcome.NOT_RUN: "not-run",
    Outcome.NOT_OFFERED: "not-offered",
}


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("report.html.j2")


def as_html(*reports: Report, parity: Parity | None = None) -> bytes:
    page = _template().render(
        reports=reports,
        parity=parity,
        areas=[_areas(report) for report in reports],
        area_names=AREA_NAMES,
        classes=CLASSES,
        book_size=len(BOOK),
        legend=LEGEND,
        kinds=KINDS,
    )
    return page.encode()


def _areas(report: Report) -> dict[str, dict[str, list[Result]]]:
    """Results by area and clause, in the book's order."""
    by_clause: dict[str, list[Result]] = {}
    for result in report.results:
        by_clause.setdefault(result.clause, []).append(result)
    areas: dict[str, dict[str, list[Result]]] = {}
    for clause in BOOK:
        if clause.id in by_clause:
            areas.setdefault(clause.area, {})[clause.id] = by_clause[clause.id]
    return areas
