"""Reads the files that people edit: corpus, network, profiles. A bad one gives one line that names it and its fault."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from apex_mock.core.corpus import Corpus, Page
from apex_mock.core.latency import Profile
from apex_mock.core.miners import Failing, Latency, Miner, Network

T = TypeVar("T")

_PACKAGE = Path(__file__).parent
# In a wheel the fixtures lie inside the package, in a checkout beside it.
ROOT = next(p for p in (_PACKAGE / "_fixtures", _PACKAGE.parent / "fixtures") if p.is_dir())
NETWORK, PROFILES = ROOT / "network.yaml", ROOT / "profiles.yaml"
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BadFixture(Exception):
    """A fixture file that cannot be used; the message names the file and what is wrong with it."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path}: {fault}")


def parse_yaml(text: str, path: Path) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # it is the safe loader, in C where there is one
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise BadFixture(path, f"{where}not valid YAML: {getattr(error, 'problem', None) or error}") from None


def read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise BadFixture(path, error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise BadFixture(path, f"not UTF-8 at byte {error.start}") from None


# What a file looked like when it was read: path, times of its last changes, size, inode.
Seen: TypeAlias = tuple[tuple[str, int, int, int, int], ...]


def seen(*paths: Path) -> Seen:
    """What tells whether files have changed; those that are not there are left out."""
    found = []
    for path in paths:
        with suppress(OSError):
            told = path.stat()
            found.append((str(path), told.st_mtime_ns, told.st_ctime_ns, told.st_size, told.st_ino))
    return tuple(found)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _validate(adapter: TypeAdapter[T], value: Any, path: Path) -> T:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadFixture(path, f"{where}: {first['msg']}" if where else first["msg"]) from None


# --- The corpus -------------------------------------------------------------------------------------------------------


class _FrontMatter(_Strict):
    url: str = Field(pattern=r"^https?://[^\s/]+")
    title: str = Field(min_length=1)
    topics: list[str] = []
    date: date
    facts: list[str] = []


_FRONT_MATTER = TypeAdapter(_FrontMatter)


def parse_page(text: str, path: Path) -> Page:
    """A page: front matter between two lines of three dashes, then Markdown."""
    head, fence, body = text.removeprefix("---\n").partition("\n---\n")
    if not text.startswith("---\n") or not fence:
        raise BadFixture(path, "starts without front matter: a line ---, then url, title, topics and date, then ---")
    meta = _validate(_FRONT_MATTER, parse_yaml(head, path), path)
    if not body.strip():
        raise BadFixture(path, "has front matter but no text")
    return Page(
        meta.url, meta.title, tuple(meta.topics), str(meta.date), body.strip(), tuple(meta.facts), path.parent.name
    )


def page_files(folder: Path) -> Iterator[Path]:
    """The Markdown files below a folder, in one order everywhere. Links that lead out of it are not followed."""
    root = folder.resolve()
    found = (path for path in sorted(folder.rglob("*.md")) if path.is_file())
    return (path for path in found if path.resolve().is_relative_to(root))


def load_pages(folder: Path) -> tuple[Page, ...]:
    if not folder.is_dir():
        raise BadFixture(folder, "is not a folder")
    seen: dict[str, Path] = {}
    pages = []
    for path in page_files(folder):
        page = parse_page(read_text(path), path)
        if page.url in seen:
            raise BadFixture(path, f"has the url of {seen[page.url]}: {page.url}")
        seen[page.url] = path
        pages.append(page)
    if not pages:
        raise BadFixture(folder, "holds no .md file; links that lead out of it are not followed")
    return tuple(pages)


def load_corpus(extra: Path | None = None) -> Corpus:
    """The corpus that comes with apex-mock, and the pages of `extra`, which win where a url is in both.

    What is read here is kept while its files stay as they are; those that come with apex-mock are read once.
    """
    return _corpus(extra, () if extra is None else seen(extra, *page_files(extra)))


@lru_cache(maxsize=4)
def _corpus(extra: Path | None, _seen: Seen) -> Corpus:
    pages = {page.url: page for page in load_pages(ROOT / "corpus")}
    if extra is not None:
        pages.update((page.url, page) for page in load_pages(extra))
    return Corpus(tuple(pages.values()))


# --- The network ------------------------------------------------------------------------------------------------------


class _MinerLine(_Strict):
    uid: int = Field(ge=0, lt=65_536)
    incentive: float = Field(ge=0)
    models: list[str]
    tasks: list[str]
    median: float = Field(default=1.0, ge=0)
    sigma: float = Field(default=0.4, ge=0)
    reliability: float = Field(default=1.0, ge=0, le=1)
    errs: Failing = Failing.LATE
    coverage: float = Field(default=0.7, gt=0, le=1)


class _NetworkFile(_Strict):
    default: str
    models: Mapping[str, str]
    tasks: Mapping[str, str]
    miners: list[_MinerLine] = Field(min_length=1)


_NETWORK = TypeAdapter(_NetworkFile)


def load_network(path: Path = NETWORK, *, strict: bool = False) -> Network:
    """`strict`: a model or task that nobody serves is an error instead of falling back to anybody."""
    return _network(path, strict, seen(path))


@lru_cache(maxsize=4)
def _network(path: Path, strict: bool, _seen: Seen) -> Network:
    read = _validate(_NETWORK, parse_yaml(read_text(path), path), path)
    uids = [line.uid for line in read.miners]
    if len(set(uids)) < len(uids):
        raise BadFixture(path, f"miners: uid {next(u for u in uids if uids.count(u) > 1)} is there twice")
    for index, line in enumerate(read.miners):
        for kind, names, known in (("model", line.models, read.models), ("task", line.tasks, read.tasks)):
            if unknown := [name for name in names if name not in known]:
                raise BadFixture(path, f"miners.{index}: no {kind} {unknown[0]!r}; there are {', '.join(known)}")
    miners = tuple(
        Miner(
            line.uid,
            tuple(read.models[name] for name in line.models),
            tuple(read.tasks[name] for name in line.tasks),
            line.incentive,
            Latency(line.median, line.sigma),
            line.reliability,
            line.errs,
            line.coverage,
        )
        for line in read.miners
    )
    return Network(miners, read.default, strict)


# --- Latency profiles -------------------------------------------------------------------------------------------------


class _SpreadLine(_Strict):
    median: float = Field(ge=0)
    sigma: float = Field(default=0.0, ge=0)


class _ProfileLine(_Strict):
    first_token: _SpreadLine = _SpreadLine(median=0)
    next_token: _SpreadLine = _SpreadLine(median=0)
    search: _SpreadLine = _SpreadLine(median=0)
    per_prompt: float = Field(default=0.0, ge=0)
    load: float = Field(default=0.0, ge=0)
    research: float = Field(default=3.0, ge=0)
    miner_speed: bool = False
    miner_errors: bool = False

    def to_profile(self) -> Profile:
        spreads: dict[str, Any] = {
            name: Latency(**getattr(self, name).model_dump()) for name in ("first_token", "next_token", "search")
        }
        return Profile(**self.model_dump(exclude=set(spreads)), **spreads)


_PROFILES = TypeAdapter(dict[str, _ProfileLine])


def load_profiles(path: Path = PROFILES) -> Mapping[str, Profile]:
    return _profiles(path, seen(path))


@lru_cache(maxsize=4)
def _profiles(path: Path, _seen: Seen) -> Mapping[str, Profile]:
    read = _validate(_PROFILES, parse_yaml(read_text(path), path), path)
    return {name: line.to_profile() for name, line in read.items()}
