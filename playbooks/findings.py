"""What is wrong with a playbook, said in Turkish too.

The rules say it in English, where they find it; here each is known by its wording. One that is not is left in English,
and says so: a sentence in the other language is better than none.
"""

from __future__ import annotations

import re

_Q = r"(?P<{}>'[^']*'|\"[^\"]*\")"


def _wording(text: str) -> re.Pattern[str]:
    """A pattern of a sentence: `{a}` is anything, `{a!r}` something in quotes."""
    parts = re.split(r"\{(\w)(!r)?\}", text)
    made = [re.escape(parts[0])]
    for name, quoted, rest in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        made.append(_Q.format(name) if quoted else rf"(?P<{name}>.+?)")
        made.append(re.escape(rest))
    return re.compile("".join(made), re.DOTALL)


_SAID = tuple(
    (_wording(english), turkish)
    for english, turkish in (
        ("the file is empty", "dosya boş"),
        ("the file has {a} bytes; a playbook has at most {b}", "dosya {a} bayt; bir senaryo en çok {b} bayt olabilir"),
        ("the file is nested too deeply to be a playbook", "iç içe geçmeler bir senaryo için çok derin"),
        ("this is not YAML: {a}", "YAML olarak okunamıyor: {a}"),
        ("the alias *{a} is not read; write the value out", "*{a} takma adı okunmaz; değeri açıkça yazın"),
        ("a playbook is a mapping of fields, such as 'id: late_delivery'",
         "senaryo alanlardan oluşur, örneğin “id: late_delivery”"),
        ("{a!r} is written twice; it is already on line {b}", "{a} iki kez yazılmış; zaten {b}. satırda var"),
        ("a field's name must be plain text", "alan adı düz metin olmalı"),
        ("write 'version' on a line of its own, so that it can be raised",
         "“version” alanını kendi satırına yazın ki artırılabilsin"),
        ("the Turkish text is missing; every text is written in both languages",
         "Türkçe metin eksik; her metin iki dilde yazılır"),
        ("the English text is missing; every text is written in both languages",
         "İngilizce metin eksik; her metin iki dilde yazılır"),
        ("the decider has no deputy; name the role that decides when the first cannot be reached",
         "karar verenin vekili yok; ona ulaşılamadığında karar verecek rolü yazın"),
        ("the field {a!r} is missing", "{a} alanı eksik"),
        ("{a!r} is cut off by a comma; put a text with a comma in quotes",
         "{a} virgülde kesilmiş; içinde virgül olan metni tırnak içine alın"),
        ("{a!r} is not a field here; {b}", "burada {a} diye bir alan yok; {b}"),
        ("{a!r} is not a currency code; write three capitals such as TRY",
         "{a} para birimi kodu değil; TRY gibi üç büyük harf yazın"),
        ("{a!r} is not a name; write small letters, digits and _ , such as late_delivery",
         "{a} ad olamaz; late_delivery gibi küçük harf, rakam ve _ kullanın"),
        ("{a!r} is empty; it needs at least one entry", "{a} boş; en az bir öğe gerekli"),
        ("{a!r} is empty", "{a} boş"),
        ("{a!r} holds {b} where fields are wanted: {c}", "{a} alanlardan oluşmalı: {c}"),
        ("{a!r} holds {b} where a list is wanted, such as [first, second]", "{a} bir liste olmalı: [birinci, ikinci]"),
        ("{a!r} is not a time box; write minutes, hours or days such as 30m, 2h, 1h30m or 3d",
         "{a} bir süre değil; dakika, saat ya da gün yazın: 30m, 2h, 1h30m, 3d"),
        ("{a!r} must be longer than nothing and at most 365 days", "{a} sıfırdan uzun, en çok 365 gün olmalı"),
        ("{a!r} is not an amount; write it in quotes such as '250.00'", "{a} bir tutar değil; '250.00' gibi yazın"),
        ("write the amount in quotes, such as '{a}', so that no cent is lost",
         "tutarı tırnak içinde yazın ('{a}'), kuruş kaybolmasın"),
        ("an amount must be more than nothing", "tutar sıfırdan büyük olmalı"),
        ("{a} has more than two decimals", "{a} ikiden çok ondalık içeriyor"),
        ("a limit is either an amount with its currency or a count", "sınır ya tutar ve para birimi ya da adet olur"),
        ("an amount needs its currency, and a currency its amount",
         "tutarın para birimi, para biriminin tutarı olmalı"),
        ("the id {a!r} and the file's name {b!r} must be the same", "kimlik {a} ile dosyanın adı {b} aynı olmalı"),
        ("the {a} id {b!r} is used twice", "{b} kimliği iki kez kullanılmış"),
        ("this playbook would take every mention; name its topics, or words of the text",
         "bu senaryo her iletiyi alırdı; konularını ya da metnin sözcüklerini yazın"),
        ("'also' comes on top of 'any', which is empty", "'also', 'any' üzerine eklenir; 'any' boş"),
        ("{a!r} is not in folded form and would never be found; write {b!r}",
         "{a} bu yazımla hiç bulunmaz; {b} yazın"),
        ("{a!r} is no word; '*' stands only at the end of one, for every ending",
         "{a} sözcük değil; '*' yalnızca sonda, her ek için durur"),
        ("{a!r} is a role of the house and cannot be an outside party", "{a} evin bir rolü; dışarıdaki taraf olamaz"),
        ("nobody is informed first; a playbook for complaints names at least one role",
         "ilk kimseye haber verilmiyor; şikâyet senaryosu en az bir rol yazar"),
        ("the deputy of {a!r} must be another role", "{a} rolünün vekili başka bir rol olmalı"),
        ("{a!r} is not a known role or outside party; {b}", "{a} bilinen bir rol ya da taraf değil; {b}"),
        ("{a!r} is not a known role and can grant nothing; {b}", "{a} bilinen bir rol değil, bir şey veremez; {b}"),
        ("{a!r} is not a known role; {b}", "{a} bilinen bir rol değil; {b}"),
        ("step {a!r} informs nobody; say who under 'to'", "{a} adımı kimseye haber vermiyor; 'to' altına yazın"),
        ("step {a!r} offers nothing; name at least one solution under 'solutions'",
         "{a} adımı bir şey önermiyor; 'solutions' altına en az bir çözüm yazın"),
        ("{a!r} is no solution of this playbook; {b}", "{a} bu senaryonun çözümü değil; {b}"),
        ("{a!r} is no solution of {b}; {c}", "{a}, {b} senaryosunun çözümü değil; {c}"),
        ("the time box ends before that of the earlier step {a!r}; put the steps in order",
         "süre, önceki {a} adımınınkinden önce bitiyor; adımları sıraya koyun"),
        ("no step of kind 'reply' is there, so the customer is never answered",
         "'reply' türünde adım yok; müşteri hiç yanıtlanmazdı"),
        ("with real names and dates this reply has {a} characters; {b} takes {c}",
         "gerçek ad ve tarihlerle bu yanıt {a} karakter; {b} en çok {c} alır"),
        ("this reply has {a} characters; {b} asks for at least {c}", "bu yanıt {a} karakter; {b} en az {c} ister"),
        ("this playbook wants an apology, and this reply has none", "bu senaryo özür ister; bu yanıtta yok"),
        ("{a!r} is private and {b} replies are public; ask for it in a private message",
         "{a} özel bilgidir, bu yanıtı herkes okur; özel mesajda isteyin"),
        ("{a!r} is not a fact that a reply can use; {b}", "{a} yanıtta kullanılabilecek bir bilgi değil; {b}"),
        ("the template cannot be read: {a}", "şablon okunamıyor: {a}"),
        ("a reply may only use {{ fact }} and {% if fact %}; {a} is not allowed in a template",
         "yanıtta yalnızca {{ bilgi }} ve {% if bilgi %} kullanılır; {a} kullanılamaz"),
        ("{a!r} is not under 'roles' of this plan; {b}", "{a} bu planın 'roles' alanında yok; {b}"),
        ("{a!r} is no step here; {b}", "burada {a} diye bir adım yok; {b}"),
        ("no step and no stage leads to {a!r}", "{a} adımına hiçbir adım ya da aşama götürmüyor"),
        ("there is no playbook {a!r}; {b}", "{a} diye bir senaryo yok; {b}"),
        ("the file is not UTF-8 text; save it as UTF-8", "dosya UTF-8 metin değil; UTF-8 olarak kaydedin"),
        ("{a!r} is not a known {b}; {c}", "{a} bilinen bir değer değil ({b}); {c}"),
    )
)  # fmt: skip

