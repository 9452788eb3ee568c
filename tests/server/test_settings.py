"""Settings: flags over environment over file over defaults; a bad one is named."""

import dataclasses
from pathlib import Path

import pytest

from apex_mock.settings import PREFIX, BadSetting, Settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "apex.yaml"
    path.write_text("seed: 1\nprofile: fast\nmax-body-bytes: 100\n")
    return path


def test_the_defaults_hold_where_nobody_says_otherwise():
    """Any key, no delay, the shipped fixtures."""
    assert Settings.load(env={}) == Settings()
    assert (Settings().auth, Settings().profile, Settings().seed) == ("any", "instant", 0)


def test_flags_win_over_the_environment_and_that_over_a_file(file):
    """Each setting by itself."""
    env = {"APEX_MOCK_SEED": "2", "APEX_MOCK_PROFILE": "slow", "UNRELATED": "x"}
    settings = Settings.load({"seed": 3, "profile": None}, file=file, env=env)
    assert (settings.seed, settings.profile, settings.max_body_bytes) == (3, "slow", 100)
    assert Settings.load(file=file, env={}).seed == 1


def test_names_in_a_file_may_have_dashes(file):
    """As the flags have."""
    assert Settings.load(file=file, env={}).max_body_bytes == 100


def test_the_environment_speaks_in_text():
    """Numbers, truth values, paths and lists are read from it."""
    env = {
        "APEX_MOCK_STRICT_MODELS": "true",
        "APEX_MOCK_TIME_SCALE": "0.5",
        "APEX_MOCK_CORPUS": "/some/where",
        "APEX_MOCK_SERVICE_KEYS": "a,b",
    }
    settings = Settings.load(env=env)
    assert settings.strict_models is True
    assert settings.time_scale == 0.5
    assert settings.corpus == Path("/some/where")
    assert settings.service_keys == ("a", "b")


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_can_come_from_the_environment(name):
    """Its default as text is its default."""
    default = getattr(Settings(), name)
    if default is None or default == ():
        text, expected = ("x", ("x",) if default == () else Path("x"))
    else:
        text, expected = str(default), default
    assert getattr(Settings.load(env={PREFIX + name.upper(): text}), name) == expected


def test_naming_keys_makes_them_the_only_ones():
    """Unless the policy was given, too."""
    assert Settings.load({"api_keys": ("a",)}, env={}).auth == "keys"
    assert Settings.load(env={"APEX_MOCK_API_KEYS": "a,b"}).auth == "keys"
    assert Settings.load({"api_keys": ("a",), "auth": "any"}, env={}).auth == "any"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"auth": "some"}, "auth: "),
        ({"seed": "many"}, "seed: "),
        ({"research": "quickly"}, "research: "),
        ({"time_scale": "fast"}, "time_scale: "),
        ({"colour": "red"}, "there is no setting 'colour'"),
    ],
)
def test_a_bad_setting_is_named_in_one_line(flags, said):
    """With what it may be."""
    with pytest.raises(BadSetting) as caught:
        Settings.load(flags, env={})
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) > len(said)


@pytest.mark.parametrize(
    "flags",
    [
        {"time_scale": -1.0},
        {"max_body_bytes": -1},
        {"journal_entries": -5},
        {"research_polls": 0},
        {"time_scale": "nan"},
    ],
)
def test_a_number_out_of_bounds_is_refused(flags):
    """Rather than doing something strange later."""
    (name,) = flags
    with pytest.raises(BadSetting, match=name):
        Settings.load(flags, env={})


@pytest.mark.parametrize("secret", ["", " ", " key", "two\nlines", "clé"])
def test_a_key_that_no_client_can_send_is_refused(secret):
    """It would keep everybody out; an empty one comes from a variable that is not set."""
    for name in ("api_keys", "service_keys"):
        with pytest.raises(BadSetting, match=name):
            Settings.load({name: ("good", secret)}, env={})
    with pytest.raises(BadSetting, match="admin_key"):
        Settings.load({"admin_key": secret}, env={})
    with pytest.raises(BadSetting, match=r"api_keys\.0: must not be empty"):
        Settings.load(env={PREFIX + "API_KEYS": ""})
    if secret:
        with pytest.raises(BadSetting, match="control_token"):
            Settings.load({"control_token": secret}, env={})


@pytest.mark.parametrize(
    ("text", "said"),
    [("[1, 2]", "one setting a line"), ("seed: [", "while parsing"), ("seed: x", "seed"), ("colour: red", "colour")],
)
def test_a_bad_file_is_named(tmp_path, text, said):
    """The file where it cannot be read, the setting where that cannot be used."""
    path = tmp_path / "apex.yaml"
    path.write_text(text)
    with pytest.raises(BadSetting, match=said):
        Settings.load(file=path, env={})
    with pytest.raises(BadSetting, match=r"missing\.yaml"):
        Settings.load(file=tmp_path / "missing.yaml", env={})


def test_settings_are_frozen():
    """Nothing that runs can change them."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().seed = 5
