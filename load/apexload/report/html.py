"""The report: one HTML file with everything in it, for any browser, printed or on a phone; no script, no network."""

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from apexload.figures import shown
from apexload.gates import STATISTICS
from apexload.measures import KINDS
from apexload.report.plots import plots
from apexload.report.verdict import Verdict

TEMPLATE = Path(__file__).parent / "report.html"
COLUMNS = ("p50", "p95", "p99")
assert set(COLUMNS) <= set(STATISTICS)


def page(verdict: Verdict) -> str:
    """HTML."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(shown=shown)
    result, total = verdict.result, verdict.result.measures.total()
    rows = []
    for name, operation in sorted(result.measures.operations.items()):
        measures = [
            (
                measure,
                KINDS[measure].title,
                [shown(histogram.percentile(float(c[1:])), KINDS[measure].unit) for c in COLUMNS]
                + [shown(histogram.greatest, KINDS[measure].unit)],
            )
            for measure, histogram in sorted(operation.values.items(), key=lambda item: list(KINDS).index(item[0]))
        ]
        rows.append((name, operation, shown(result.throughput(operation.in_time), "/s"), measures))
    facts = [
        ("requests", f"{total.requests:,}"),
        ("throughput", shown(result.throughput(total.in_time), "/s")),
        ("failed", shown(total.error_rate, "%")),
        ("load", result.load_said),
        ("for", f"{result.seconds:.1f} s"),
        ("model", "open" if result.open_model else "closed"),
    ]
    if total.streams:
        facts.insert(3, ("streams complete", shown(total.completeness, "%")))
    generator = [
        (
            measure,
            KINDS[measure].title,
            [shown(histogram.percentile(float(c[1:])), "ms") for c in COLUMNS] + [shown(histogram.greatest, "ms")],
        )
        for measure, histogram in sorted(result.measures.generator.items())
    ]
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        verdict=verdict,
        result=result,
        total=total,
        when=datetime.fromisoformat(result.started).strftime("%d %B %Y, %H:%M UTC"),
        facts=facts,
        rows=rows,
        generator=generator,
        columns=(*COLUMNS, "max"),
        plots=[(plot, Markup(plot.svg)) for plot in plots(result)],  # noqa: S704  # made by svg.py, which escapes
    )
