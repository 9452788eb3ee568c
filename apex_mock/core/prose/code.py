"""Code answers: a snippet for common tasks, code of the corpus for others, and a named skeleton for the rest."""

import re
from random import Random

from apex_mock.core.corpus import PassageKind
from apex_mock.core.prose.ask import Ask
from apex_mock.core.prose.library import Library
from apex_mock.core.prose.snippets import SNIPPETS, Snippet
from apex_mock.core.prose.snippets_more import MORE_SNIPPETS
from apex_mock.core.prose.snippets_other import OTHER_SNIPPETS
from apex_mock.core.prose.snippets_services import SERVICE_SNIPPETS
from apex_mock.core.prose.words import clip, stems, telling
from apex_mock.core.regex import regex

_LANGUAGES = (
    ("typescript", r"\btypescript\b|\bts\b"),
    ("javascript", r"\bjavascript\b|\bjs\b|\bnode(?:\.?js)?\b"),
    ("sql", r"\bsql\b|\bquery\b.*\btable\b"),
    ("bash", r"\bbash\b|\bshell\b"),
    ("rust", r"\brust\b"),
    ("go", r"\bgolang\b|\bin go\b|\bgo (?:function|program|code)\b"),
    ("java", r"\bjava\b"),
    ("c", r"\bin c\b|\bc (?:function|program)\b"),
    ("html", r"\bhtml\b"),
    ("css", r"\bcss\b"),
    ("python", r"\bpython\b"),
)
_ALL = (*SNIPPETS, *MORE_SNIPPETS, *SERVICE_SNIPPETS, *OTHER_SNIPPETS)
_CUES = [(regex(snippet.cue, re.I), snippet) for snippet in _ALL]


def code(ask: Ask, shelf: Library, random: Random) -> str:
    """A fenced block and a sentence or two about it."""
    text = " ".join(ask.text.split())[:400]
    language = next((name for name, pattern in _LANGUAGES if re.search(pattern, text, re.I)), "")
    snippet = _find(text, language)
    if snippet is not None:
        return _show(snippet, ask, random)
    if language in ("", "python") and (found := _from_corpus(ask, shelf)):
        return found
    return _skeleton(ask, language or "python", random)


def _find(text: str, language: str) -> Snippet | None:
    fitting = [snippet for cue, snippet in _CUES if cue.search(text)]
    exact = [s for s in fitting if s.language == (language or "python")]
    return next(iter(exact or ([] if language else fitting)), None)


_LEADS = (
    "Here is {a} {lang} {what}:",
    "This {lang} {what} does it:",
    "You can do it like this:",
    "Here is one way to write it:",
)


def _show(snippet: Snippet, ask: Ask, random: Random) -> str:
    only = bool(
        re.search(
            r"\b(?:only|just) (?:the |output |return |give )*code\b|\bno explanation\b|\bcode only\b",
            f"{ask.system} {ask.prompt[:600]}",
            re.I,
        )
    )
    block = f"```{snippet.language}\n{snippet.code.strip()}\n```"
    if only:
        return block
    what = (
        "class"
        if re.search(r"^class \w+", snippet.code.strip())
        else "query"
        if snippet.language == "sql"
        else "function"
        if re.search(r"\b(?:def|function|func|fn) ", snippet.code)
        else "version"
    )
    names = {
        "python": "Python",
        "javascript": "JavaScript",
        "typescript": "TypeScript",
        "sql": "SQL",
        "bash": "Bash",
        "rust": "Rust",
        "go": "Go",
        "java": "Java",
        "c": "C",
        "html": "HTML",
        "css": "CSS",
    }
    lang = names[snippet.language]
    lead = random.choice(_LEADS).format(
        a="an" if lang[0] in "AEIOS" and lang in ("SQL", "HTML") else "a", lang=lang, what=what
    )
    notes = snippet.notes[:1] if ask.style.short else snippet.notes if random.random() < 0.6 else snippet.notes[:1]
    return "\n\n".join([lead, block, " ".join(notes)])


