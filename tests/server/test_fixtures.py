"""Files that people edit: a bad one gives one line that names it and its fault; sound ones are used."""

import os
from pathlib import Path

import pytest
import yaml

from apex_mock import ApexMock, Settings
from apex_mock.core.types import SearchRequest
from apex_mock.fixtures import (
    NETWORK,
    PROFILES,
    ROOT,
    BadFixture,
    load_corpus,
    load_network,
    load_pages,
    load_profiles,
    page_files,
)
from apex_mock.settings import BadSetting

FRONT = "---\nurl: https://mine.example/{0}\ntitle: Mine\ntopics: [zorbits]\ndate: 2025-01-01\n---\n"
TEXT = "Zorbits are the quanta of gnorl, found in 1999.\n"


def fault_of(load, path: Path) -> str:
    """What it says, in one line, of the file that it names."""
    with pytest.raises(BadFixture) as caught:
        load(path)
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith(f"{path}")
    return said.removeprefix(f"{path}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "corpus"
    made.mkdir()
    return made


# --- The corpus -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("No front matter", "front matter"),
        ("---\nurl: x\n", "front matter"),
        (FRONT.format("a"), "no text"),
        (FRONT.format("a").replace("url:", "uri:") + TEXT, "url"),
        (FRONT.format("a").replace("https://", "ftp://") + TEXT, "url"),
        (FRONT.format("a").replace("2025-01-01", "someday") + TEXT, "date"),
        (FRONT.format("a").replace("title: Mine", "title: ''") + TEXT, "title"),
        (FRONT.format("a").replace("[zorbits]", "zorbits") + TEXT, "topics"),
        (FRONT.format("a").replace("title: Mine", "title: Mine\ncolour: red") + TEXT, "colour"),
        (FRONT.format("a").replace("title: Mine", "title: [Mine") + TEXT, "not valid YAML"),
        (FRONT.format("a").replace("title: Mine", "title: !!python/object:os.system Mine") + TEXT, "not valid YAML"),
        ("---\n- a\n- b\n---\n" + TEXT, ""),
    ],
)
def test_a_bad_page_is_named_with_its_fault(folder, text, said):
    """The first that is wrong."""
    page = folder / "bad.md"
    page.write_text(text)
    with pytest.raises(BadFixture) as caught:
        load_pages(folder)
    message = str(caught.value)
    assert message.startswith(f"{page}: ")
    assert said in message
    assert "\n" not in message


def test_a_page_that_is_not_utf_8_is_named(folder):
    """With the place."""
    (folder / "bad.md").write_bytes(FRONT.format("a").encode() + b"\xff\xfe")
    with pytest.raises(BadFixture, match=r"bad\.md: not UTF-8 at byte \d+"):
        load_pages(folder)


def test_two_pages_with_one_url_are_refused(folder):
    """Both are named."""
    for name in ("a.md", "b.md"):
        (folder / name).write_text(FRONT.format("same") + TEXT)
    with pytest.raises(BadFixture, match=r"b\.md: has the url of .*a\.md"):
        load_pages(folder)


def test_a_folder_that_is_none_or_is_empty_is_refused(folder):
    """Before anything is served."""
    assert fault_of(load_pages, folder) == ": holds no .md file; links that lead out of it are not followed"
    assert fault_of(load_pages, folder / "missing") == ": is not a folder"


def test_links_out_of_the_folder_are_not_followed(folder, tmp_path):
    """Neither to files nor to folders; links within it are."""
    (folder / "own.md").write_text(FRONT.format("own") + TEXT)
    (tmp_path / "secret.md").write_text(FRONT.format("secret") + TEXT)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "other.md").write_text(FRONT.format("other") + TEXT)
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    (folder / "linked").symlink_to(tmp_path / "outside")
    assert [page.url for page in load_pages(folder)] == ["https://mine.example/own"]


def test_what_is_no_file_is_no_page(folder):
    """A pipe would be waited on for ever, a link to itself leads nowhere."""
    (folder / "own.md").write_text(FRONT.format("own") + TEXT)
    (folder / "folder.md").mkdir()
    os.mkfifo(folder / "pipe.md")
    (folder / "loop.md").symlink_to("loop.md")
    assert [path.name for path in page_files(folder)] == ["own.md"]


async def test_pages_of_ones_own_are_found_by_search_and_in_answers(folder):
    """--corpus: beside the pages that come with the package."""
    (folder / "own.md").write_text(FRONT.format("own") + TEXT)
    mock = ApexMock(Settings(corpus=folder))
    assert len(mock.corpus.pages) == len(load_corpus().pages) + 1
    results = await mock.search(SearchRequest("zorbits gnorl", n_miners=12, per_miner=3))
    assert [r.url for r in results] == ["https://mine.example/own"]
    assert results[0].relevant == TEXT.strip()


def test_a_page_of_ones_own_wins_over_a_shipped_one(folder):
    """Where they have the same url."""
    shipped = load_corpus().pages[0]
    text = FRONT.format("x").replace("https://mine.example/x", shipped.url) + TEXT
    (folder / "own.md").write_text(text)
    corpus = ApexMock(Settings(corpus=folder)).corpus
    assert len(corpus.pages) == len(load_corpus().pages)
    assert [p.title for p in corpus.pages if p.url == shipped.url] == ["Mine"]


# --- Network and profiles ---------------------------------------------------------------------------------------------

