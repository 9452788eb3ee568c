"""Grounded text: what a small model might say to a prompt, made of what the corpus holds."""

from apex_mock.core.prose.compose import compose
from apex_mock.core.prose.tokens import count_tokens, cut, tokenize

__all__ = ["compose", "count_tokens", "cut", "tokenize"]
