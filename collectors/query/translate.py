"""A query in the words of a service: what it is asked, what it does not understand, and what may be missed by asking.

The promise: the service is never asked for less than the query wants, except for word forms that are not in the list
it is given, and those are named. What a service does not understand is left out of the question and filtered here
afterwards. No service knows Turkish endings, so every word is asked for in its commonest forms, as many as fit.

Nothing is excluded by a word, although most services could: they see words in links and names too, so `-reklam` would
lose mentions that the query wants.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from collectors.query.forms import commonest, lower, spellings
from collectors.query.match import Query
from collectors.query.syntax import And, Field, Near, Node, Not, Or, Words, all_of, any_of
from collectors.query.turkish import TOKEN, fold

MOST_FORMS = 30
"""Forms of one word; the later ones are rare, and a longer list costs the others their place."""

MOST_ASKED = 10
"""Questions that a service without OR is asked at each poll: more would spend its rate limit on rare forms."""


@dataclass(frozen=True)
class Service:
    """What a service's search understands. Limits are what its documents say; see the functions below."""

    name: str
    limit: int
    words: int = 10_000
    folds: bool = False
    has_or: bool = True
    has_groups: bool = True
    bar: str = " OR "
    signs: str = ""
    emoji: bool = False
    fields: bool = False


@dataclass(frozen=True)
class Native:
    """A query as a service is asked it.

    `texts` are the questions: one, or several whose answers are put together where the service has no OR; none where it
    cannot be asked at all (`why_not` is then a sentence). `asked` is what they bring, as a query of our own. `filtered`
    are the clauses left to filter here; `missed` are sentences on what the service may never show.
    """

    service: str
    texts: tuple[str, ...]
    asked: Query | None
    filtered: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    why_not: str = ""

    @property
    def text(self) -> str:
        """The question of a service that is asked one; empty where it cannot be asked."""
        return self.texts[0] if self.texts else ""


def for_x(query: Query, limit: int = 512) -> Native:
    """X recent search: AND is a space, 512 characters, accents folded, `from:` and `lang:`.

    Source: docs.x.com/x-api/posts/search/integrate/build-a-query and .../operators (512 for self-serve access; a query
    with or without accents finds both; groups must not be negated; `lang:` does not stand alone).
    """
    return _translate(query, Service("X", limit, folds=True, signs="#@", emoji=True, fields=True))


def for_reddit(query: Query, limit: int = 512) -> Native:
    """Reddit search: AND, OR, groups and phrases; `q` has at most 512 characters (reddit.com/dev/api, search)."""
    return _translate(query, Service("Reddit", limit))


def for_news(query: Query, limit: int = 1500) -> Native:
    """Google News' feed search: AND is a space, OR, groups and phrases; words past the 32nd are ignored.

    The 32 words are web search's, as known from its help pages; 1,500 characters keep the link below common limits.
    """
    return _translate(query, Service("Google News", limit, words=32))


def for_youtube(query: Query, limit: int = 500) -> Native:
    """YouTube search.list: `|` is OR (developers.google.com/youtube/v3/docs/search/list); no groups.

    Of several clauses only the first is asked, so the brand belongs there. No length limit is documented; 500 is ours.
    """
    return _translate(query, Service("YouTube", limit, has_groups=False, bar="|"))


def for_bluesky(query: Query, limit: int = 300) -> Native:
    """Bluesky app.bsky.feed.searchPosts: words and phrases that must all be there; its lexicon leaves OR unspecified.

    So each alternative is a question of its own, and of several clauses only the first is asked. No length limit is
    documented; a post itself has 300.
    """
    return _translate(query, Service("Bluesky", limit, has_or=False, has_groups=False, signs="#"))


def for_mastodon(query: Query, limit: int = 300) -> Native:
    """Mastodon: words, phrases and hashtags, each alternative asked by itself.

    Full text search is the server's choice and holds only what authors opted in; a text that begins with `#` can be
    read from the hashtag's timeline instead, which every server has (docs.joinmastodon.org, methods/timelines).
    """
    native = _translate(query, Service("Mastodon", limit, has_or=False, has_groups=False, signs="#"), tags=True)
    if not native.texts:
        return native
    opted = "Mastodon's search holds only posts whose authors opted in to be found; hashtags are read from timelines."
    return Native(native.service, native.texts, native.asked, native.filtered, (*native.missed, opted))


FOR_KIND: dict[str, Callable[[Query], Native]] = {
    "x": for_x,
    "reddit": for_reddit,
    "bluesky": for_bluesky,
    "mastodon": for_mastodon,
    "youtube": for_youtube,
    "news": for_news,
}
"""The translation of each kind of source that asks a service."""


