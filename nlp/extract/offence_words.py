"""The house's list of offensive words, as stems with the endings that are meant, graded.

Patterns are over folded words (`siktir`, no accents), each matched as a whole word: `sikke`, `götürmek`, `Scunthorpe`
and `amcam` are no forms of anything here. Where folding makes an innocent word look like an offence (`sıktı`, `şık`,
`got`, `pic`), the entry names the letter that must really have been typed.
"""

from __future__ import annotations

from typing import NamedTuple

from nlp.extract.found import Grade


class Entry(NamedTuple):
    """A stem: its name, its grade, the pattern of its forms, and a letter that must be typed as it is (or none)."""

    word: str
    grade: Grade
    pattern: str
    letter: str = ""
    language: str = ""


_P = "(?:s[iu]n(?:[iu]z)?|l[ae]r\\w{0,6}|l[iu][kg]\\w{0,4}|[iu]n|[iu]|y[iu]m|m[iu]s?\\w{0,5}|[ae]|c[ae])?"

WORDS: tuple[Entry, ...] = (
    Entry("amk", "strong", "a+m+k+|amq|a+q+|amkk?\\w{0,3}|mk|mq", language="tr"),
    Entry("amk", "strong", "amk|amq|aminakoy\\w*|aminako\\w*|aminak\\w{1,6}|amcik\\w*|amcig\\w*"),
    Entry(
        "sik-", "strong", "siktir\\w*|sikey\\w*|siker(?:im|iz|ler|sin)\\w*|sikec\\w*|sikicem|sikeceg\\w*|sikik\\w{0,6}"
    ),
    Entry("sik-", "strong", "sikim(?:e|de|den|in|i|sonik)?|sikime\\w{0,4}|hassiktir\\w*|hasiktir\\w*"),
    Entry("sik-", "strong", "sik(?:ti\\w{0,8}|tig\\w{0,8}|is\\w{0,6}|tiniz)|siksin\\w*|sike", letter="sik"),
    Entry("göt", "strong", "got(?:u|un|une|unu|unden|unuz\\w{0,3}|ler\\w{0,4}|luk\\w{0,3})?", letter="göt"),
    Entry("göt", "strong", "gotveren\\w*|gotlek\\w*|gotunuze|gotune"),
    Entry("orospu", "strong", "orospu\\w*|oruspu\\w*|orosbu\\w*|orospo\\w*|orsp|oropsu\\w*"),
    Entry("oç", "strong", "oc(?:lar|ler|sunuz)?", letter="oç"),
    Entry("piç", "strong", f"pic{_P}", letter="piç"),
    Entry("puşt", "strong", f"pust{_P}"),
    Entry("ibne", "strong", f"ibne{_P}|ipne{_P}"),
    Entry("kahpe", "strong", f"kahpe{_P}"),
    Entry("kaltak", "strong", f"kaltak{_P}|kaltag\\w{{0,3}}"),
    Entry("sürtük", "strong", f"surtuk{_P}"),
    Entry("pezevenk", "strong", "pezeven[kg]\\w*"),
    Entry("gavat", "strong", f"gavat{_P}|kavat{_P}"),
    Entry("yarak", "strong", "yarra[kg]?\\w{0,6}|dalyara[kg]\\w*|yarak"),
    Entry("taşak", "strong", "tass?ak(?:lar\\w*|li)?|tasag\\w*"),
    Entry("sıç-", "strong", "sic(?:ti\\w{0,6}|ay\\w{0,4}|arim|ariz|miss?\\w{0,6}|iyo\\w*|tig\\w*)"),
    Entry("şerefsiz", "strong", "serefsiz\\w*|serefsz\\w*"),
    Entry("yavşak", "strong", "yavsa[kg]\\w*"),
    Entry("haysiyetsiz", "strong", "haysiyetsiz\\w*|namussuz\\w*"),
    Entry("geber-", "strong", "geber(?:in|iniz|sin\\w*|esice\\w*)?"),
    Entry("gerizekalı", "mild", "gerizekali\\w*|gerizekal\\w*|gerzek\\w*"),
    Entry("salak", "mild", f"salak{_P}|salag\\w{{0,4}}"),
    Entry("aptal", "mild", f"aptal{_P}"),
    Entry(
        "dangalak",
        "mild",
        "dangala[kg]\\w*|embesil\\w*|ahmak\\w*|ahmag\\w*|budala\\w*|mankafa\\w*|andaval\\w*|dallama\\w*",
    ),
    Entry("hıyar", "mild", "hiyarlar|hiyarsin\\w*|hiyar ?herif"),
    Entry("öküz", "mild", f"okuz{_P}"),
    Entry(
        "terbiyesiz",
        "mild",
        "terbiyesiz\\w*|edepsiz\\w*|ahlaksiz\\w*|karaktersiz\\w*|utanmaz(?:lar|sin\\w*)?|asagiliklar|soysuz\\w*",
    ),
    Entry("bok", "mild", "bok(?:tan|unu|una|um|un)?"),
    Entry("lanet", "mild", "lanet(?:ler|liyorum|iniz)?", language="tr"),
    Entry("fuck", "strong", "fu+c+k+\\w{0,6}|fck\\w{0,4}|fuk(?:ing|in|er|ers)?|motherf\\w*|phuck\\w*|fkn|fking"),
    Entry("shit", "strong", "sh+i+t+(?:ty|s|e|show|hole|holes|head|heads|bag)?|bullsh[iy]t\\w*"),
    Entry("bitch", "strong", "bi+tch(?:es|y|ing)?|biatch"),
    Entry("bastard", "strong", "bastard(?:s|ly)?"),
    Entry(
        "cunt",
        "strong",
        "cunt(?:s|y)?|twat(?:s)?|wanker(?:s)?|whore(?:s)?|slut(?:s|ty)?|bollocks|douche(?:bag|bags|s)?",
    ),
    Entry("asshole", "strong", "a(?:ss|rse)holes?|dickheads?|cocksuck\\w*|pricks"),
    Entry("retard", "strong", "retard(?:s|ed)?", language="en"),
    Entry("damn", "mild", "damn(?:ed|it)?|dammit|goddamn\\w{0,3}", language="en"),
    Entry("crap", "mild", "crap(?:py|s)?", language="en"),
    Entry("idiot", "mild", "idiot(?:s|ic)?|morons?|moronic|imbecile\\w{0,2}|dumbass\\w{0,2}|cretins?"),
    Entry("stupid", "mild", "stupid(?:ity|ly)?|dumb(?:est)?", language="en"),
    Entry("ass", "mild", "ass|arse|jackass\\w{0,2}", language="en"),
    Entry("wtf", "mild", "wtf|stfu|scum(?:bag|bags)?|sucks|jerks"),
    Entry("nigger", "hate", "nigger\\w{0,2}|nigg[ae]\\w{0,1}"),
    Entry("faggot", "hate", "faggot\\w{0,2}|fags"),
    Entry("kike", "hate", "kikes?|pakis|wetbacks?|ragheads?|trann(?:y|ies)|gooks?", language="en"),
)