SMALL = {
    "default": "house/default",
    "models": {"d": "house/default"},
    "tasks": {"i": "InferenceTask"},
    "miners": [{"uid": 1, "incentive": 0.5, "models": ["d"], "tasks": ["i"]}],
}


def miner(**changes) -> dict:
    return SMALL | {"miners": [SMALL["miners"][0] | changes]}


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (SMALL | {"miners": []}, "miners"),
        (SMALL | {"miners": SMALL["miners"] * 2}, "uid 1 is there twice"),
        ({k: v for k, v in SMALL.items() if k != "default"}, "default"),
        (miner(models=["x"]), "miners.0: no model 'x'; there are d"),
        (miner(tasks=["x"]), "miners.0: no task 'x'; there are i"),
        (miner(uid=-1), "miners.0.uid"),
        (miner(uid=65_536), "miners.0.uid"),
        (miner(incentive=-0.1), "miners.0.incentive"),
        (miner(reliability=1.1), "miners.0.reliability"),
        (miner(coverage=0), "miners.0.coverage"),
        (miner(errs="loudly"), "miners.0.errs"),
        (miner(colour="red"), "miners.0.colour"),
        ("just text", ""),
    ],
)
def test_a_bad_network_is_named_with_its_fault(tmp_path, network, said):
    """By the place in the file."""
    path = tmp_path / "network.yaml"
    path.write_text(yaml.safe_dump(network))
    assert said in fault_of(load_network, path)


@pytest.mark.parametrize(
    ("profiles", "said"),
    [
        ({"mine": {"first_token": {"median": "soon"}}}, "mine.first_token.median"),
        ({"mine": {"colour": "red"}}, "mine.colour"),
        ({"mine": {"first_token": {"median": -1}}}, "mine.first_token.median"),
        ({"mine": {"research": -1}}, "mine.research"),
        ({"mine": 5}, "mine"),
        (["mine"], ""),
    ],
)
def test_a_bad_profile_is_named_with_its_fault(tmp_path, profiles, said):
    """By the profile's name and the field's."""
    path = tmp_path / "profiles.yaml"
    path.write_text(yaml.safe_dump(profiles))
    assert said in fault_of(load_profiles, path)


@pytest.mark.parametrize("load", [load_network, load_profiles])
@pytest.mark.parametrize("text", ["a: [", "\t- x", "a: b: c", "!!python/name:os.system ''"])
def test_what_is_no_yaml_is_named_with_its_line(tmp_path, load, text):
    """It is never executed."""
    path = tmp_path / "file.yaml"
    path.write_text(text)
    assert "not valid YAML" in fault_of(load, path)
    assert fault_of(load, tmp_path / "missing.yaml") == ": No such file or directory"


def test_a_network_and_profiles_of_ones_own_are_used(tmp_path):
    """Instead of the shipped ones; a profile that they lack cannot be chosen."""
    network, profiles = tmp_path / "network.yaml", tmp_path / "profiles.yaml"
    network.write_text(yaml.safe_dump(SMALL))
    profiles.write_text(yaml.safe_dump({"mine": {"research": 7}}))
    mock = ApexMock(Settings(network=network, profiles=profiles, profile="mine"))
    assert mock.list_models() == ("house/default",)
    assert mock.profiles["mine"].research == 7
    with pytest.raises(BadSetting, match="profile: there is no profile 'instant'; there are mine"):
        ApexMock(Settings(profiles=profiles))


def test_the_shipped_files_are_what_the_contract_and_the_docs_say():
    """256 uids, the two models that the pages name, the profiles, and a corpus of at least 120 pages."""
    network = load_network(NETWORK)
    assert sorted(network.by_uid) == list(range(256))
    assert {
        "mrfakename/mistral-small-3.1-24b-instruct-2503-hf",
        "hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4",
    } <= set(network.models)
    assert len(network.models) >= 6
    assert list(load_profiles(PROFILES)) == ["instant", "fast", "realistic", "slow", "overloaded", "steady"]
    pages = load_pages(ROOT / "corpus")
    assert len(pages) >= 120
    assert len({page.domain for page in pages}) >= 12


# --- What is kept -----------------------------------------------------------------------------------------------------


def test_an_edited_folder_is_read_again_and_an_untouched_one_is_not(folder):
    """By a new fake in the same process; a page that is added or taken away counts as an edit."""
    page = folder / "zorbits.md"
    page.write_text(FRONT.format("a") + TEXT)

    def pages() -> list[str]:
        corpus = ApexMock(Settings(corpus=folder)).corpus
        assert load_corpus(folder) is corpus
        return [page.body for page in corpus.pages if page.url.startswith("https://mine.example/")]

    assert pages() == [TEXT.strip()]
    page.write_text(FRONT.format("a") + TEXT.replace("1999", "2001"))
    assert pages() == [TEXT.strip().replace("1999", "2001")]
    (folder / "more.md").write_text(FRONT.format("b") + TEXT)
    assert len(pages()) == 2
    page.unlink()
    assert pages() == [TEXT.strip()]


@pytest.mark.parametrize(("load", "source"), [(load_network, NETWORK), (load_profiles, PROFILES)])
def test_an_edited_file_is_read_again(load, source, tmp_path):
    """And an untouched one is not."""
    path = tmp_path / source.name
    path.write_text(source.read_text())
    before = load(path)
    assert load(path) is before
    path.write_text("# edited\n" + source.read_text())
    assert load(path) is not before
