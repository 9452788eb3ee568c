"""`python -m contract_tests.mutants`: the kill table of every mutant, or of those that are named.

--named   only the clauses that a mutant names are checked, not all: much faster, and nothing is said of others
--part N  only the Nth part of ten
"""

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from ..clause import BOOK
from . import load
from .killing import Verdict, kill, untouched
from .mutant import MUTANTS
from .tenth import PARTS, part


def main(arguments: Sequence[str] | None = None) -> int:
    """1 when a mutant survived."""
    parser = argparse.ArgumentParser(prog="python -m contract_tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="MUTANT", help="those whose name or clause begins so; all of them")
    parser.add_argument("--named", action="store_true", help="check only the clauses that a mutant names")
    parser.add_argument("--part", type=int, metavar="N", help=f"only this part of {PARTS}")
    asked = parser.parse_args(arguments)
    load()
    everyone = list(MUTANTS.values())
    chosen = everyone if asked.part is None else part(everyone, asked.part)
    if asked.names:
        begun = tuple(asked.names)
        chosen = [m for m in chosen if m.name.startswith(begun) or any(c.startswith(begun) for c in m.clauses)]
    console = Console()
    verdicts = []
    with console.status("") as status:
        for number, mutant in enumerate(chosen, 1):
            status.update(f"{number} of {len(chosen)}: {mutant.name}")
            verdicts.append(kill(mutant, every_clause=not asked.named))
    console.print(table(verdicts))
    survivors = [verdict for verdict in verdicts if verdict.survived]
    for verdict in survivors:
        console.print(f"[bold red]survived[/] {verdict.mutant.name}: {verdict.why}")
    console.print(f"{len(verdicts) - len(survivors)} of {len(verdicts)} mutants were caught by the clauses they name.")
    left = untouched(everyone)
    console.print(
        f"{len(BOOK) - len(left)} of {len(BOOK)} clauses have a mutant; without one: {', '.join(left) or '-'}"
    )
    return 1 if survivors else 0


def table(verdicts: Sequence[Verdict]) -> Table:
    made = Table("mutant", "what is broken", "caught by", "others that failed too")
    for verdict in verdicts:
        caught = [
            f"{clause} ({', '.join(dict.fromkeys(r.transport for r in results))})"
            if results
            else f"[red]{clause}: no[/]"
            for clause, results in verdict.caught.items()
        ]
        others = ", ".join(verdict.others) or "-"
        made.add_row(verdict.mutant.name, verdict.mutant.sentence, "\n".join(caught), others)
    return made


if __name__ == "__main__":
    sys.exit(main())
