"""CONTRACT.md, generated from the clauses: python -m contract_tests.document writes it anew."""

from pathlib import Path

from . import clauses
from .clause import ALLOWED_BY, BOOK, Clause, Nature
from .report.html import AREA_NAMES

PAGE = Path(__file__).parent / "CONTRACT.md"
HEAD = """\
# The Apex contract

{count} clauses, generated from `contract_tests/clauses/` by `make contract-page`: change them there. Each is checked
over every transport that it names; [docs/contract.md](../docs/contract.md) says how.

Sources: D1 is the public page "Subnet 1 Apex API", D2 the public page "Endpoints", SDK and TS are the official Python
and TypeScript clients, V is the open-source validator. A clause without a mark is safe on a live target; `cost`
marks what costs credit, `write` what changes stored data.
"""


def page() -> str:
    """The whole text."""
    clauses.load()
    parts = [HEAD.format(count=len(BOOK))]
    for area in dict.fromkeys(clause.area for clause in BOOK):
        parts.append(
            f"\n## {AREA_NAMES[area]}\n\n| id | clause | of | over | source |\n| --- | --- | --- | --- | --- |\n"
        )
        parts += [_row(clause) for clause in BOOK if clause.area == area]
    return "".join(parts)


def _row(clause: Clause) -> str:
    mark = f" `{ALLOWED_BY[clause.nature]}`" if clause.nature is not Nature.SAFE else ""
    needs = "".join(f"; needs {need}" for need in sorted(clause.needs))
    sentence = clause.sentence.replace("|", "\\|")
    over = ", ".join(clause.transports)
    sources = " ".join(clause.sources)
    return f"| {clause.id}{mark} | {sentence}{needs} | {clause.operations[0]} | {over} | {sources} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
