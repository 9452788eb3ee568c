"""Which mode a request asks for, by the validator's rules (V): the first that applies."""

from apex_mock.core.types import Mode

CHAIN_OF_THOUGHT = "Chain-of-Thought"
_BY_NAME = {"Mixture-of-Agents": Mode.MIXTURE, "Reasoning-Fast": Mode.MULTI_STEP}


def mode_of(inference_mode: str, *, mixture: bool, test_time: bool) -> Mode:
    """Any other name, "Base-Inference" among them, means the base mode."""
    if test_time or inference_mode == CHAIN_OF_THOUGHT:
        return Mode.CHAIN_OF_THOUGHT
    if mixture:
        return Mode.MIXTURE
    return _BY_NAME.get(inference_mode, Mode.BASE)
