"""Grounded text: what a small model might say to a prompt, made of what the corpus holds.

messages -> followup.understand -> Ask (intent, style, memory)
         -> compose.TELLERS[kind]: tell, organise, code, story, ... (ground finds the facts in the library)
         -> style.dress, fields.render -> text
"""

from apex_mock.core.prose.compose import (
    compose,
    compose_json_woven,
    compose_stepwise,
    compose_woven,
    wants_json,
)
from apex_mock.core.prose.tokens import count_tokens, cut, tokenize

__all__ = [
    "compose",
    "compose_json_woven",
    "compose_stepwise",
    "compose_woven",
    "count_tokens",
    "cut",
    "tokenize",
    "wants_json",
]