BASES: dict[str, tuple[Grade, str]] = {
    **dict.fromkeys(("siktir", "siktirin", "siktirgit", "sikeyim", "sikerim", "sikik"), ("strong", "sik-")),
    **dict.fromkeys(("orospu", "orospucocugu", "orospular", "orospucocuklari"), ("strong", "orospu")),
    **dict.fromkeys(("amk", "amina", "aminakoyim", "aminakoyayim", "aminakoyim", "amcik"), ("strong", "amk")),
    **dict.fromkeys(("pezevenk", "pezevenkler"), ("strong", "pezevenk")),
    **dict.fromkeys(("serefsiz", "serefsizler", "serefsizsiniz"), ("strong", "şerefsiz")),
    **dict.fromkeys(("yarrak", "yarak"), ("strong", "yarak")),
    **dict.fromkeys(("ibne", "ibneler"), ("strong", "ibne")),
    **dict.fromkeys(("pust", "pustlar"), ("strong", "puşt")),
    **dict.fromkeys(("kahpe", "kaltak", "yavsak", "yavsaklar", "gavat"), ("strong", "kahpe")),
    **dict.fromkeys(("gotunuze", "gotveren"), ("strong", "göt")),
    **dict.fromkeys(("gerizekali", "gerizekalilar"), ("mild", "gerizekalı")),
    **dict.fromkeys(("salak", "salaklar", "aptal", "aptallar"), ("mild", "salak")),
    **dict.fromkeys(("fuck", "fucking", "fucked", "fuckin", "fucker", "fuckers", "motherfucker"), ("strong", "fuck")),
    **dict.fromkeys(("shit", "shitty", "bullshit", "shits"), ("strong", "shit")),
    **dict.fromkeys(("bitch", "bitches"), ("strong", "bitch")),
    **dict.fromkeys(("bastard", "bastards"), ("strong", "bastard")),
    **dict.fromkeys(("cunt", "cunts", "wanker", "twat"), ("strong", "cunt")),
    **dict.fromkeys(("asshole", "assholes", "dickhead", "dickheads"), ("strong", "asshole")),
    **dict.fromkeys(("idiot", "idiots", "moron", "morons"), ("mild", "idiot")),
    **dict.fromkeys(("nigger", "niggers", "nigga"), ("hate", "nigger")),
    **dict.fromkeys(("faggot", "faggots"), ("hate", "faggot")),
}
"""Whole words that a star may hide a letter of, with their grade and entry."""

