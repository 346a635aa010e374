"""Streams of mentions of twelve matters and noise, written by hand to overlap in words: what the grouping is tried on.

Two worlds of different trades: LOOKED_AT was looked at while the grouping was designed; the held back one
(`matters_held`) was written with it and not looked at until the rules stood. A mention is one or two clauses of its
matter, in one of many alternatives, between clauses that anybody writes, in one of several voices, with typing errors.
Noise is made of the same products, places and clauses, each mention of nothing else.
"""

# ruff: noqa: E501  (a matter reads better in long lines)
from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 11, 16, 6, tzinfo=UTC)
_ASCII = str.maketrans("çğıöşüÇĞİÖŞÜâî", "cgiosuCGIOSUai")
_CHOICE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Matter:
    """One matter: its clauses in Turkish and in English, with `{one|other}` alternatives."""

    name: str
    tr: tuple[str, ...]
    en: tuple[str, ...]


@dataclass(frozen=True)
class World:
    """A brand's matters, its products with what else they are called, and what its noise is made of: one clause of each
    tuple in turn."""

    brand: str
    products: tuple[tuple[str, ...], ...]
    matters: tuple[Matter, ...]
    noise_tr: tuple[tuple[str, ...], ...]
    noise_en: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Written:
    """One text of a stream; `matter` is empty for noise."""

    text: str
    language: str
    matter: str
    at: datetime


TAILS_TR = (
    "{lütfen|artık} {ilgilenin|bir çözüm bulun}", "müşteri hizmetlerine {ulaşamıyorum|bağlanamıyorum}",
    "{kaç|üç|beş} gündür {cevap|dönüş} yok", "bir daha {alışveriş yapmam|adım atmam}", "herkes {dikkat etsin|bilsin}",
    "{yazık|ayıp} gerçekten", "şikayet kaydı {açtım|oluşturdum} ses yok", "{rezalet|kepazelik|skandal} ya",
    "sizden başka {kimse|firma} mı yok", "{parama|emeğime} yazık", "bu nasıl {hizmet|firma|anlayış}",
    "tüketici hakem heyetine {gidiyorum|başvuracağım}", "acil {dönüş|bilgi} bekliyorum", "{inanamıyorum|şaka gibi}",
    "{annem|eşim|kardeşim} de çok üzüldü", "yıllardır müşterinizim", "paylaşın {duyulsun|herkes görsün}",
    "DM attım {bakmadınız|cevap yok}", "mağdur {oldum|ettiniz}", "iki saattir hatta bekliyorum", "kim {ilgilenecek|bakacak} buna",
)  # fmt: skip
TAILS_EN = (
    "please {help|sort this out}", "no {reply|answer} for {three|five|two} days", "customer service {ignores me|is useless}",
    "never {buying|shopping} here again", "{shame on you|disgraceful}", "who is {responsible|in charge} here",
    "I have been a customer for years", "please share", "{unbelievable|what a joke}", "I want {an answer|a call} today",
    "my {mum|wife|brother} is upset too", "sent you a DM", "waited an hour on the phone", "everyone should know",
)  # fmt: skip