def _translate(query: Query, service: Service, *, tags: bool = False) -> Native:
    asking = _Asking(service, tags)
    asked = asking.tree(query.root, 1)
    if asked is not None and asking.texts(asked) is not None:
        fits, too_many = 1, MOST_FORMS + 1
        while too_many - fits > 1:  # the most forms that fit; a question only grows with them
            forms = (fits + too_many) // 2
            larger = asking.tree(query.root, forms)
            if larger is not None and asking.texts(larger) is not None:
                fits, asked = forms, larger
            else:
                too_many = forms
        return Native(service.name, asking.texts(asked) or (), Query(asked), asking.left_out(), asking.missed(fits))
    if asked is None:
        why = f"{service.name} cannot be asked this: nothing that it understands has to be in every mention."
        return Native(service.name, (), None, (str(query),), (), why + " Add a word that all of them have.")
    shorter = asking.shortened(asked)
    if shorter is not None:
        return Native(service.name, asking.texts(shorter) or (), Query(shorter), (str(query),), asking.missed(1))
    size = f"{service.limit} characters" if service.has_or else f"{MOST_ASKED} questions"
    why = f"{service.name} takes at most {size}; even one form of each word is more. Split the query over two sources."
    return Native(service.name, (), None, (str(query),), (), why)


class _Asking:
    """One translation: builds the tree that the service understands and remembers what was left out of it."""

    def __init__(self, service: Service, tags: bool) -> None:
        self.service, self.tags = service, tags
        self._left_out: dict[str, None] = {}
        self._words: dict[Words, None] = {}

    def left_out(self) -> tuple[str, ...]:
        return tuple(self._left_out)

    def tree(self, node: Node, forms: int) -> Node | None:
        """A tree of exact words that is true of whatever `node` is true of; None where that is everything."""
        if isinstance(node, Words):
            return self._word(node, forms)
        if isinstance(node, Near):
            sides = [self.tree(side, forms) for side in (node.left, node.right)]
            self._left_out[str(node)] = None
            known = [side for side in sides if side is not None]
            return all_of(known if self.service.has_groups else known[:1]) if known else None
        if isinstance(node, And):
            parts = [part for part in (self._part(item, forms) for item in node.items) if part is not None]
            alone = [part for part in parts if _stands_alone(part)]
            if not alone:
                return None
            if not self.service.has_groups:  # the first clause asks, the others filter here: it only brings more
                for item in [item for item in node.items if not isinstance(item, Not | Field)][1:]:
                    self._left_out[str(item)] = None
                return alone[0]
            return all_of(parts)
        if isinstance(node, Or):
            options = [self.tree(item, forms) for item in node.items]
            known = [option for option in options if option is not None and _stands_alone(option)]
            if len(known) < len(options):
                self._left_out[str(node)] = None
                return None
            return _without_doubles(any_of(known))
        part = self._part(node, forms)
        return part if part is not None and _stands_alone(part) else None

    def _part(self, node: Node, forms: int) -> Node | None:
        """As `tree`, with the limits that may only stand beside words."""
        inner = node.item if isinstance(node, Not) else node
        if isinstance(inner, Field) and self.service.fields and not inner.prefix:
            handle = re.fullmatch(r"@?\w{1,15}", inner.value, re.ASCII)
            if inner.name == "lang" and re.fullmatch(r"[a-z]{2}", inner.value):
                return node
            # A name without @ may be a display name, which from: does not know; excluding by it excludes less.
            if inner.name == "author" and handle and (inner.value.startswith("@") or isinstance(node, Not)):
                return node
        if isinstance(node, Not | Field):
            self._left_out[str(node)] = None
            return None
        return self.tree(node, forms)

    def _word(self, node: Words, most: int) -> Node | None:
        tokens = [m.group() for m in TOKEN.finditer(node.text)]
        if node.prefix or (not tokens and not (self.service.emoji and _is_emoji(node.text))):
            self._left_out[str(node)] = None
            return None
        if not tokens:
            return node
        self._words[node] = None
        *first, last = [_spoken(token) for token in tokens]
        sign = fold(tokens[0]).sign if len(tokens) == 1 else ""
        kept_sign = sign if sign in self.service.signs else ""
        whole = sign or node.exact
        forms = [last] if whole else commonest(last, most)
        written: dict[str, None] = {}
        for form in forms:
            for text in spellings(" ".join([*first, form]), folds=self.service.folds and not kept_sign):
                written[kept_sign + text] = None
                if sign and not kept_sign:  # asked for as a word, and so found with the sign and without
                    written[sign + text] = None
        if first and not node.exact:
            for text in spellings("".join([*first, last]), folds=False):
                written[("#" if "#" in self.service.signs else "") + text] = None
        elif self.tags and not sign:
            written = {**{f"#{text}": None for text in spellings(last, folds=False)}, **written}
        return any_of([Words(text, exact=True) for text in written])  # in order: the commonest first

    def texts(self, node: Node) -> tuple[str, ...] | None:
        """The questions, or None where they do not fit."""
        if self.service.has_groups:
            text = self._grouped(node)
            return (text,) if len(text) <= self.service.limit and _count_words(text) <= self.service.words else None
        options = _alternatives(node)
        if self.service.has_or:
            text = self.service.bar.join(dict.fromkeys(self._written(words) for words in options))
            return (text,) if len(text) <= self.service.limit else None
        texts = tuple(dict.fromkeys(self._written(words) for words in options))
        return texts if len(texts) <= MOST_ASKED and max(map(len, texts)) <= self.service.limit else None

    def _grouped(self, node: Node) -> str:
        if isinstance(node, Or):
            return " OR ".join(dict.fromkeys(self._grouped(item) for item in node.items))
        if isinstance(node, And):
            between = " AND " if self.service.name == "Reddit" else " "
            return between.join(
                f"({self._grouped(item)})" if isinstance(item, Or) else self._grouped(item) for item in node.items
            )
        if isinstance(node, Not):
            return "-" + self._grouped(node.item)
        if isinstance(node, Field):
            return f"lang:{node.value}" if node.name == "lang" else "from:" + node.value.removeprefix("@")
        return self._written(node) if isinstance(node, Words) else ""

    def _written(self, words: Words) -> str:
        text = words.text if words.text[0] in self.service.signs else words.text.lstrip("#@")
        return f'"{text}"' if " " in text else text

    def shortened(self, node: Node) -> Node | None:
        """The tree without its longest clauses, as many as must go for the rest to fit; it only brings more."""
        items = list(node.items) if isinstance(node, And) else []
        items.sort(key=lambda item: len(self._grouped(item)))
        while len(items) > 1:
            items.pop()
            rest = all_of(items)
            if any(_stands_alone(item) for item in items) and self.texts(rest) is not None:
                return rest
        return None

    def missed(self, forms: int) -> tuple[str, ...]:
        """Sentences on what the service may never show."""
        found = []
        inflected = [words for words in self._words if not words.exact and fold(words.text).sign == ""]
        if inflected:
            names = ", ".join(str(words) for words in inflected[:8]) + (" and others" if len(inflected) > 8 else "")
            found.append(
                f"{self.service.name} finds whole words: {names} asked for in up to {forms} form(s) each; rarer forms, "
                "words stretched for effect (kargooo) and typing mistakes are not shown."
            )
        if any(" " in words.text for words in self._words):
            found.append("In phrases only the last word is asked for with endings.")
        if not self.service.folds and any(spellings(lower(w.text), folds=False)[1:] for w in self._words):
            found.append(
                f"{self.service.name} may not know that İ is i and I is ı: some posts in capitals are not shown."
            )
        return tuple(found)