_WORDS = {
    "topic": "konu", "urgency": "aciliyet", "sentiment": "duygu", "channel": "kanal", "channel family": "kanal ailesi",
    "kind of step": "adım türü", "clock": "saat", "concession": "telafi türü",
}  # fmt: skip
_HINTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"did you mean ('[^']*')\?"), r"\1 mi demek istediniz?"),
    (re.compile(r"\bknown are "), "bilinenler: "),
    (re.compile(r"name outside parties under 'outside'"), "dışarıdaki tarafları 'outside' altına yazın"),
    *((re.compile(rf"\({english}\)"), f"({turkish})") for english, turkish in _WORDS.items()),
)


def said_finding(sentence: str, language: str) -> tuple[str, str]:
    """A finding's sentence for a reader of `tr` or `en`, and the language that it is in."""
    if language != "tr":
        return sentence, "en"
    for pattern, turkish in _SAID:
        if (match := pattern.fullmatch(sentence)) is not None:
            said = re.sub(r"\{(\w)\}", lambda slot, found=match: found[slot[1]], turkish)  # type: ignore[misc]
            for hint, other in _HINTS:
                said = hint.sub(other, said)
            return said[:1].upper().replace("I", "İ") + said[1:] if said[:1] == "i" else said, "tr"
    return sentence, "en"