NOISE_TR = (
    (
        "{dün|geçen hafta|salı günü} sipariş verdim", "mağazanızdan {bir ürün|hediye} aldım", "iki gündür kargo bekliyorum",
        "{ürünü|aldığımı} iade etmek istiyorum", "fatura bilgilerim {yanlış|eksik}", "uygulamada {adresimi|kartımı} değiştiremiyorum",
        "indirim kodu {çalışmıyor|geçersiz diyor}", "kurye {zili çalmadan|kapıya gelmeden} gitti", "kutu {ezik|açılmış} geldi",
        "sepetteki ürün {kayboldu|silindi}", "siparişimi iptal {edemiyorum|ettiremedim}", "yanlış {renk|beden|model} geldi",
        "garanti belgesi {çıkmadı|yok}", "hediye paketi {istemiştim|yapılmamış}", "taksit {seçeneği|sayısı} görünmüyor",
        "montaj {ekibi|randevusu} gelmedi", "stokta var diyor {yokmuş|gelmedi}", "{ürün|koli} komşuya bırakılmış",
        "üyeliğimi {silmek|kapatmak} istiyorum", "puanlarım {yüklenmedi|görünmüyor}", "şifremi {unuttum|yenileyemiyorum}",
        "kargo ücreti {fazla|iki kere} alınmış", "{çalışma saatleriniz|kaçta kapanıyorsunuz} nedir", "yedek parça {arıyorum|bulamadım}",
    ),
    (
        "{sarı|yeşil|lacivert|bordo} olanı istiyorum", "{doğum günü|düğün|bayram} için lazımdı", "{ofise|yazlığa|köye} gönderdim",
        "kullanma kılavuzu {Almanca|Çince|Rusça}", "{vidası|ayağı|kulpu|conta lastiği} yok", "{çekmece|raf|sepet} büyük geldi",
        "{asansöre|merdivene|kapıya} sığmadı", "{perdeye|halıya|duvara} uymadı", "{muhtara|kapıcıya|güvenliğe} bırakmışlar",
        "{havale|EFT|kapıda ödeme} yaptım", "{kuponu|çeki} {yanlışlıkla|bilmeden} kullandım", "{gürültü|titreme|cızırtı} yapıyor",
        "{mavi ekran|hata kodu|beyaz sayfa} çıkıyor", "{annemin|babamın|dayımın} adına kayıtlı", "{etiketi|kutusu|poşeti} yırtık",
        "{kapağı|tabanı|camı} çizik", "{dikişi|astarı|fermuarı} atmış", "{sabah|öğlen|gece} arıyorum {meşgul|düşmüyor}",
        "{haftaya|yarın|pazartesi} tatile çıkıyorum", "{kreş|okul|kurs} için alacaktım", "{tartı|ölçü|litre} tutmuyor",
    ),
    (
        "{Konya|Trabzon|Kayseri|Samsun} {şubesi|tarafı}", "{Aras|MNG|Sürat} kargo ile", "{Bursa|Mersin|Eskişehir}'de oturuyorum",
        "{Antalya|Adana|Denizli}'ye gelecekti", "", "", "", "",
    ),
)  # fmt: skip
NOISE_EN = (
    (
        "I ordered {something|a gift} last week", "I want to return {an item|my purchase}", "my invoice is {wrong|missing}",
        "the courier {did not ring|left early}", "the box was {crushed|open}", "wrong {colour|size|model} arrived",
        "cannot change my {address|card} in the app", "discount code is {invalid|expired}", "cannot cancel my order",
        "my points {are gone|did not load}", "forgot my password", "assembly team never came", "where is the warranty card",
    ),
    (
        "needed it for a {wedding|birthday}", "the {handle|screw|leg} is missing", "manual is only in {German|Chinese}",
        "does not fit the {lift|door|wall}", "it {rattles|hums|squeaks}", "the zip is {stuck|torn}", "paid by {transfer|cash}",
        "{sent it|had it delivered} to my office", "leaving on holiday {tomorrow|Monday}", "the {lid|base} is scratched",
    ),
    ("living in {Bursa|Konya|Mersin}", "shipped with {Aras|MNG}", "", "", ""),
)  # fmt: skip

