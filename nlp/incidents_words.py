"""What words mean to the grouping of incidents: Turkish and English words for one thing, and words that say little.

Written by hand from what customers of any shop, carrier, bank or app complain of, before any stream of the benchmark
was written. A prefix stands for all words that begin with it; the longest that fits counts (`yanlis` is a mistake,
`yan` a fire). All forms are as `nlp.normalise` spells them: lower case, folded to ASCII.
"""

from __future__ import annotations

from functools import lru_cache

STEM = 5
"""Letters that are kept of a word. Turkish hangs its grammar on the end of the word; cutting all words after five
letters finds as much as a full analysis does (Can et al. 2008, 'Information retrieval on Turkish texts')."""

_CONCEPTS = {
    "late": "gecik gecti gec rotar late delay overdue tardy",
    "arrive": "gelme gelmi ulasm varma arriv",
    "deliver": "teslim teslimat deliver",
    "parcel": "kargo paket koli gonderi parcel package shipment",
    "courier": "kurye dagitic courier driver",
    "order": "siparis order",
    "refund": "iade refund reimburs",
    "cancel": "iptal cancel",
    "broken": "bozuk kirik kirild bozul calism arizal broke faulty defect damage hasar",
    "crack": "catla crack",
    "explode": "patla infilak explo burst blew",
    "fire": "yangin yanmaya yandi yaniyor alev tutus fire flame burnt",
    "smoke": "duman smoke",
    "smell": "koku smell odor stink",
    "shock": "carpil electrocut",
    "injury": "yarala kesil kanad injur wound bleed",
    "ill": "zehirl kustu kusma hastane mide poison vomit hospital sick",
    "allergy": "alerji kasint kizari allerg itch rash",
    "mould": "kuf mold mould",
    "insect": "bocek kurtlu insect maggot larva",
    "glass": "glass shard",
    "recall": "toplat recall",
    "leak": "sizinti sizdi sizmis leak breach",
    "data": "kvkk gdpr",
    "fraud": "dolandir sahte fraud scam phish counterfeit",
    "password": "sifre parola password",
    "login": "giris oturum login signin logged",
    "crash": "coktu cokuyor cokme donuyor kapaniy crash freez outage",
    "app": "uygulama app",
    "site": "site website webpage",
    "update": "guncelle surum update version",
    "charge": "tahsil cekildi cekilm cekim charge billed debited",
    "twice": "cift mukerrer twice double duplicate",
    "card": "kart card",
    "bank": "banka bank",
    "invoice": "fatura invoice bill",
    "price": "fiyat price",
    "rise": "zam zaml artis hike increase",
    "discount": "indirim kupon discount coupon voucher",
    "campaign": "kampanya campaign promo",
    "points": "puan points loyalty",
    "subscription": "abonelik uyelik subscri membership",
    "advert": "reklam afis advert commercial billboard ads",
    "insult": "hakaret asagila kufur ettiler insult offens humiliat",
    "sexism": "cinsiyet seksist kadin sexis misogyn women woman",
    "racism": "irkci irkcilik ayrimci racis discriminat",
    "boycott": "boykot boycott",
    "strike": "grev strike",
    "worker": "isci calisan worker employee staff",
    "branch": "magaza sube store branch",
    "security": "guvenlik security guard",
    "cashier": "kasiyer kasada cashier till",
    "child": "cocuk bebek child kid baby toddler",
    "animal": "kedi kopek hayvan cat dog pet animal",
    "milk": "sut milk",
    "wrong": "yanlis hatali wrong incorrect mistaken",
    "size": "beden numara size sizing",
    "colour": "renk rengi color colour",
    "missing": "eksik missing incomplete",
    "warranty": "garanti warranty guarantee",
    "service": "servis repair",
    "battery": "batarya pil sarj batter charger charging",
    "screen": "ekran screen display",
    "water": "sizdir water",
    "stock": "stok stock",
    "queue": "kuyruk sira queue",
    "callcentre": "cagri hotline helpline",
    "gift": "hediye gift",
    "ticket": "bilet ticket",
    "flight": "ucus ucak flight plane",
    "seat": "koltuk seat",
    "luggage": "bavul bagaj valiz luggage suitcase baggage",
    "rumour": "soylenti asilsiz rumour rumor",
    "bankrupt": "iflas batiyor bankrupt insolven",
    "photo": "fotograf photo",
    "survey": "anket survey",
    "verify": "dogrulama verification otp",
    "address": "adres address",
    "neighbour": "komsu neighbour neighbor",
    "door": "kapi door",
    "depot": "depo aktarma warehouse depot hub",
    "snow": "kardan snow",
    "blackout": "kesinti kesildi blackout",
    "internet": "internet baglanti wifi connection",
    "ceo": "ceo mudur patron boss chairman",
    "tweet": "tweet paylasim gonderiyi post",
    "instalment": "taksit instalment installment",
    "interest": "faiz interest",
    "black_friday": "efsane black",
}
# Words that begin like one of the above and are another thing.
_NOT = (
    "gece gecen gecer gecmi karton kartal suti zaman appar appl bankn sizde sizden sizin cati catal dogru doga dogu "
    "pilav posta kanada depoz interested interesting"
)

