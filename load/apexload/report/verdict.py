"""What is reported: a run, its gates, and how it compares with earlier ones."""

from dataclasses import asdict, dataclass, field
from typing import Any

from apexload.baseline import WORSE, Compared
from apexload.figures import shown
from apexload.gates import Judged
from apexload.result import Result

LATE = {"lag": "its own timers were", "lateness": "arrivals were sent"}
BUSY = 0.9  # of a core: above, the generator is what is measured


@dataclass(frozen=True, slots=True)
class Verdict:
    result: Result
    judged: list[Judged]
    compared: list[Compared] = field(default_factory=list)

    @property
    def failed(self) -> list[Judged]:
        return [one for one in self.judged if not one.passed]

    @property
    def worse(self) -> list[Compared]:
        return [one for one in self.compared if one.verdict == WORSE]

    @property
    def passed(self) -> bool:
        return not self.failed and not self.worse

    @property
    def headline(self) -> str:
        if self.passed and not self.judged and not self.compared:
            return "No gates: nothing was judged"
        if self.passed:
            held = f"all {len(self.judged)} gates hold" if len(self.judged) != 1 else "the one gate holds"
            return f"Passed: {held}" + (", no worse than the baseline" if self.compared else "")
        wrong = []
        if self.failed:
            wrong.append(
                f"{len(self.failed)} of {len(self.judged)} gates {'do' if len(self.failed) > 1 else 'does'} not hold"
            )
        if self.worse:
            figures = "1 figure is" if len(self.worse) == 1 else f"{len(self.worse)} figures are"
            wrong.append(f"{figures} worse than the baseline")
        return "Failed: " + ", ".join(wrong)

    @property
    def generator(self) -> str:
        """What the load itself cost and how late it was, in a sentence."""
        result = self.result
        return (
            f"{result.overhead * 1e6:,.0f} µs of processor time a request"
            f" ({result.recording * 1e6:.1f} µs of it to keep its measures),"
            f" {result.busy * 100:.0f} % of a core"
            + (f" for each of {result.workers} workers" if result.workers > 1 else "")
            + "".join(self._late(measure, said) for measure, said in LATE.items())
        )

    def _late(self, measure: str, said: str) -> str:
        found = self.result.measures.generator.get(measure)
        if found is None or not found.count:
            return ""
        median, p99 = (shown(found.percentile(percent), "ms") for percent in (50, 99))
        return f"; {said} {median} late at the median, {p99} at p99"

    @property
    def warnings(self) -> list[str]:
        """Why not to trust the figures, where there is a reason."""
        result, found = self.result, []
        if result.busy > BUSY:
            found.append(
                f"The generator used {result.busy * 100:.0f} % of a core: it may be what was measured. "
                "Use --processes, or fewer users."
            )
        lateness = result.measures.generator.get("lateness")
        if lateness is not None and lateness.count and lateness.percentile(95) > 100:
            found.append(
                f"A twentieth of the arrivals was sent more than {lateness.percentile(95):.0f} ms late: all users were "
                "busy. The target is slower than the rate asks for, or --users is too low; `response` counts the wait."
            )
        if result.measures.unsent:
            found.append(f"{result.measures.unsent:,} arrivals were never sent: all users were busy until the end.")
        total = result.measures.total()
        if total.unfinished:
            found.append(f"{total.unfinished} requests were cut off at the end; a longer --grace lets them finish.")
        return found

    def dump(self) -> dict[str, Any]:
        """As JSON has it."""
        gates = [
            {
                "gate": one.gate.name,
                "passed": one.passed,
                "measured": one.measured,
                "limit": one.gate.limit,
                "unit": one.gate.unit,
                "at_least": one.gate.at_least,
                "margin": one.margin,
                "why": one.why,
            }
            for one in self.judged
        ]
        compared = [asdict(one) for one in self.compared]
        return {
            "passed": self.passed,
            "said": self.headline,
            "warnings": self.warnings,
            "gates": gates,
            "compared": compared,
        }