def _from_corpus(ask: Ask, shelf: Library) -> str:
    """A code block of a page that is about the task."""
    wanted = [w for w in telling(ask.text) if w not in _CODE_WORDS]
    best: tuple[float, str] = (0.0, "")
    for page, share in shelf.pages_about(wanted):
        passages = shelf.by_page[page.url]
        for i, passage in enumerate(passages):
            if passage.kind is PassageKind.CODE and (match := re.search(r"```\w*\n.*?```", passage.text, re.S)):
                before = passages[i - 1].text if i and passages[i - 1].kind is PassageKind.PROSE else ""
                held = set(stems(f"{passage.heading} {before} {passage.text}"))
                cover = sum(w in held for w in wanted) / max(1, len(wanted))
                if cover >= 0.75 and cover + share > best[0]:
                    note = before if before and not before.rstrip().endswith(":") else ""
                    best = (cover + share, f"{match[0]}\n\n{note or shelf.facts(page)[0].text}")
    return f"Here is an example:\n\n{best[1]}" if best[1] else ""


_CODE_WORDS = frozenset(
    w
    for w in stems(
        "function program script code class python method snippet algorithm implement create simple write "
        "returns return takes take using given"
    )
)


_FIRST = ("Here is a first version:", "Here is a structure to start from:", "You could begin like this:")


def _skeleton(ask: Ask, language: str, random: Random) -> str:
    """A small function named after the task, with its contract spelled out and its body in plain steps."""
    task = re.sub(
        r"^.*?\b(?:function|program|script|code|class|method|snippet|algorithm|component|module|generator|"
        r"decorator|query)s?\b(?:\s+in \w+)?\s*(?:that|which|to|for|called|named|of)?\s*",
        "",
        ask.text.strip(),
        count=1,
        flags=re.I | re.S,
    )
    task = re.split(r"[.?!\n](?:\s|$)", task or ask.text)[0]
    task = (
        re.sub(
            r"\s*\b(?:in|using|with) (?:python|javascript|typescript|java|rust|go|c\+\+|ruby|sql|php)\b.*$",
            "",
            task,
            flags=re.I,
        ).strip(" :,")
        or "handle the task"
    )
    words = [
        w
        for w in re.findall(r"[a-z]+", task.lower())
        if w
        not in (
            "a",
            "an",
            "the",
            "of",
            "to",
            "in",
            "and",
            "from",
            "with",
            "that",
            "for",
            "is",
            "it",
            "given",
            "takes",
            "two",
            "all",
        )
    ]
    name = "_".join(_base_form(" ".join(words[:4])).split()) or "solve"
    if name[0].isdigit() or name in ("class", "def", "return", "import"):
        name = f"do_{name}"
    task = _base_form(clip(task, 90)).replace('"""', "'")
    camel = name.split("_")[0] + "".join(w.capitalize() for w in name.split("_")[1:])
    blocks = {
        "javascript": (
            f"/** {task[:1].upper()}{task[1:]}. */\nfunction {camel}(items) {{\n  const results = [];\n  for "
            f"(const item of items) {{\n    if (item === null || item === undefined) continue; // skip what is "
            f"missing\n    results.push(item);\n  }}\n  return results;\n}}\n\nconsole.log({camel}([1, null, 2]));"
        ),
        "python": (
            f'def {name}(items):\n    """{task[:1].upper()}{task[1:]}.\n\n    Takes any iterable and returns a '
            f'new list; the input is left unchanged.\n    """\n    results = []\n    for item in items:\n        '
            f"if item is None:  # skip what is missing\n            continue\n        results.append(item)\n    "
            f'return results\n\n\nif __name__ == "__main__":\n    print({name}([1, None, 2]))'
        ),
        "sql": "SELECT id, name, created_at\nFROM items\nWHERE name IS NOT NULL\nORDER BY created_at DESC\nLIMIT 20;",
        "bash": (
            f'#!/usr/bin/env bash\n# {task}\nset -euo pipefail\n\nfor file in "$@"; do\n  [ -e "$file" ] || '
            f"continue\n  printf '%s\\n' \"$file\"\ndone"
        ),
    }
    blocks["typescript"] = (
        blocks["javascript"]
        .replace("(items)", "<T>(items: (T | null)[]): T[]")
        .replace("const results = []", "const results: T[] = []")
    )
    if re.match(r"(?:check|validate|verify|test|determine|detect|decide)", task):
        thing = "_".join(w for w in words[1:4] if w not in ("whether", "if", "be", "are", "valid")) or "valid"
        blocks["python"] = (
            f'def is_{thing}(value: str) -> bool:\n    """{task[:1].upper()}{task[1:]}."""\n    value = '
            f"value.strip()\n    if not value:\n        return False\n    checks = (\n        len(value) <= 255,\n"
            f'        value.isprintable(),\n    )\n    return all(checks)\n\n\nprint(is_{thing}("example"))  # '
            f'True\nprint(is_{thing}(""))  # False'
        )
        if language == "python":
            return (
                f"{random.choice(('Here is a first version:', 'You could begin like this:'))}\n\n```python\n"
                f"{blocks['python']}\n```\n\nEach entry of `checks` is one rule; add those that your format "
                f"prescribes, and a test for each of them."
            )
    chosen = language if language in blocks else "python"
    note = random.choice(
        (
            "This is a starting point: put the rule of your own case into the loop, and add a test for an empty input.",
            "The structure is in place; replace the body of the loop with the step that your data needs.",
            "It handles missing values and leaves its input alone, so you can build the rest of the logic on it.",
        )
    )
    if language not in blocks:
        note += " The same structure carries over to other languages."
    return f"{random.choice(_FIRST)}\n\n```{chosen}\n{blocks[chosen]}\n```\n\n{note}"


