"""Ready sentences for a case: the snippets that fit the channel, and the automatic message until a person answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from playbooks.drafts import check_place, may_hold, render
from playbooks.schema import Phrases, Playbook
from playbooks.wording import MACHINE_KNOWS, families_of


@dataclass(frozen=True)
class Ready:
    """A snippet as a reply takes it: what it is for, and its text with the known facts filled in."""

    id: str
    title: str
    text: str


def snippets_for(
    phrases: Phrases, playbook: Playbook | None, family: str, language: str, facts: Mapping[str, object]
) -> tuple[Ready, ...]:
    """The snippets that may stand in a reply of a family and language: the playbook's own first, then the general ones.

    What is private is not offered where strangers read; a fact that is not known shows as its slot. A general snippet
    with the id of one of the playbook's is left out. Raises DraftError for an unknown family or language.
    """
    check_place(family, language)
    found: dict[str, Ready] = {}
    for snippet in (*(playbook.snippets if playbook else ()), *phrases.snippets):
        text = snippet.text.say(language)
        if snippet.id not in found and family in families_of(text, snippet.families, language):
            found[snippet.id] = Ready(snippet.id, snippet.title.say(language), render(text, language, facts))
    return tuple(found.values())


def acknowledge(phrases: Phrases, family: str, language: str, facts: Mapping[str, object]) -> str:
    """The automatic message of a family and language, or empty text where the phrases have none.

    `facts` holds `answer_by`, the moment by which a person answers (a datetime in the desk's time zone, or text), and
    perhaps brand, name, case_number and contact; a caller sends nothing while a slot is left. It is no answer and stops
    no clock. Raises DraftError for an unknown family or language.
    """
    check_place(family, language)
    if phrases.acknowledgement is None:
        return ""
    told = {name: value for name, value in facts.items() if name in MACHINE_KNOWS and may_hold(family, name)}
    return render(getattr(phrases.acknowledgement, family).say(language), language, told)
