"""What the grouping by incident answers: where a mention went, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass

_SAID = {
    "en": {
        "person": "joined by a person with {}",
        "copy": "the same text as {}",
        "words": "shared words: {}",
        "product": "same product: {}",
        "place": "same place: {}",
        "carrier": "same carrier: {}",
        "code": "same code: {}",
        "tracking": "same parcel: {}",
        "order": "same order: {}",
        "prefix": "orders of one kind: {}",
        "amount": "same amount: {}",
        "link": "same link: {}",
        "hashtag": "same hashtag: {}",
        "media": "same picture or video: {}",
        "thread": "same conversation",
        "topic": "same topic: {}",
        "alone": "nothing that was told so far is like it",
        "merged": "{} was found to be the same incident",
    },
    "tr": {
        "person": "bir kişi {} ile birleştirdi",
        "copy": "{} ile aynı metin",
        "words": "ortak kelimeler: {}",
        "product": "aynı ürün: {}",
        "place": "aynı yer: {}",
        "carrier": "aynı kargo firması: {}",
        "code": "aynı kod: {}",
        "tracking": "aynı gönderi: {}",
        "order": "aynı sipariş: {}",
        "prefix": "aynı türden siparişler: {}",
        "amount": "aynı tutar: {}",
        "link": "aynı bağlantı: {}",
        "hashtag": "aynı etiket: {}",
        "media": "aynı görsel ya da video: {}",
        "thread": "aynı yazışma",
        "topic": "aynı konu: {}",
        "alone": "şimdiye kadar anlatılanlardan hiçbirine benzemiyor",
        "merged": "{} ile aynı olay olduğu anlaşıldı",
    },
}
KINDS = tuple(_SAID["en"])
"""The kinds of reasons, the surest first."""


@dataclass(frozen=True, slots=True)
class Why:
    """One reason. `kind` is one of KINDS; `values`: the words as this customer wrote them, the facts, or the mention
    or incident that is meant; `weight`: what it added, in nats (natural logarithm of how many times likelier), 0 where
    it decided alone."""

    kind: str
    values: tuple[str, ...] = ()
    weight: float = 0.0

    def said(self, language: str = "en") -> str:
        """The reason in a sentence, in Turkish (`tr`) or English. What customers wrote stands in it as they wrote it:
        text, never markup."""
        return _SAID.get(language, _SAID["en"])[self.kind].format(", ".join(self.values))


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a mention went. `began`: as the first of an incident, which is alone until another joins it; `merged`:
    names of incidents that this mention showed to be the same and that are no more; `score`: nats above chance."""

    mention: str
    incident: str
    began: bool
    why: tuple[Why, ...] = ()
    merged: tuple[str, ...] = ()
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Moved:
    """A mention that changed its incident because of what a person said."""

    mention: str
    incident: str