LOOKED_AT = World(
    "Ayaz Ev",
    (("Fora K220", "Fora", "K220"), ("Lodos X5", "Lodos", "X5"), ("Meltem Air", "Meltem"), ("Sirocco Pro", "Sirocco")),
    (
        Matter("kettle_explodes", (
            "Fora K220 {kettle|su ısıtıcı} {elimde patladı|mutfakta patladı|patladı resmen}",
            "{K220|Fora kettle} suyu ısıtırken {alev aldı|kıvılcım çıkardı}", "su ısıtıcınız yüzünden {elim yandı|kolum haşlandı}",
            "kettle'ın {tabanı|sapı} {eridi|yandı} {priz de yandı|sigorta attı}", "{Fora|K220} {bomba gibi|büyük gürültüyle} patladı",
            "{annemin|eşimin} eli yandı kettle patlayınca", "K220 toplatılsın {can yakacak|birini öldürecek}",
            "su ısıtıcıdan {duman|yanık kokusu} geldi sonra patladı", "çocuk yanındaydı kettle patladığında",
            "{itfaiye|hastane} çağırdık kettle yüzünden", "aynı K220 {bende de|komşuda da} patlamış",
        ), (
            "Fora K220 kettle {exploded|blew up} in my {kitchen|hand}", "the kettle {caught fire|started smoking} while boiling",
            "burnt my {hand|arm} because of the K220", "K220 kettle must be recalled", "kettle base melted and {blew the fuse|sparks flew}",
        )),
        Matter("kettle_price", (
            "Fora K220 {dün|sabah} 499 liraydı bugün {899|iki katı} olmuş", "kettle'ı 499'a aldım siparişi iptal edip {zamlı|899'dan} satıyorsunuz",
            "{fiyat hatası|yanlış fiyat} deyip K220 siparişimi iptal ettiniz", "{499|o fiyata} K220 alan herkesin siparişi iptal",
            "kampanya fiyatıyla aldım K220'yi {vazgeçmişsiniz|göndermediniz}", "fiyatı {yanlış yazmak|hatalı girmek} sizin sorununuz kettle'ı gönderin",
            "su ısıtıcı siparişi fiyat yanlışmış diye iptal", "{indirimli|ucuz} kettle tuzağı", "499 liralık Fora {yalanı|oyunu}",
            "iptal maili geldi fiyat hatasıymış kettle",
        ), (
            "ordered the Fora K220 for 499 and you cancelled over a price error", "K220 price {doubled|went to 899} overnight",
            "price mistake is your problem send my kettle", "all 499 lira kettle orders cancelled",
        )),
        Matter("izmir_depot", (
            "{İzmir|Bornova} {deposunda|aktarmada} kargom {bekliyor|kaldı}", "paketim {altı|on} gündür İzmir deposundan çıkmadı",
            "Yurtiçi {İzmir|Bornova} aktarma {dolu|kilit} diyorlar", "İzmir depo {yandı mı|taşındı mı} niye çıkmıyor kargolar",
            "{takipte|sistemde} hâlâ Bornova aktarma merkezi yazıyor", "İzmir'deki herkesin kargosu {aynı depoda|gecikti}",
            "Ege'ye kargo {göndermeyin|gelmiyor} depo tıkandı", "Bornova deposu {dağ gibi|tıka basa} paket dolu",
            "aktarma merkezinde {kaybolmuş|unutulmuş} paketim İzmir", "depodan dağıtıma {çıkmıyor|verilmiyor} Bornova",
        ), (
            "my parcel is stuck at the {Izmir|Bornova} depot", "tracking says Bornova hub for {six|ten} days",
            "whole Izmir warehouse is {blocked|full} nothing is delivered", "Yurtici Izmir hub lost my package",
        )),
        Matter("izmir_store_guard", (
            "İzmir {Agora|Bornova} mağazanızda güvenlik {kadını|bir genci} {itti|yere düşürdü}", "güvenlik görevliniz müşteriye {tokat attı|vurdu} İzmir",
            "Bornova mağazadaki {dayak|kavga} videosunu {gördüm|izledim}", "{güvenlikçi|özel güvenlik} çantasını zorla {aradı|açtı} kadının",
            "hırsız muamelesi {yaptılar|gördü} mağazada güvenlik tarafından", "o güvenlik {kovulsun|işten atılsın}",
            "mağazada kadına şiddet uygulayan güvenlik {hakkında|için} açıklama yapın", "İzmir mağaza {görüntüleri|videosu} korkunç güvenlik müşteriyi sürükledi",
            "çantamı arayan güvenlik {özür dilesin|tutuklansın}", "görüntülerdeki güvenlik görevlisi hâlâ {çalışıyor mu|orada mı}",
        ), (
            "security guard in your Izmir store {pushed|slapped} a woman", "saw the video of the guard {hitting|dragging} a customer",
            "fire the guard who searched her bag", "violence by store security in Bornova",
        )),
        Matter("app_login", (
            "uygulamaya {giriş yapamıyorum|giremiyorum}", "{doğrulama|sms} kodu {gelmiyor|ulaşmıyor}", "güncellemeden sonra uygulama {açılmıyor|çöküyor}",
            "hesabıma giremiyorum {kod|şifre} kabul etmiyor", "{giriş|login} ekranında {donuyor|kalıyor}", "son sürüm {berbat|bozuk} oturum açılmıyor",
            "onay kodu {beş dakika|bir saat} sonra geliyor geçersiz diyor", "uygulama beni {atıyor|sürekli çıkarıyor} tekrar giriş istiyor",
            "site de uygulama da oturum hatası veriyor", "hesap {kilitlendi|askıda} diyor kodu girince",
        ), (
            "cannot log in to the app", "verification code never arrives", "app {crashes|freezes} at login since the update",
            "the app keeps logging me out", "login says account locked after the code",
        )),
        Matter("double_charge", (
            "kartımdan {iki kere|çift} para çekildi", "tek sipariş verdim {iki|mükerrer} tahsilat yapılmış", "{bankam|hesap özetim} iki çekim gösteriyor",
            "çift çekilen {parayı|tutarı} iade edin", "{ödeme|sipariş} sırasında hata verdi yine de {iki defa|ikişer kez} çekmiş",
            "aynı alışveriş için iki provizyon {var|düşmüş}", "mükerrer ödemem {geri yatmadı|duruyor}", "kredi kartı ekstremde {aynı tutar iki kez|iki satır}",
            "çift tahsilat {skandalı|mağdurları}",
        ), (
            "charged twice for one order", "double charge on my {card|bank statement}", "duplicate payment not refunded",
            "two debits for the same purchase",
        )),
        Matter("offensive_ad", (
            "{reklamınız|yeni reklam} {kadınları aşağılıyor|cinsiyetçi}", "mutfak kadının yeri mi {diyorsunuz|demek bu} reklamda",
            "cinsiyetçi reklam {kaldırılsın|yayından çekilsin}", "o reklamı yazan {utansın|ajansı kovun}", "kadına hizmetçi {diyen|muamelesi yapan} reklam filmi",
            "televizyondaki reklamınızda kadın {hizmetçi|aptal} gösterilmiş", "{afişteki|billboarddaki} cinsiyetçi slogan", "reklamdan dolayı boykot",
            "anneler günü filmi {rezalet|hakaret} kadınlar ütüyle mutlu olurmuş",
        ), (
            "your new advert is {sexist|insulting to women}", "pull that commercial now", "women belong in the kitchen is that your slogan",
            "boycott over the sexist ad",
        )),
        Matter("lodos_battery", (
            "Lodos X5 {süpürge|dik süpürge} şarjı {on dakika|beş dakika} gidiyor", "X5'in bataryası {şişti|öldü}", "Lodos şarj olmuyor {ışığı yanıyor sadece|adaptör sağlam}",
            "süpürgenin pili {altı ayda|üç ayda} bitti", "X5 pil {yetkili servis|servis} değişmiyor garanti dışı diyor", "şarjlı süpürge {halıyı bitirmeden|bir odada} kapanıyor",
            "Lodos X5 batarya sorunu {herkeste|kronik}", "yeni aldığım X5 şarj tutmuyor", "pil parası {ürünün yarısı|bin beş yüz} lira istediler Lodos",
        ), (
            "Lodos X5 vacuum battery {dies|lasts} in ten minutes", "X5 does not charge any more", "battery of my Lodos swelled",
            "service refuses to replace the X5 battery under warranty",
        )),
        Matter("fake_site", (
            "adınıza sahte site {açmışlar|kurulmuş} dolandırıldım", "{ayazev-indirim|ayaz outlet} diye bir siteden aldım sahteymiş", "instagramdaki {sponsorlu|reklamlı} sahte hesap dolandırıyor",
            "sahte siteye kart bilgimi {verdim|girdim}", "dolandırıcılar sizin logonuzu kullanıyor", "{whatsapptan|smsle} gelen link sahte çıktı paramı kaptırdım",
            "bu site sizin mi {yüzde 80|bedava} indirim diyor", "sahte mağaza linki hâlâ yayında {kapattırın|şikayet edin}", "dolandırıcı sitede Meltem 300 lira",
        ), (
            "a fake site uses your {name|logo}", "got scammed by a fraud shop pretending to be you", "is the 80 percent off outlet link yours or phishing",
            "lost my money on a fake page",
        )),
        Matter("meltem_refund", (
            "Meltem Air iadem {otuz|kırk} gündür yatmadı", "Meltem'i geri gönderdim {para iadesi|ücret iadesi} yok", "iade onaylandı diyor para {hesapta değil|gelmedi} Meltem",
            "hava temizleyiciyi iade ettim param {nerede|içeride kaldı}", "Meltem iade {inceleniyor|depoda} deyip oyalıyorlar", "{iade kodu|iade formu} kayıp hava temizleyici elinizde",
            "Meltem Air geri ödeme {bekliyorum|bekleyenler}", "cihaz depoya {ulaştı|varmış} iade {başlatılmıyor|yapılmıyor} Meltem Air",
        ), (
            "returned my Meltem Air a month ago no refund", "Meltem refund approved but no money", "air purifier returned and refund still pending",
            "you have the purifier and my money",
        )),
        Matter("strike", (
            "depo işçileri {greve|iş bırakmaya} gitti", "işçilerin {maaşını|hakkını} verin grev {haklı|büyüyor}", "Gebze deposunda {grev|eylem} var",
            "sendikalı işçiyi {attınız|kovdunuz}", "grevdeki {emekçinin|işçinin} yanındayız", "grev kırıcı {taşeron|öğrenci} getirmişsiniz depoya",
            "işçi {çıkarmayı|kıyımını} durdurun Gebze", "sendika düşmanı {firma|marka}", "işçiler kapının önünde {üşüyor|bekliyor} görüşün", "asgari ücrete {on iki|on dört} saat çalıştırıyorsunuz",
        ), (
            "warehouse workers are on strike in Gebze", "pay your workers", "stop union busting", "we stand with the striking workers",
        )),
        Matter("bankrupt_rumour", (
            "{iflas|konkordato} ilan edecekmişsiniz doğru mu", "batıyor diyorlar {siparişim|param} ne olacak", "Ayaz Ev {iflas etti|kapanıyor} haberi doğru mu",
            "mağazalar {kapanıyormuş|boşaltılıyormuş} iflas mı", "konkordato {haberi|söylentisi} yalan mı açıklayın", "firma batmadan {iademi|paramı} alayım",
            "iflas eden firmadan {garanti|servis} olur mu", "{patron|sahibi} yurtdışına kaçmış diyorlar batık", "tedarikçilere ödeme yapamıyormuşsunuz konkordato",
        ), (
            "are you going bankrupt", "heard the stores are closing insolvency", "is the bankruptcy rumour true", "what happens to my order if you go bust",
        )),
    ),
    NOISE_TR,
    NOISE_EN,
)  # fmt: skip


