"""The clauses, a file for each area. A module here is loaded, and its clauses are in the book, in this order."""

from importlib import import_module

AREAS = (
    "chat",
    "modes",
    "stream",
    "search",
    "research",
    "script",
    "stored",
    "rows",
    "errors",
    "auth",
    "wire",
    "keys",
    "miners",
)


def load() -> None:
    for area in AREAS:
        import_module(f".{area}", __package__)
