"""What can be wrong with a playbook, found with its field, in a sentence for the person who mends it.

First the fields are read (schema.py); only a playbook whose fields are all readable is then looked at as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError

from mention import FAMILIES, LANGUAGES
from playbooks.document import Document, Path_, spell
from playbooks.routing import fold
from playbooks.schema import ROLES, Bilingual, Part, Phrases, Playbook, Snippet, suggestion
from playbooks.wording import (
    Said,
    acknowledgement_problems,
    offer_problems,
    public_offer_problems,
    reply_problems,
    snippet_problems,
)

Problem = tuple[Path_, str, int]
"""A field's path, a sentence, and the line within the field's own text (1 when it is about the whole field)."""

NO_COMPLAINT = frozenset({"question", "praise"})
"""Topics whose playbooks need nobody informed first."""

_LANGUAGE_NAMES = {"tr": "Turkish", "en": "English"}


def field_problems(document: Document) -> tuple[Playbook | None, list[Problem]]:
    """The playbook in a document, or None with one problem per unreadable field."""
    try:
        return Playbook.model_validate(document.value), []
    except ValidationError as error:
        return None, _field_problems(error, Playbook)


def part_problems(document: Document, root: type[Part]) -> tuple[Part | None, list[Problem]]:
    """Any other kind of part in a document (a crisis plan, a drill), or None with one problem per unreadable field."""
    try:
        return root.model_validate(document.value), []
    except ValidationError as error:
        return None, _field_problems(error, root)


def phrase_field_problems(document: Document) -> tuple[Phrases | None, list[Problem]]:
    """The general phrases in a document, or None with one problem per unreadable field."""
    try:
        return Phrases.model_validate(document.value), []
    except ValidationError as error:
        return None, _field_problems(error, Phrases)


def _field_problems(error: ValidationError, root: type[Part]) -> list[Problem]:
    return [_field_problem(details, root) for details in error.errors() if not _follows(details)]


def _follows(details: Any) -> bool:
    """Whether an error only follows from another: a list whose one entry is wrong is not also empty."""
    return details["type"] == "too_short" and bool(details["input"])


def _field_problem(details: Any, root: type[Part]) -> Problem:
    path: Path_ = tuple(details["loc"])
    kind, name = details["type"], str(details["loc"][-1]) if details["loc"] else "playbook"
    if kind == "missing":
        if name in _LANGUAGE_NAMES:
            return path, f"the {_LANGUAGE_NAMES[name]} text is missing; every text is written in both languages", 1
        if name == "deputy":
            return path, "the decider has no deputy; name the role that decides when the first cannot be reached", 1
        return path, f"the field {name!r} is missing", 1
    if kind == "extra_forbidden":
        known = _known_fields(path[:-1], root)
        if known == tuple(Bilingual.model_fields) and details["input"] is None:
            return path, f"{name!r} is cut off by a comma; put a text with a comma in quotes", 1
        return path, f"{name!r} is not a field here; {suggestion(name, known)}", 1
    if kind == "value_error":
        return path, str(details["ctx"]["error"]), 1
    if kind == "string_pattern_mismatch":
        if name == "currency":
            return path, f"{details['input']!r} is not a currency code; write three capitals such as TRY", 1
        return path, f"{details['input']!r} is not a name; write small letters, digits and _ , such as late_delivery", 1
    if kind == "string_too_short":
        return path, f"{name!r} is empty", 1
    if kind == "too_short":
        return path, f"{name!r} is empty; it needs at least one entry", 1
    if kind == "string_type" and details["input"] is None:
        return path, f"{name!r} is empty", 1
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        known = _known_fields(path, root)
        return path, f"{name!r} holds {_what(details['input'])} where fields are wanted: {', '.join(known)}", 1
    if kind == "tuple_type":
        return path, f"{name!r} holds {_what(details['input'])} where a list is wanted, such as [first, second]", 1
    message = str(details["msg"])
    return path, f"{name!r} holds {_what(details['input'])}: {message[0].lower()}{message[1:]}", 1


def _what(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "fields"
    if isinstance(value, list):
        return "a list"
    return repr(value)[:60]


def _known_fields(path: Path_, root: type[Part]) -> tuple[str, ...]:
    """The fields that the part at `path` may have in a document of kind `root`."""
    model: type[BaseModel] = root
    for part in path:
        if isinstance(part, int) or part not in model.model_fields:
            continue
        inner = _model_in(model.model_fields[part].annotation)
        if inner is not None:
            model = inner
    return tuple(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None


def whole_problems(playbook: Playbook, stem: str) -> Iterator[Problem]:
    """What is wrong with a playbook whose fields are all readable; `stem` is its file's name without the ending."""
    if playbook.id != stem:
        yield ("id",), f"the id {playbook.id!r} and the file's name {stem!r} must be the same", 1
    yield from _when_problems(playbook)
    yield from _people_problems(playbook)
    yield from _solution_problems(playbook)
    yield from _step_problems(playbook)
    yield from _reply_problems(playbook)
    yield from _snippet_problems(playbook.snippets)


def _reply_problems(playbook: Playbook) -> Iterator[Problem]:
    public = [solution.public_offer for solution in playbook.solutions if solution.public_offer]
    for family in FAMILIES:
        text = getattr(playbook.replies, family)
        for language in LANGUAGES if text is not None else ():
            longest = max((words.say(language) for words in public), key=len, default="")
            for sentence, line in reply_problems(text.say(language), family, language, playbook.apology, longest):
                yield ("replies", family, language), sentence, line