_GROUP = (
    "(?:kurt|ermeni|arap|suriyeli|yahudi|cingene|rum|afgan|alevi|zenci|gavur|multeci|gocmen|lgbt\\w*|escinsel)"
    "(?:ler|lar)?(?:siniz|sin|i|in|e|den|dan)?"
)
_PEOPLE = (
    "(?:arab|jew|muslim|turk|kurd|immigrant|foreigner|gyps(?:y|ie)|refugee|black|syrian|mexican|indian"
    "|asian|pakistani|christian)s?"
)
_VICTIM = "(?:seni|sizi|hepinizi|onu|onlari|ananizi|sizleri|kurye\\w{0,4}|adami|mudur\\w{0,6}|o herifi)"
_BUILDING = (
    "(?:sube(?:nizi|yi|yinizi)|magaza(?:nizi|yi)|dukkan(?:i|inizi)|mekan(?:i|inizi)|orayi|binanizi"
    "|evini(?:zi)?|ofisinizi|deponuzu|subelerinizi)"
)
_PEOPLE_EN = (
    "(?:you(?: all| guys)?(?![a-z])|him(?![a-z])|her(?![a-z])|them(?![a-z])|your (?:\\w+ )?(?:driver|courier"
    "|staff|family|store|shop|office|house|kids"
    "|wife|manager|employees?)|(?:the|that) (?:driver|courier|manager|delivery guy|store|shop|building|office))"
)