def stream(world: World, count: int, seed: int, noise: float = 0.22) -> list[Written]:
    """`count` mentions of a world in the order of their times, the same for the same seed. `noise`: its share."""
    chance = random.Random(seed)
    # A matter begins on one of the first days and dies away; the largest is some six times the smallest.
    sizes = [chance.uniform(1, 6) for _ in world.matters]
    starts = [chance.uniform(0, 4.5 * 24) for _ in world.matters]
    written = []
    for _ in range(count):
        if chance.random() < noise:
            hours, matter = chance.uniform(0, 168), None
        else:
            place = chance.choices(range(len(sizes)), sizes)[0]
            hours, matter = starts[place] + min(chance.gammavariate(1.5, 14), 168 - starts[place]), world.matters[place]
        turkish = chance.random() < 0.72
        text = _voiced(_text(world, matter, turkish, chance), turkish, chance)
        moment = BEGIN + timedelta(seconds=round(hours * 3600))
        written.append(Written(text, "tr" if turkish else "en", matter.name if matter else "", moment))
    return sorted(written, key=lambda one: one.at)


def _text(world: World, matter: Matter | None, turkish: bool, chance: random.Random) -> str:
    tails = TAILS_TR if turkish else TAILS_EN
    if matter is None:
        pools: Sequence[Sequence[str]] = world.noise_tr if turkish else world.noise_en
        parts = [chance.choice(pool) for pool in pools]
        if chance.random() < 0.25:
            parts.insert(0, chance.choice(world.products)[0])
    else:
        cores = matter.tr if turkish else matter.en
        parts = chance.sample(cores, 1 if chance.random() < 0.6 else 2)
        if chance.random() < 0.1:  # people also tell of what happens to anybody
            parts.append(chance.choice((world.noise_tr if turkish else world.noise_en)[0]))
    for _ in range(chance.choices((0, 1, 2), (4, 4, 2))[0]):
        parts.insert(chance.randint(0, len(parts)), chance.choice(tails))
    if chance.random() < 0.15:
        parts.insert(0, f"@{world.brand.replace(' ', '').lower()}")
    filled = [_CHOICE.sub(lambda match: chance.choice(match.group(1).split("|")), part) for part in parts if part]
    return chance.choice((" ", ", ", ". ", " ... ")).join(filled)


def _voiced(text: str, turkish: bool, chance: random.Random) -> str:
    voice = chance.random()
    words = [_mistyped(word, chance) if chance.random() < 0.04 else word for word in text.split(" ")]
    text = " ".join(words)
    if turkish and voice < 0.3:
        text = text.translate(_ASCII).lower()
    elif voice < 0.4:
        text = (text.replace("i", "İ") if turkish else text).upper() + "!!!"
    elif voice < 0.5:
        text = ("Sayın yetkili, " if turkish else "Dear team, ") + text
    elif voice < 0.65:
        text += chance.choice((" 😡", " 🤬🤬", " 👎", " :(", " #rezalet" if turkish else " #fail"))
    return text


def _mistyped(word: str, chance: random.Random) -> str:
    if len(word) < 4:
        return word
    place = chance.randrange(1, len(word) - 1)
    kind = chance.randrange(3)
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return word[:place] + word[place] + word[place:]
