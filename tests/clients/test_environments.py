"""The cache of environments: made once, never half-made, and clear about what is missing."""

import multiprocessing
import time
from pathlib import Path

import pytest

from tests.clients import environments
from tests.clients.running import client_tests

pytestmark = client_tests("environments")


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(environments, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


def test_made_once_for_each_input() -> None:
    made = []

    def make(folder: Path) -> None:
        folder.mkdir()
        made.append(folder)

    first = environments._cached("name", [b"one"], make)
    assert environments._cached("name", [b"one"], make) == first
    assert environments._cached("name", [b"two"], make) != first
    assert len(made) == 2


def test_a_run_that_was_cut_short_leaves_nothing(cache: Path) -> None:
    def cut_short(folder: Path) -> None:
        folder.mkdir()
        (folder / "leftover").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        environments._cached("name", [b"one"], cut_short)
    place = environments._cached("name", [b"one"], Path.mkdir)
    assert list(place.iterdir()) == []
    assert [path.name for path in cache.iterdir() if path.suffix == ".tmp"] == []


def _make_slowly(cache: Path, log: Path) -> None:
    def make(folder: Path) -> None:
        with log.open("a") as line:
            line.write("made\n")
        time.sleep(0.2)
        folder.mkdir()

    environments.CACHE = cache
    environments._cached("name", [b"one"], make)


def test_workers_wait_for_one_another(cache: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_make_slowly, args=(cache, tmp_path / "log")) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert (tmp_path / "log").read_text() == "made\n"


def test_without_a_registry_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(environments.Unreachable, match=r"macrocosmos-1\.0\.4 is not installed.*cannot be reached"):
        environments.virtual_environment("macrocosmos-1.0.4")


def test_another_failure_is_no_skip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "broken.txt").write_text("not a requirement\n")
    monkeypatch.setattr(environments, "LOCKS", tmp_path)
    with pytest.raises(RuntimeError, match="cannot install broken"):
        environments.virtual_environment("broken")