PHRASES: tuple[tuple[str, Grade, str], ...] = (
    ("amına koymak", "strong", "amin[aiy]\\w? ?(?:koy\\w*|kod\\w*|ko|koyim|sik\\w*|s\\*\\w*)"),
    ("ananı", "strong", "anan(?:i|izi) (?:avradin\\w*|sik\\w*|s\\*k?\\w*|bacin\\w*)|anani(?:zi)?n? am\\w*"),
    ("orospu çocuğu", "strong", "or?os?pu ?cocu[gk]\\w*|or\\*sp\\w* ?cocu[gk]\\w*"),
    ("piç kurusu", "strong", "pic kuru(?:su|lari)"),
    ("it oğlu it", "strong", "it oglu it|essoglu ?esse[kg]\\w*|esek oglu esek|kopek soyu"),
    ("ağzına sıçmak", "strong", "agz\\w{1,5} sic\\w*"),
    ("siktir git", "strong", "s[i\\*]ktir(?:in)? ?git\\w*|s\\*ktir\\w*"),
    ("hope you die", "strong", "(?:hope|wish) (?:that )?you(?: all)? (?:die|rot|get cancer)"),
    ("son of a bitch", "strong", "son of a bitch|piss off|piece of shit|you prick"),
    ("geri zekalı", "mild", "geri zekal\\w*"),
    (
        "allah belanızı versin",
        "mild",
        "allah(?:iniz)? belan\\w* ver\\w*|allah(?:im)? (?:sizi |seni )?kahret\\w*|kahrol(?:un|sun\\w*|asi\\w*)",
    ),
    ("hayvan herif", "mild", "(?:hayvan|esek|pislik|dangoz) (?:herif|kadin)\\w*|hayvanlar sizi"),
    ("what the hell", "mild", "(?:what|why|who|where) the hell|go to hell|screw you"),
    ("pis + halk", "hate", f"(?:pis|igrenc|lanet|serefsiz|kahrolasi|hain|asagilik) {_GROUP}"),
    ("halk + dölü", "hate", f"{_GROUP} (?:dolu|dolleri|tohumu|pici|picleri|kopegi|kopekleri|usagi)"),
    (
        "ülkenize dönün",
        "hate",
        "ulkenize (?:geri )?(?:don|gid|defol)\\w*|defolun ulke\\w*|geldiginiz yere (?:don|gid)\\w*",
    ),
    ("dirty + people", "hate", f"(?:dirty|filthy|fucking|disgusting|stinking|bloody) {_PEOPLE}"),
    (
        "go back to your country",
        "hate",
        "go back to (?:your|ur) (?:own )?(?:country|africa|jungle)|(?:gas|deport|hang) (?:all )?(?:the )?(?:jew"
        "|muslim|black)s",
    ),
    ("öldürmek", "threat", f"{_VICTIM} (?:\\w+ ){{0,3}}oldur(?:ecegim|ecem|ucem|urum|uruz|ecegiz|ecez|ecegm|tecegim)"),
    ("gebertmek", "threat", "gebert(?:irim|ecegim|ecem|icem|iriz|ecegiz|ecez)"),
    (
        "kafa kırmak",
        "threat",
        "kafan\\w{1,5} (?:kirar|kopar|ezer|kirac|patlat|kesec|keser)\\w*|agz\\w{2,4} burn\\w{2,4} (?:kir|dagit)\\w*",
    ),
    (
        "yakmak, basmak",
        "threat",
        f"{_BUILDING} (?:\\w+ ){{0,2}}(?:yak(?:arim|acagim|ariz|acagiz|acam|icam|acaz|iyorum)|bas(?:arim|acagim"
        f"|ariz|acagiz|icam|icaz)|bombala\\w*|kursunla\\w*|havaya ucur\\w*|taslayac\\w*)",
    ),
    (
        "saldırmak",
        "threat",
        "(?:seni|sizi|hepinizi|o kuryeyi|kuryenizi) (?:\\w+ ){0,2}(?:vururum|vuracagim|vuracam|bicakla\\w+"
        "|keserim|kesecegim|doverim|dovecegim|dovecem|yasatma[mz]\\w*|bulurum|bulacagim|bulacam|yakarim|yakacagim)",
    ),
    (
        "evini bilmek",
        "threat",
        "evini(?:zi|n yerini)? biliyor(?:um|uz)|nere?de (?:oturdug|calistig|yasadig)un\\w* biliyor(?:um|uz)"
        "|elimden kurtulama\\w*",
    ),
    ("can yakmak", "threat", "canin(?:i|izi) (?:yakarim|yakacagim|alirim|alacagim|yakicam)|kaniniz[ia] (?:dok|ic)\\w*"),
    (
        "I will kill you",
        "threat",
        f"(?:i|we)(?:'ll| will|'m going to|'m gonna| am going to| gonna|'re going to) (?:\\w+ ){{0,2}}(?:kill"
        f"|hurt|shoot|stab|beat|burn|bomb|murder|smash|attack) {_PEOPLE_EN}",
    ),
    (
        "burn it down",
        "threat",
        "(?:i|we)(?:'ll| will|'m going to|'m gonna| am going to) burn (?:it|this place|the place|your \\w+) down",
    ),
    (
        "I know where you live",
        "threat",
        "i know where you(?:r \\w+)? (?:live|work)s?|watch your back|you(?:'re| are) (?:all )?(?:dead(?= meat"
        "|[.!]|$)|going to die|gonna die)",
    ),
)
"""Expressions of several words: name, grade, pattern over folded text, each beginning at the beginning of a word."""
