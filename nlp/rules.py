"""Hard rules: words of danger and fraud that lift a text's urgency, whatever the model thinks. They never lower it.

A rule is a pattern over the folded words of a text (`duman cikti`, no accents, no punctuation), the urgency it asks
for at least, and what speaks against it nearby: idioms (`bomba gibi kampanya`), denials (`yaralanan olmadi`), things
that only look alike (`fiyat ayrimciligi`). A rule that is missing costs less than one that cries wolf, because the
model also learns these texts; so each names an event, not a mood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlp.normalise import Token

_NEAR = 60
"""Characters on each side of a hit in which `unless` and `near` are looked for: about the clause it stands in."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`pattern` asks for `urgency` at least, unless `unless` is near; where `near` is given it must be near too."""

    code: str
    urgency: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    near: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fired: its code, the urgency it asks for, and the tokens that set it off (first, past the last)."""

    code: str
    urgency: str
    first: int
    last: int


def _rule(code: str, urgency: str, *patterns: str, unless: str = "", near: str = "") -> Rule:
    """A rule whose alternatives each begin at the beginning of a word."""
    return Rule(
        code,
        urgency,
        re.compile(rf"(?<!\S)(?:{'|'.join(patterns)})"),
        re.compile(rf"(?<!\S)(?:{unless})") if unless else None,
        re.compile(rf"(?<!\S)(?:{near})") if near else None,
    )


_PRICES = r"fiyat|zam|indirim|kampanya|satis|gundem|tribun|sosyal medya|twitter|borsa|kur\b|dolar|price|deal|sale|sold"
_CALLS = r"telefon|arama|ariyor|aran|sms|mesaj|reklam|call|spam|ring|advert|marketing"
_CHARGES = r"aidat|ucret|sigorta|uyelik|tarife|abonelik|paket|kredi kull|fee|subscription|membership|insurance|renew"
_FOOD = (
    r"yem|corba|mama|cikolata|ekmek|pilav|salata|sut|su sise|pizza|burger|doner|agz|dis(?:im|i|ine|ini"
    r"|te)?(?!\w)|yut|lokma|biskuvi|konserve|borek"
    r"|porridge|food|bread|salad|soup|chocolate|bite|bit(?!\w)|mouth|chew|swallow|meal|sandwich|baby|cereal|yogh?urt"
)
_STAFF = (
    r"kurye|guvenlik|personel|calisan|gorevli|sofor|eleman|mudur|temsilci|courier|driver|guard|staff|rider|employee"
)

RULES: tuple[Rule, ...] = (
    # Fire, smoke, current, gas: somebody may be hurt in the next hour.
    _rule(
        "fire",
        "critical",
        r"(?:duman|alev)\w* (?:\w+ )?(?:cik|al(?:di|iyor|ip)|sac|yuksel)",
        unless=_PRICES,
    ),
    _rule(
        "fire",
        "critical",
        r"yangin\w* (?:cikti|cikiyor|cikacak|cikardi|cikar|tehlike|riski)",
        unless=_PRICES + "|depo",
    ),
    _rule(
        "fire",
        "critical",
        r"kivilcim\w* (?:cik|sac|at)",
        r"(?:priz|fis|kablo|adaptor|sarj alet)\w* (?:\w+ ){0,3}eri",
    ),
    _rule(
        "fire",
        "critical",
        "(?:caught|catch|catches|catching|burst into) (?:on )?(?:fire|flames)",
        "(?:started|was|is|it) (?:smoking|sparking)",
        "went up in (?:flames|smoke)",
        r"plug (?:\w+ ){0,3}melted",
        "sparks (?:from|came|coming|flew|shot)",
        unless=r"quit|stopped smoking|eye|" + _PRICES,
    ),
    _rule(
        "current",
        "critical",
        "elektrik (?:carp|kacag|kacir)",
        "ceyran carp",
        "cereyan carp",
        "elektrige carp",
        "akim kacir",
    ),
    _rule(
        "current",
        "critical",
        "electrocut",
        "electric shock",
        "(?:gave|got|gives|giving) (?:me |him |her |us )?a (?:nasty |big )?shock from",
    ),
    _rule(
        "explosion",
        "critical",
        r"(?:batarya|pil|powerbank|sarj|tup|firin|kombi|duduklu|cam|utu|ocak|sise|kazan|termosifon"
        r"|lastik)\w* (?:\w+ ){0,3}patla(?:di|mis|yip|yor|yacak|yinca)",
        r"(?:battery|phone|charger|bottle|oven|cooker|glass) (?:\w+ ){0,2}(?:explod|blew up)",
        unless=_PRICES,
    ),
    _rule(
        "battery",
        "critical",
        r"(?:pil|batarya)\w* (?:\w+ ){0,3}(?:sist|sisiyor|sismis)",
        r"battery (?:is |has |was )?(?:\w+ )?(?:swell|swollen|bulg)",
    ),
    _rule(
        "gas",
        "critical",
        "gaz (?:kacag|koku|sizint|kacir|kaciyor)",
        "karbonmonoksit (?:kacag|sizint|zehir|alarm|koku)",
        "(?:smell(?:s|ing)? (?:of )?|leaking )gas",
        "gas leak",
        "carbon monoxide",
    ),
    _rule(
        "brakes",
        "critical",
        r"fren\w* (?:tutm|patla|bosal|tutmu)",
        "brakes? (?:failed|fail|didnt work|dont work|not working)",
    ),
    # Bodies.
    _rule(
        "poison",
        "critical",
        "zehirlen(?:d|mi|iyor|en|ip|me si|mesi)",
        "food poison",
        "poisoned",
        r"(?:we|all|kids|guests|people|i) (?:\w+ ){0,3}vomit",
        unless=r"zehirlenmed|zehirlenmey",
    ),
    _rule(
        "foreign_body",
        "critical",
        r"(?:cam|metal|jilet|igne|civi|vida|tel|plastik) (?:parca\w* |kirik?lar\w* "
        r"|kirig\w* )?(?:\w+ ){0,2}(?:cikti|cikiyor|bulduk|buldum|vardi|geldi)",
        near=_FOOD,
    ),
    _rule(
        "foreign_body",
        "critical",
        r"(?:piece|bit|shard|sliver|lump)s? of (?:\w+ )?(?:glass|metal|plastic|wire|blade)",
        near=_FOOD,
    ),
    _rule(
        "foreign_body",
        "urgent",
        r"(?:bocek|hamambocegi|fare|kurtcuk|larva|sinek)\w* (?:\w+ ){0,2}(?:cikti|cikiyor|bulduk|buldum|vardi"
        r"|geziyor)",
        near=_FOOD,
    ),
    _rule(
        "foreign_body",
        "urgent",
        "(?:maggot|cockroach|worm|insect|mouse|rat)s? in (?:my|the|our|his|her)",
        near=_FOOD,
    ),
    _rule(
        "hospital",
        "critical",
        "hastane(?:ye|lik) (?:kaldir|yat|ol(?:d|uy)|gotur|yetis)",
        "acile? (?:kaldir|gotur|gidiy|gittik|yetis)",
        "ambulans (?:cagir|geldi)",
        "acilde serum",
        unless=r"sinir|stres|gulmek|kart|fatura|randevu",
    ),
    _rule(
        "hospital",
        "critical",
        r"(?:in|to|at) (?:the )?(?:hospital|er|a e)(?!\w) (?:\w+ ){0,3}(?:because|after|from|now|tonight|with)",
        "(?:ended|ending) up in (?:the )?hospital",
        "called an ambulance",
        "rushed to",
        unless=r"appointment|delivered|parking|bill",
    ),
    _rule(
        "injury",
        "critical",
        "yaralan(?:d|mi|iyor)",
        "(?:ikinci|ucuncu|2|3|0) derece yanik",
        "kimyasal yanik",
        "anafila",
        "alerjik reaksiyon",
        r"(?:parmag|elim|kolum|ayag)\w* (?:\w+ ){0,2}(?:kesildi|kanad|kaniyor|yaral)",
        unless=r"gurur|guven|kalb|onur|itibar|elim ayag|yaralanmad|yaralanan yok|olmad",
    ),
    _rule(
        "injury",
        "critical",
        "(?:second|third) degree burn",
        "chemical burn",
        "anaphyla",
        "allergic reaction",
        r"(?:cut|burn|burned|burnt|sliced|broke) (?:my|his|her|our) (?:\w+ )?(?:hand|finger|arm|leg|foot|face"
        r"|mouth|wrist|eye|tongue)",
        "(?:was|got|been|is|were) (?:badly |seriously )?injured",
        unless=r"nobody|no one|noone|not injured",
    ),
    _rule(
        "breath",
        "critical",
        "nefes alam(?:iyor|adi)",
        "cant breathe",
        "cannot breathe",
        "struggling to breathe",
        unless=_PRICES + r"|gulmek|laugh|fatura|borc",
    ),
    _rule(
        "self_harm",
        "critical",
        "intihar (?:edece|edice|ederi|edecem|etmek|etmeyi|noktas|esig)",
        "canima kiy",
        "kendimi oldur",
        "yasamak istemiyorum",
        "kendime zarar ver",
    ),
    _rule(
        "self_harm",
        "critical",
        "(?:kill|hurt|harm|hang)(?:ing)? myself",
        "end (?:my life|it all)",
        "suicidal",
        "dont want to (?:live|be alive)",
        "take my own life",
        unless=r"lol|laugh|lmao",
    ),
    # Staff against people.
    _rule(
        "violence",
        "critical",
        "(?:darp et|darp edil|dovdu|yumruk at|tokat at|bicak cek|silah cek|fiziksel saldir)",
        near=_STAFF,
    ),
    _rule(
        "violence",
        "critical",
        r"(?:punched|slapped|assaulted|pushed|shoved|hit|grabbed) (?:me|my|him|her|us)(?!\w)",
        near=_STAFF,
    ),
    _rule(
        "harassment",
        "critical",
        "(?:cinsel|sozlu|fiziksel) taciz",
        "taciz (?:etti|edildi|edildim|ediyor|e ugra)",
        "tacize ugra",
        "sexual(?:ly)? harass",
        "groped",
        unless=_CALLS,
    ),
    _rule(
        "discrimination",
        "critical",
        r"irkci(?:lik)? (?:\w+ )?(?:yap|davran|soz|muamele|hareket|hakaret|yaklas)",
        "ayrimcilik (?:yap|ettin)",
        "ayrimciliga ugra",
        r"basortu\w* (?:\w+ ){0,5}(?:alinma|almad|hakaret|asagila|kovdu)",
        unless=r"fiyat|musteri ayrim|yeni musteri|eski musteri|" + _PRICES,
    ),
    _rule(
        "discrimination",
        "critical",
        r"(?:racist|racial|homophobic) (?:\w+ )?(?:remark|comment|abuse|slur|insult|staff|driver|employee"
        r"|to me|to us)",
        r"called (?:me|us|him|her|my \w+) a (?:\w+ )?(?:nigger|faggot|paki|terrorist)",
        "racially abus",
    ),
    # Money and identity.
    _rule(
        "fraud_now",
        "critical",
        r"(?:su an|suan|simdi|hala|halen|az once|dakika once"
        r"|devam ed)\w* (?:\w+ ){0,6}(?:para\w* (?:\w+ ){0,2}(?:cekiliyor|cekiyor|caliniyor|cikiyor)"
        r"|hesab\w* (?:\w+ ){0,2}bosalt)",
    ),
    _rule(
        "fraud_now",
        "critical",
        r"hesab\w* (?:\w+ ){0,2}bosalt(?:il|iyor|ti)",
        r"(?:emptying|draining|emptied|drained) my (?:\w+ )?account",
        r"(?:money|payments?|transactions?) (?:\w+ ){0,4}(?:still|right now|as i type) (?:\w+ ){0,3}(?:going"
        r"|leaving|being taken|coming out)",
    ),
    _rule(
        "fraud",
        "urgent",
        "dolandirildi[mk]",
        "dolandiriliyor",
        r"(?:kart|hesab|hat|sim|sifre)\w* (?:\w+ ){0,2}(?:kopyalan|calin(?:d|m)|hacklen|ele gecir)",
        "hacklendi",
    ),
    _rule(
        "fraud",
        "urgent",
        r"(?:bilgim|onayim|iznim|haberim|rizam)\w* (?:disinda|olmadan|yokken) (?:\w+ ){0,7}(?:harcama|cekil"
        r"|transfer|eft|havale|alisveris|provizyon|siparis|hesap acil|hat acil|kredi cek)",
        unless=_CHARGES,
    ),
    _rule(
        "fraud",
        "urgent",
        "(?:been|got|was|being|getting) (?:scammed|hacked|defrauded|phished)",
        r"(?:card|account|identity|sim) (?:\w+ ){0,2}(?:hacked|cloned|skimmed|stolen|compromised)",
        r"(?:fraudulent|unauthori[sz]ed) (?:\w+ )?(?:charge|transaction|payment|purchase|withdrawal|transfer|access)",
        unless=_CHARGES,
    ),
    _rule(
        "data_leak",
        "critical",
        "veri (?:sizinti|ihlal)",
        r"veri(?:ler)?\w* (?:\w+ ){0,3}(?:sizdir|sizmis|sizdi|ifsa)",
        r"(?:kimlik|kisisel|kart) bilgi\w* (?:\w+ ){0,3}(?:sizdir|sizmis|ifsa|calin|satil|internette)",
        r"baska(?:sinin|larinin| birinin| bir musterinin| musterinin) (?:\w+ ){0,3}(?:bilgi|hesabi|ekstre"
        r"|kimli)\w* (?:\w+ ){0,3}(?:goru|cik|acil|geldi|gonder|karsima)",
    ),
    _rule(
        "data_leak",
        "critical",
        "data (?:breach|leak)",
        "leaked (?:my|our|customer|personal)",
        r"(?:someone|somebody|another|other) (?:elses? |customers? |persons? "
        r"|peoples? )(?:\w+ ){0,4}(?:details|address|account|statement|payslips?|records|data|messages)",
        unless=r"wrong (?:parcel|order|item)|order went|delivered|account for",
    ),
    _rule(
        "threat",
        "critical",
        r"(?:subenizi|subeyi|magazanizi|dukkani|binanizi|hepinizi|orayi) (?:yak|oldur|vur|bombala"
        r"|kursunla)\w*(?:cag|cam|ca[mz]|rim|riz)",
    ),
)

# One look at the text for all rules: nearly every text sets off none, and asking each rule costs twenty times as much.
_ANY = re.compile("|".join(dict.fromkeys(rule.pattern.pattern for rule in RULES)))

_URGENCY_RANK = {"none": 0, "same_day": 1, "urgent": 2, "critical": 3}


def find(tokens: Sequence[Token]) -> list[Hit]:
    """The rules that fire on a text's words, the most urgent first, otherwise in the order of RULES."""
    starts: list[int] = []
    words: list[str] = []
    index: list[int] = []
    at = 0
    for i, token in enumerate(tokens):
        if token.form[0].isalnum():  # marks, links and faces would only stand between the words of a pattern
            starts.append(at)
            words.append(token.form)
            index.append(i)
            at += len(token.form) + 1
    text = " ".join(words)
    if not _ANY.search(text):
        return []
    hits: list[Hit] = []
    for rule in RULES:
        for match in rule.pattern.finditer(text):
            around = text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
            if rule.unless is not None and rule.unless.search(around):
                continue
            if rule.near is not None and not rule.near.search(around):
                continue
            inside = [i for i, start in zip(index, starts, strict=True) if match.start() <= start < match.end()]
            hits.append(Hit(rule.code, rule.urgency, inside[0], inside[-1] + 1))
            break
    return sorted(hits, key=lambda hit: -_URGENCY_RANK[hit.urgency])


def floor(hits: Sequence[Hit]) -> str:
    """The urgency the hits ask for at least; `none` when there are none."""
    return hits[0].urgency if hits else "none"


def raised(label: str, least: str) -> str:
    """`label`, or `least` where that is more urgent."""
    return least if _URGENCY_RANK[least] > _URGENCY_RANK[label] else label
