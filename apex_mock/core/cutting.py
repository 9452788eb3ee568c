"""Where a text ends: at a stop sequence, or at max_new_tokens, always between two tokens."""

from apex_mock.core.prose import cut
from apex_mock.core.types import ChatRequest, FinishReason


def limit(text: str, request: ChatRequest) -> tuple[tuple[str, ...], FinishReason]:
    """The tokens that are sent, and why they end there: `length` only when max_new_tokens left something out."""
    stops = [at for stop in request.stop if stop and (at := text.find(stop)) >= 0]
    if stops:
        text = text[: min(stops)]
    tokens, was_cut = cut(text, request.sampling.max_new_tokens)
    return tokens, FinishReason.LENGTH if was_cut else FinishReason.STOP
