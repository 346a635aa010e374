"""Which of the brand's languages a text is in: py3langid restricted to those, with a fallback for very short texts.

py3langid alone gives English for `ok` and for anything of a few letters that its features do not cover; there Turkish
letters and a short list of everyday words decide, then what the source said, then the brand's first language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from mention import LANGUAGES

DETECT_LIMIT = 400
"""Characters that are looked at: past the first few hundred the answer does not change, the cost does."""

_SURE = 4.0
"""Difference of log-likelihoods from which py3langid is believed against the word lists. On lines of three words and
more the difference is above 10; `yok` (0.4) and `merhaba` (3.9) are the kind of text below it."""

_TURKISH_LETTERS = re.compile("[ğĞşŞıİ]")
_NOISE = re.compile(r"https?\S*|www\.\S+|@\w+|&\w+;|[\d_]+")
_WORD = re.compile(r"[^\W\d_\ufffd]+")

# Everyday words that make up very short replies, folded to ASCII. Words that exist in both languages (`on`, `o`, `at`,
# `ne`, `hat`, `an`, `var` as a name) are left out on purpose.
_TURKISH = """
acaba acil adam alo ama aradim arayin arar artik ayni bakar bana banka bari bekliyorum ben beni benim berbat bey
bi bir biz boyle bu bugun bunu cevap cok cozum da dakika de degil devam dun efendim eger eline evet fiyat gayet
gel geldi gelmedi gelmez gibi gun gunaydin guzel hafta hala halen hanim hani harika hayir helal hep hicbir iade
icin ile ilgi ise iste istiyorum iyi iyiyim kac kadar kargo kart kim kotu lutfen maalesef merhaba mi mu musunuz
nasil neden nerde nerede niye numara oldu olur para peki rezalet rezil saat sagol saol selam sey sikayet sikinti
simdi siparis siz sizi sorun suan sukur tamam tebrikler tesekkur tesekkurler tl tmm tsk uygun uygunum vallahi ve
vs yapin yarin yazik yeter yine yok zaten
"""
_TURKISH_WORDS = frozenset(_TURKISH.split())
_ENGLISH = """
a again and are awesome bad but bye can cancelled cant delayed did didnt do dont for from get good great hello
help hey hi how i im is it just late lol love me my never nice no not now of ok okay order please pls refund
service so still sure terrible thank thanks that the they this to today u ugh us very waiting was we what when
where why will with worst wow wtf yes you your
"""
_ENGLISH_WORDS = frozenset(_ENGLISH.split())


class LanguageDetector:
    """Tells the brand's languages apart; the same text always gets the same answer."""

    def __init__(self, languages: Sequence[str] = LANGUAGES) -> None:
        """`languages` are ISO 639-1 codes, the brand's first language first; ValueError for one nobody knows."""
        from py3langid.langid import MODEL_FILE, LanguageIdentifier  # 0.9 s to load: paid only by who detects

        self.languages = tuple(languages)
        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
        self._identifier.set_languages(list(self.languages))
        self._cached = lru_cache(maxsize=4_096)(self._detect)

    def detect(self, text: str, hint: str | None = None) -> str:
        """The language of `text`; `hint` is what the source said (`tr`, `en-GB`, `und`), heard only when in doubt."""
        told = (hint or "")[:2].lower()
        return self._cached(text[:DETECT_LIMIT], told if told in self.languages else "")

    def _detect(self, text: str, told: str) -> str:
        readable = _NOISE.sub(" ", text)
        words = _WORD.findall(readable)
        if not words:
            return told or self.languages[0]
        ranked = self._identifier.rank(" ".join(words).encode("utf-8", "replace").decode("utf-8"))
        margin = float(ranked[0][1]) - float(ranked[1][1]) if len(ranked) > 1 else _SURE
        if margin >= _SURE:
            return str(ranked[0][0])
        if {"tr", "en"} <= set(self.languages):
            guess = _by_words(readable, words)
            if guess:
                return guess
        return told or (str(ranked[0][0]) if margin > 0 else self.languages[0])


def _by_words(text: str, words: Sequence[str]) -> str | None:
    """Turkish or English by letters and everyday words, None when neither speaks up."""
    if _TURKISH_LETTERS.search(text) or ("\ufffd" in text):
        return "tr"  # a lost letter between letters is a Turkish one far more often than an English one
    plain = [_plain(word) for word in words]
    turkish = sum(word in _TURKISH_WORDS for word in plain)
    english = sum(word in _ENGLISH_WORDS for word in plain)
    if turkish == english:
        return None
    return "tr" if turkish > english else "en"


def _plain(word: str) -> str:
    lowered = word.replace("İ", "i").replace("I", "i").lower().replace("ı", "i")
    return "".join(char for char in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(char))