def explain_code(ask: Ask, shelf: Library, random: Random) -> str:
    """What a piece of code in the prompt consists of and does, as far as its own names say."""
    match = re.search(r"```(\w*)\n?(.*?)(?:```|$)", ask.prompt[:20_000], re.S)
    body = match[2] if match else ask.prompt
    language = (match[1] if match else "") or "code"
    functions = re.findall(r"\b(?:def|function|func|fn)\s+(\w+)", body)
    classes = re.findall(r"\bclass\s+(\w+)", body)
    lines = [line for line in body.splitlines() if line.strip()]
    parts = [
        (
            f"This {language if language != 'code' else 'piece of code'}{' code' if language != 'code' else ''} "
            f"has {len(lines)} line{'s' if len(lines) != 1 else ''}"
        )
        + (f" and defines {_listed('the function', functions)}" if functions else "")
        + (f" and the class `{classes[0]}`" if classes else "")
        + "."
    ]
    for pattern, said in _SIGNS:
        if re.search(pattern, body):
            parts.append(said)
    if returned := re.findall(r"\breturn\s+([^\n;]+)", body):
        parts.append(f"It ends by returning `{clip(returned[-1], 60)}`.")
    if re.search(r"\b(?:fix|bug|wrong|debug|error)\b", ask.text, re.I):
        parts.append(
            random.choice(
                (
                    "To find the fault, run it with the smallest input that shows the problem and compare each "
                    "intermediate value with what you expect.",
                    (
                        "I would first check the boundary cases: an empty input, a single element, and the last pass "
                        "of the "
                        "loop."
                    ),
                )
            )
        )
    elif re.search(r"\b(?:improve|refactor|review)\b", ask.text, re.I):
        parts.append(
            "To make it easier to maintain, give every name its meaning, add a short docstring, and cover the "
            "edge cases with a test."
        )
    return " ".join(parts)


def _listed(word: str, names: list[str]) -> str:
    shown = [f"`{n}`" for n in dict.fromkeys(names)][:4]
    return (
        f"{word}{'s' if len(shown) > 1 else ''} "
        + (", ".join(shown[:-1]) + " and " if len(shown) > 1 else "")
        + shown[-1]
    )


_SIGNS = (
    (r"\bimport\b|#include|require\(", "It begins by bringing in the modules that it needs."),
    (r"\bfor\b", "A loop goes through the values one by one."),
    (r"\bwhile\b", "A while loop repeats as long as its condition holds."),
    (r"\bif\b", "A condition decides which branch is taken."),
    (r"\btry\b|\bcatch\b|\bexcept\b", "Errors are caught, so that a failure does not end the program."),
    (r"\basync\b|\bawait\b", "It is asynchronous and waits without blocking."),
    (r"\bprint\(|console\.log|printf|println", "What it finds is printed."),
)


def _base_form(task: str) -> str:
    """ "computes the mean" -> "compute the mean"."""
    first, _, rest = task.partition(" ")
    if first.endswith("ies") and len(first) > 4:
        first = first[:-3] + "y"
    elif re.search(r"(?:ch|sh|ss|x|z)es$", first):
        first = first[:-2]
    elif first.endswith("s") and not first.endswith("ss"):
        first = first[:-1]
    return f"{first} {rest}".strip()
