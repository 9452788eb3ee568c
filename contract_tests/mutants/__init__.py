"""Deliberate breaks of the fake, each of which a clause must find: what proves that the suite has teeth.

mutant.py   what a mutant is, and how it changes a fake that is about to start in this process
killing.py  a fresh broken fake against the clauses: who saw it
tenth.py    which of them a run tries
the others  the mutants, by what they break
"""

from importlib import import_module
from pkgutil import iter_modules


def load() -> None:
    """Enters every mutant into the list."""
    for module in iter_modules(__path__):
        if not module.name.startswith(("test_", "__")):
            import_module(f"{__name__}.{module.name}")
