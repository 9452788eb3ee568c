"""How long the attacks go on: a few seconds each, the same every time, unless APEX_ATTACK_SECONDS asks for more."""

import os

from hypothesis import HealthCheck, Phase, settings

VARIABLE = "APEX_ATTACK_SECONDS"
USUAL = 10
SECONDS = int(os.environ.get(VARIABLE, "") or USUAL)
# With more time than usual each run looks elsewhere; otherwise CI would find on one commit what the next one has not.
STEADY = SECONDS == USUAL


def attack(examples_a_second: float = 8, *, steps: int = 30) -> settings:
    """Settings of a generated attack: as many examples as about fit the time. A failure shrinks and can be repeated."""
    return settings(
        max_examples=max(1, round(SECONDS * examples_a_second)),
        stateful_step_count=steps,
        derandomize=STEADY,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        print_blob=True,
    )
