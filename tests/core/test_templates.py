"""Templates of stubs: what they can reach, and how much they may do."""

import pytest

from apex_mock.core.templates import MOST_TEXT, compiled
from apex_mock.core.types import Message
from apex_mock.errors import BadStub

KNOWN = {"prompt": "Hello", "messages": (Message("user", "Hello"),)}
LOOP = "{% set ns = namespace(x='ab') %}{% for i in range(60) %}WHAT{% endfor %}"
DOUBLED = LOOP.replace("WHAT", "{% set ns.x = ns.x SIGN ns.x %}") + "{{ ns.x|length }}"


def render(source: str) -> str:
    return compiled(source)(KNOWN)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("You said: {{ prompt }}", "You said: Hello"),
        ("{{ messages[0].content|upper }}\n", "HELLO\n"),
        ("{% for m in messages %}{{ loop.index }}:{{ m.role }} {% endfor %}", "1:user "),
        ("{{ 'ab' * 3 }}{{ 2 ** 10 }}{{ 7 * 6 + 1 }}{{ '%05d' % 42 }}", "ababab102443" + "00042"),
        ("{{ '%s of %d'|format(prompt, 5000000) }}", "Hello of 5000000"),
        ("{{ '{:>8}'.format(prompt) }}|{{ 'x'|center(5) }}", "   Hello|  x  "),
        ("{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}{{ twice(prompt) }}", "HelloHello"),
        ("{{ [3, 1, 2]|sort|map('string')|join(',') }}", "1,2,3"),
        ("{% for i in range(3) if i %}{{ i }}{% else %}none{% endfor %}", "12"),
        ("{{ 5000000|filesizeformat }}", "5.0 MB"),
        ("{% for i in 'ab' %}{{ loop.length }}{{ loop.last }} {% endfor %}", "2False 2True "),
        ("{% for i in [[1, [2]]] recursive %}{{ loop(i) if i is iterable else i }}{% endfor %}", "12"),
    ],
)
def test_what_templates_are_for(source, said):
    """Within bounds they are Jinja."""
    assert render(source) == said


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ prompt['__class__'] }}",
        "{{ prompt|attr('__class__') }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ self.__init__.__globals__ }}",
        "{{ self._TemplateReference__context.parent }}",
        "{{ range.__self__ }}",
        "{{ '{0.__class__}'.format(prompt) }}",
        "{{ '{0.__class__}'.format_map({'0': prompt}) }}",
        "{{ (prompt.format)('x').__class__ }}",
        "{{ messages.append(1) }}",
        "{% set x = [] %}{{ x.append(1) }}",
        "{{ _work._count(prompt) }}",
        "{{ _work._left }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}{{ os }}",
        "{{ prompt|random }}",
        "{{ lipsum() }}",
    ],
)
def test_nothing_behind_what_is_given_is_reached(source):
    """Nor chance, by which the same request would be answered otherwise."""
    with pytest.raises((BadStub, ValueError)):
        render(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10**9 }}",
        "{{ 10**9 * 'a' }}",
        "{{ [1] * 10**9 }}",
        "{{ range(10**9)|list }}",
        "{{ 10 ** (10 ** 8) }}",
        "{{ 9 ** 9 ** 9 ** 9 ** 9 }}",
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% for i in range(99999) %}{% for j in range(99999) %}{{ j }}{% endfor %}{% endfor %}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
        DOUBLED.replace("SIGN", "+"),
        DOUBLED.replace("SIGN", "~"),
        LOOP.replace("WHAT", "{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}"),
        "{{ prompt|center(10**9) }}",
        "{{ prompt|center(1000000000) }}",
        "{{ prompt|indent(width=1000000000) }}",
        "{{ messages|tojson(1000000000) }}",
        "{{ prompt.ljust(10**9) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d'|format(1000000000, 1) }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ '{:{}}'.format(1, 1000000000) }}",
        "{{ ('a' * 999999).replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaa') }}",
        "{{ '" + "(" * 100_000 + "' }}" + "{{ " + "(" * 100_000 + " }}",
        "{{ 'a' * 999999 }}{{ 'a' * 999999 }}",
    ],
)
def test_none_holds_the_server_up(source):
    """Neither by time nor by memory: it is refused as any template that fails, in one line that is not long."""
    with pytest.raises((BadStub, ValueError)) as caught:
        render(source)
    assert len(str(caught.value)) < 500


def test_as_much_as_is_allowed_may_be_said():
    """The bound itself is within it."""
    assert len(render(f"{{{{ 'a' * {MOST_TEXT} }}}}")) == MOST_TEXT
