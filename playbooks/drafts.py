"""Reply drafts: a playbook's template filled with the facts of a case, as plain text.

Templates are Jinja2 in a sandbox, cut down to what a letter needs: `{{ fact }}` and `{% if fact %}`. Facts go in as
values and are never read as templates, so a customer called `{{ 7*7 }}` is greeted as `{{ 7*7 }}`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from jinja2 import Template, TemplateSyntaxError, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mention import FAMILIES, LANGUAGES
from playbooks.facts import FACTS, PUBLIC_FAMILIES, say_fact
from playbooks.schema import Playbook, suggestion

LENGTH_LIMITS = {"social": 280, "portal": 2000, "marketplace": 2000, "direct": 1000}
"""Longest reply per family: a post on X; what portals take; an answer on Trendyol or Hepsiburada (10 to 2,000); an
Instagram message, the shortest of its kind (developers.chatwoot.com/self-hosted/supported-features; WhatsApp 4,096)."""

SHORTEST = {"marketplace": 10}
"""Fewest characters of a reply; Trendyol refuses a shorter answer."""

_WITHHELD = {"marketplace": frozenset({"contact"})}
"""Public facts that a family still must not hold: marketplaces forbid phone numbers, mail addresses and links."""

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.CondExpr,
    nodes.Not, nodes.And, nodes.Or, nodes.Const,
)  # fmt: skip
"""No loops, calls, arithmetic or attributes: nothing here can run long, grow large or reach an object."""

_X_SINGLE = ((0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
"""Code points that X counts once; all others count twice (twitter-text config v3; counting-characters page)."""

_URL = re.compile(r"https?://\S+")


class DraftError(ValueError):
    """A template that cannot be rendered; the message is a sentence, `line` counts within the template from 1."""

    def __init__(self, sentence: str, line: int = 1) -> None:
        super().__init__(sentence)
        self.line = line


class _Turkish(Undefined):
    """A known fact without a value: rendered as its slot, and false in a condition."""

    _language = "tr"

    def __str__(self) -> str:
        return FACTS[str(self._undefined_name)].slot(self._language)

    def __bool__(self) -> bool:
        return False


class _English(_Turkish):
    _language = "en"


def _environment(slots: type[Undefined]) -> ImmutableSandboxedEnvironment:
    # autoescape stays off: drafts are plain text, and an `&` in a product's name must reach the customer as `&`.
    environment = ImmutableSandboxedEnvironment(undefined=slots, autoescape=False, keep_trailing_newline=False)
    environment.globals.clear()
    environment.filters.clear()
    return environment


_ENVIRONMENTS = {"tr": _environment(_Turkish), "en": _environment(_English)}


def placeholders(template: str, language: str = "tr") -> frozenset[str]:
    """The facts a template uses. Raises DraftError for a template that is more than facts and conditions."""
    try:
        tree = _ENVIRONMENTS[language].parse(template)
    except TemplateSyntaxError as error:
        sentence = f"the template cannot be read: {(error.message or 'syntax error').rstrip('.')}"
        raise DraftError(sentence, error.lineno) from None
    except RecursionError:
        raise DraftError("the template is nested too deeply to be read") from None
    names: dict[str, int] = {}
    stack: list[nodes.Node] = [tree]
    while stack:
        node = stack.pop()
        if not isinstance(node, _ALLOWED):
            raise DraftError(
                "a reply may only use {{ fact }} and {% if fact %}; "
                f"{type(node).__name__.lower()} is not allowed in a template",
                node.lineno,
            )
        if isinstance(node, nodes.Name):
            names.setdefault(node.name, node.lineno)
        stack.extend(node.iter_child_nodes())
    for name, line in names.items():
        if name not in FACTS:
            raise DraftError(f"{name!r} is not a fact that a reply can use; {suggestion(name, tuple(FACTS))}", line)
    return frozenset(names)


@lru_cache(maxsize=1024)
def _compiled(template: str, language: str) -> Template:
    placeholders(template, language)
    try:
        return _ENVIRONMENTS[language].from_string(template)
    except (RecursionError, SyntaxError):  # Python's own limits on what it compiles, such as 100 conditions in another
        raise DraftError("the template is nested too deeply to be read") from None


def render(template: str, language: str, facts: Mapping[str, object]) -> str:
    """A template with `facts` filled in and its white space settled; facts that no template knows are not used.

    Raises DraftError when the template is no reply template.
    """
    values = {name: say_fact(FACTS[name], value, language) for name, value in facts.items() if name in FACTS}
    known = {name: value for name, value in values.items() if value}
    return settle(_compiled(template, language).render(known))


def settle(text: str) -> str:
    """Final white space: no blanks at line ends, none doubled, at most one empty line, none at either end."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def may_hold(family: str, name: str) -> bool:
    """Whether a reply of that family may hold the fact of that name: private facts are for private replies."""
    return (FACTS[name].public or family not in PUBLIC_FAMILIES) and name not in _WITHHELD.get(family, ())


def check_place(family: str, language: str) -> None:
    """Raise DraftError, with a sentence, for what is no channel family or no language of replies."""
    if family not in FAMILIES:
        raise DraftError(f"{family!r} is not a channel family; {suggestion(family, FAMILIES)}")
    if language not in LANGUAGES:
        raise DraftError(f"{language!r} is not a language replies are written in; {suggestion(language, LANGUAGES)}")


def draft(playbook: Playbook, family: str, language: str, facts: Mapping[str, object]) -> str:
    """The reply draft of a playbook for one channel family (FAMILIES) in one language (`tr`, `en`).

    `facts` are values by name (see playbooks/facts.py); what is missing, empty or not for that family's readers shows
    as a slot like `‹order number›`. Raises DraftError, with a sentence, for a family or language that has no template.
    """
    check_place(family, language)
    # Templates of the house keep to this already; one that stands in for a missing family might not.
    told = {name: value for name, value in facts.items() if name in FACTS and may_hold(family, name)}
    return render(playbook.replies.of(family).say(language), language, told)


def length_on(family: str, text: str) -> int:
    """Characters as the family counts them: as X does for social (links 23, rare characters twice), plain elsewhere."""
    if family != "social":
        return len(text)
    text = unicodedata.normalize("NFC", _URL.sub("x" * 23, text))
    return sum(1 if any(low <= ord(c) <= high for low, high in _X_SINGLE) else 2 for c in text)