def phrase_problems(phrases: Phrases) -> Iterator[Problem]:
    """What is wrong with general phrases whose fields are all readable."""
    yield from _snippet_problems(phrases.snippets)
    if phrases.acknowledgement is not None:
        for family in FAMILIES:
            text = getattr(phrases.acknowledgement, family)
            path = ("acknowledgement", family)
            yield from _said(text, path, partial(acknowledgement_problems, family=family))


def _said(text: Bilingual, path: Path_, problems: Callable[..., Iterator[Said]]) -> Iterator[Problem]:
    for language in LANGUAGES:
        for sentence, line in problems(text.say(language), language=language):
            yield (*path, language), sentence, line


def _snippet_problems(snippets: tuple[Snippet, ...]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, snippet in enumerate(snippets):
        path: Path_ = ("snippets", index)
        if snippet.id in seen:
            yield (*path, "id"), f"the snippet id {snippet.id!r} is used twice", 1
        seen.add(snippet.id)
        families = snippet.families
        yield from _said(snippet.text, (*path, "text"), partial(snippet_problems, families=families))


def _when_problems(playbook: Playbook) -> Iterator[Problem]:
    when = playbook.when
    if not when.topics and not when.words.any:
        yield ("when",), "this playbook would take every mention; name its topics, or words of the text", 1
    if when.words.also and not when.words.any:
        yield ("when", "words", "also"), "'also' comes on top of 'any', which is empty", 1
    for field in ("any", "also", "none"):
        for index, word in enumerate(getattr(when.words, field)):
            folded = fold(word)
            if word != folded:
                sentence = f"{word!r} is not in folded form and would never be found; write {folded!r}"
                yield ("when", "words", field, index), sentence, 1
            elif not word.removesuffix("*") or "*" in word.removesuffix("*"):
                sentence = f"{word!r} is no word; '*' stands only at the end of one, for every ending"
                yield ("when", "words", field, index), sentence, 1


def _people_problems(playbook: Playbook) -> Iterator[Problem]:
    anyone = (*ROLES, *playbook.outside)
    for name in playbook.outside:
        if name in ROLES:
            yield ("outside", name), f"{name!r} is a role of the house and cannot be an outside party", 1
    for index, informed in enumerate(playbook.inform_first):
        yield from _role(informed.role, anyone, ("inform_first", index, "role"))
    if not playbook.inform_first and not NO_COMPLAINT.issuperset(playbook.when.topics or ("complaint",)):
        yield ("inform_first",), "nobody is informed first; a playbook for complaints names at least one role", 1
    yield from _role(playbook.decides.role, ROLES, ("decides", "role"))
    yield from _role(playbook.decides.deputy, ROLES, ("decides", "deputy"))
    if playbook.decides.role == playbook.decides.deputy:
        yield ("decides", "deputy"), f"the deputy of {playbook.decides.role!r} must be another role", 1


def _role(role: str, allowed: Iterable[str], path: Path_) -> Iterator[Problem]:
    allowed = tuple(allowed)
    if role not in allowed:
        outside = "" if len(allowed) == len(ROLES) else " or outside party"
        hint = "" if allowed == ROLES and path[0] == "decides" else "; name outside parties under 'outside'"
        yield path, f"{role!r} is not a known role{outside}; {suggestion(role, allowed)}{hint}", 1


def _solution_problems(playbook: Playbook) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, solution in enumerate(playbook.solutions):
        if solution.id in seen:
            yield ("solutions", index, "id"), f"the solution id {solution.id!r} is used twice", 1
        seen.add(solution.id)
        for position, role in enumerate(solution.who):
            if role not in ROLES:
                sentence = f"{role!r} is not a known role and can grant nothing; {suggestion(role, ROLES)}"
                yield ("solutions", index, "who", position), sentence, 1
        money, path = solution.limit.amount is not None, ("solutions", index)
        if solution.offer is not None:
            yield from _said(solution.offer, (*path, "offer"), partial(offer_problems, money=money))
        if solution.public_offer is not None:
            yield from _said(solution.public_offer, (*path, "public_offer"), public_offer_problems)


def _step_problems(playbook: Playbook) -> Iterator[Problem]:
    anyone = (*ROLES, *playbook.outside)
    solutions = {solution.id for solution in playbook.solutions}
    seen: set[str] = set()
    latest = playbook.steps[0]
    for index, step in enumerate(playbook.steps):
        path: Path_ = ("steps", index)
        if step.id in seen:
            yield (*path, "id"), f"the step id {step.id!r} is used twice", 1
        seen.add(step.id)
        yield from _role(step.who, anyone, (*path, "who"))
        for position, party in enumerate(step.to):
            yield from _role(party, anyone, (*path, "to", position))
        if step.kind == "inform" and not step.to:
            yield path, f"step {step.id!r} informs nobody; say who under 'to'", 1
        if step.kind == "offer" and not step.solutions:
            yield path, f"step {step.id!r} offers nothing; name at least one solution under 'solutions'", 1
        for position, solution in enumerate(step.solutions):
            if solution not in solutions:
                sentence = f"{solution!r} is no solution of this playbook; {suggestion(solution, tuple(solutions))}"
                yield (*path, "solutions", position), sentence, 1
        if step.within < latest.within:
            sentence = f"the time box ends before that of the earlier step {latest.id!r}; put the steps in order"
            yield (*path, "within"), sentence, 1
        else:
            latest = step
    if not any(step.kind == "reply" for step in playbook.steps):
        yield ("steps",), "no step of kind 'reply' is there, so the customer is never answered", 1


def where(document: Document, problem: Problem) -> tuple[int, str, str]:
    """A problem as (line, field, sentence)."""
    path, sentence, inner = problem
    return document.text_line(path, inner) if inner > 1 else document.line(path), spell(path), sentence
