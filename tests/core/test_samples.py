"""The reviewed samples: an answer that changes is read again before it is kept."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "samples.py"


def test_answers_are_those_that_were_reviewed(capsys: pytest.CaptureFixture[str]) -> None:
    spec = importlib.util.spec_from_file_location("samples", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    samples = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(samples)
    assert samples.main(["--check"]) == 0, f"run scripts/samples.py and read what changed: {capsys.readouterr().out}"
    assert all(len(prompts) == 10 for prompts in samples.PROMPTS.values())
    assert len(samples.PROMPTS) == 15