def _spoken(token: str) -> str:
    """A word of the query as it is asked for: small letters, without # and @; what an apostrophe joins, joined."""
    bare = token[1:] if fold(token).sign else token
    return lower(unicodedata.normalize("NFC", re.sub(r"[^\w\u0300-\u036f]", "", bare)))


def _is_emoji(text: str) -> bool:
    return all(unicodedata.category(c) in ("So", "Sk", "Cf", "Mn") for c in text if not c.isspace()) and any(
        unicodedata.category(c) == "So" for c in text
    )


def _stands_alone(node: Node) -> bool:
    """Whether a service may be asked for this by itself: something positive has to be in it."""
    if isinstance(node, Not):
        return False
    if isinstance(node, Field):
        return node.name == "author"
    if isinstance(node, And):
        return any(_stands_alone(item) for item in node.items)
    return True


def _count_words(text: str) -> int:
    return len([word for word in re.findall(r"\w+", text) if word not in ("OR", "AND")])


def _without_doubles(node: Node) -> Node:
    return any_of(list(dict.fromkeys(node.items))) if isinstance(node, Or) else node


def _alternatives(node: Node) -> list[Words]:
    """The words of which one is enough: what `tree` leaves for services without groups."""
    items = node.items if isinstance(node, Or) else (node,)
    return [item for item in items if isinstance(item, Words)]