_FUNCTION = """
acaba ama ancak artik asla aslinda ayni az bana bazi belki ben benden beni benim bi bile bin bir biraz biri birsey biz
bizi bizim bu bugun bunda bundan bunlar bunu bunun burada cok cunku da daha dahi de defa degil diye dun dir ee en evet
fakat falan gayet gene gibi gore gun gunde hala hani hatta hayir hem hep hepsi her herkes hic icin iki ile ilgili
ise iste kac kadar kendi ki kim kimse lan lutfen mi mu ne neden nasil nerede niye o olan olarak oldu oldugu olsun olur
onlar onu onun orada oyle pek peki sadece sana sanki sen siz size sizi sonra su simdi sey seyi tam tum tek uc ve
var ver vs ya yani yapti yine yok yoksa zaten
a about after again all also am an and any are as at be because been before but by can could did do does dont for from
get got had has have he her here him his how i if im in into is isnt it its ive just like me more my no not now of on
one only or our out over really same she so some still than that the their them then there these they this those to
too two up us very was way we well were what when where which who why will with would you your yours
"""

_COMMON = """
merhaba selam arkadas kardes sayin yetkili destek hizmet firma marka musteri sorun sikay magdu rezil kepaz skandal
berba kotu iyi guzel tesek bekli bekle yazdi yazma aradi ulasa ulasi donus cevap ilgil cozum coz yardi acil hemen
hafta aydir saat dakik sabah aksam yarin geldi gelir gelec aldim alan almis urun para ucret lira param istiy istey
bilgi numar tavsi etmi sakin dikka yazik ayip insan millet herke yapiy ediyo olmay olama goruy soyle dedi diyor
hello please thank help suppo servi custo compa brand probl issue compl terri awful worst disgu shame never ever
today yeste tomor morni night hours weeks month days waiti wait reply answe conta email called phone money bough buy
produ item want need know think going anyon every peopl someo happe again avoid recom love great nice good bad
"""


def _table() -> dict[str, str]:
    table = {word: "" for word in _NOT.split()}
    for name, prefixes in _CONCEPTS.items():
        for prefix in prefixes.split():
            table[prefix] = f"~{name}"
    return table


_BY_PREFIX = _table()
_WHOLE = frozenset({"gec", "zam", "ads", "app", "ceo", "kuf", "pil", "kid", "cat", "dog", "pet", "sut", "hub"})
"""Prefixes that count only as the whole word, or with one or two letters more: `app` is not `apply`."""
_LONGEST = max(map(len, _BY_PREFIX))
_STOP = frozenset(_FUNCTION.split())
_SHORTEST = 3


@lru_cache(maxsize=65_536)
def stem(form: str) -> str:
    """The stem of a folded word, `~concept` for a word of a known meaning, empty for one that says nothing."""
    if form in _STOP or len(form) < _SHORTEST or not form.isalpha():
        return ""
    for length in range(min(len(form), _LONGEST), 1, -1):
        prefix = form[:length]
        found = _BY_PREFIX.get(prefix)
        if found is None or (prefix in _WHOLE and len(form) > length + 2):
            continue
        return found or form[:STEM]
    return form[:STEM]


COMMON: dict[str, float] = {}
"""Stems that any complaint may hold, and how many of a hundred mentions are taken to hold them before any was heard."""
for _word in _COMMON.split():
    COMMON[_word[:STEM]] = 4.0
for _name in ("late", "arrive", "deliver", "parcel", "courier", "order", "refund", "cancel", "broken"):
    COMMON[f"~{_name}"] = 8.0
for _name in ("price", "app", "site", "branch", "card", "wrong", "discount", "address", "missing", "charge"):
    COMMON[f"~{_name}"] = 4.0
