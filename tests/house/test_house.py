"""The rules of the house that a program can check."""

import dataclasses
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

import apex_mock
from apex_mock.cli import app
from apex_mock.settings import Settings

HOME = Path(__file__).parent.parent.parent
MOST_LINES = 400
GENERATED = "wire/gen/"
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(apex_mock.__path__, "apex_mock.")
    if module.name != "apex_mock.__main__"
)


def sources(*folders: str) -> list[Path]:
    """Every Python file below these folders that a person wrote."""
    return sorted(
        path
        for folder in folders
        for path in (HOME / folder).rglob("*.py")
        if GENERATED not in path.as_posix() and "__pycache__" not in path.parts
    )


def documentation() -> str:
    """All that a user can read: the README and the docs."""
    return "\n".join(path.read_text() for path in [HOME / "README.md", *sorted((HOME / "docs").rglob("*.md"))])


def flags() -> list[str]:
    """Every long flag of every command."""
    command = typer.main.get_command(app)
    commands = getattr(command, "commands", {"": command})
    return sorted({f for c in commands.values() for p in c.params for f in p.opts if f.startswith("--")})


def undocumented(names: list[str], text: str | None = None) -> list[str]:
    """Those of the names that the documentation does not have. For every kind of thing that a user may name."""
    text = documentation() if text is None else text
    return [name for name in names if name not in text]


def test_a_layer_imports_only_what_is_below_it():
    """And core neither time, network nor log: import-linter, with the contracts of .importlinter."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=HOME, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("name", ["apex_mock", *MODULES])
def test_every_public_name_exists(name):
    """Whatever a module lists in __all__ is there, once, and in order."""
    module = importlib.import_module(name)
    listed = getattr(module, "__all__", [])
    assert sorted(set(listed)) == sorted(listed)
    for public in listed:
        assert getattr(module, public) is not None


def test_the_package_lists_all_that_it_gives():
    """Names that are imported when first asked for are in __all__, and the others say so."""
    assert set(apex_mock._HOMES) <= set(apex_mock.__all__)
    with pytest.raises(AttributeError, match="'Nothing'"):
        apex_mock.Nothing  # noqa: B018


def test_importing_the_package_is_cheap():
    """A test suite that has the plugin installed and does not use it pays for no server."""
    heavy = "print([m for m in ('grpc', 'starlette', 'uvicorn', 'connectrpc', 'pydantic') if m in sys.modules])"
    code = f"import sys, apex_mock; {heavy}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "path", sources("apex_mock", "tests", "load", "contract_tests"), ids=lambda p: str(p.relative_to(HOME))
)
def test_a_file_holds_one_idea_in_under_400_lines(path):
    """And says in its first line which."""
    text = path.read_text()
    assert text.count("\n") < MOST_LINES
    if path.name not in ("__init__.py", "__main__.py"):
        assert text.startswith(('"""', "#!/usr/bin/env python")), "a module docstring is missing"


def test_only_the_clock_asks_the_system_for_the_time_and_only_the_seed_draws():
    """Everywhere else, now and a generator come in as arguments."""
    forbidden = (
        "time.time(",
        "time.time_ns(",
        "datetime.now(",
        "datetime.utcnow(",
        "random.seed(",
        "uuid4(",
        "urandom(",
    )
    asking = {
        f"{path.relative_to(HOME)}: {word}"
        for path in sources("apex_mock")
        for word in forbidden
        if word in path.read_text() and path.name not in ("clock.py", "seed.py")
    }
    assert asking == set()


def test_every_flag_and_setting_is_documented():
    """In the README or the docs, by its name."""
    assert undocumented([f"`{flag}" for flag in flags() if flag not in ("--config", "--help")]) == []
    assert "--config" in documentation()
    # A setting is called as its flag is; one that holds several values has a flag for each of them.
    settings = [field.name.replace("_", "-") for field in dataclasses.fields(Settings)]
    assert undocumented([f"`--{name.removesuffix('s') if name.endswith('keys') else name}`" for name in settings]) == []


def test_every_setting_is_explained_where_it_is_declared():
    """The docstring of Settings speaks of each."""
    told = inspect.getdoc(Settings) or ""
    assert undocumented([field.name for field in dataclasses.fields(Settings)], told) == []


def test_our_descriptors_stay_out_of_googles_default_pool():
    """There the official SDKs register apex.v1: importing and running the server must leave the names free."""
    code = """
from apex_mock import serve
from google.protobuf import descriptor_pool
with serve():
    pass
pool = descriptor_pool.Default()
for name in ("apex.v1.ChatCompletionRequest", "apex.v1.ChatMessage"):
    try:
        pool.FindMessageTypeByName(name)
    except KeyError:
        continue
    print(name)
try:
    pool.FindFileByName("apex/v1/apex.proto")
    print("apex.proto")
except KeyError:
    pass
try:
    pool.FindServiceByName("apex.v1.ApexService")
    print("apex.v1.ApexService")
except KeyError:
    print("free")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["free"]


def test_the_tests_do_not_depend_on_the_users_environment():
    """No setting of the fake's is set while they run."""
    assert [name for name in os.environ if name.startswith("APEX_MOCK_")] == []
