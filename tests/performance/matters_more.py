"""Further streams on which the grouping by incident is developed: an airline, a chain of restaurants, a bank.

Written after the first two worlds, by the same rules (see `matters_written`): twelve matters each that overlap in words,
hashtags in some of them only, facts in some only, and noise of the same products, places and clauses. In `told_on`
some mentions are copies of earlier ones, and some are long.
"""

# ruff: noqa: E501  (a matter reads better in long lines)
from __future__ import annotations

import random
from dataclasses import replace

from tests.performance.matters_written import TAILS_EN, TAILS_TR, Matter, World, Written

_ANY_TR = (
    "uygulamada {adresimi|telefonumu} değiştiremiyorum", "şifremi {unuttum|yenileyemiyorum}", "üyeliğimi {silmek|kapatmak} istiyorum",
    "fatura bilgilerim {yanlış|eksik}", "{çalışma saatleriniz|kaçta kapanıyorsunuz} nedir", "öğrenci indirimi {var mı|neden bitti}",
    "{şubeniz|ofisiniz} nerede bulamadım", "müşteri temsilcisi telefonu {yüzüme kapattı|açmıyor}", "memnuniyet anketi {sürekli|her gün} geliyor",
    "reklam mesajı {göndermeyin|almak istemiyorum}", "{iş başvurusu|staj} yaptım haber yok", "isim soyisim {yanlış|hatalı} yazılmış",
)  # fmt: skip
_ANY_EN = (
    "forgot my password", "cannot change my {address|number} in the app", "stop sending me {ads|texts}", "want to delete my account",
    "the invoice is {wrong|missing}", "what are your opening hours", "applied for a job no reply", "my name is misspelled",
)  # fmt: skip
_WHERE_TR = (
    "{Konya|Trabzon|Kayseri|Samsun} {tarafı|merkez}", "{Bursa|Mersin|Eskişehir}'de oturuyorum", "{Antalya|Adana|Denizli}'den yazıyorum", "", "", "", "", "",
)  # fmt: skip
_WHERE_EN = ("living in {Bursa|Konya|Mersin}", "writing from {Adana|Samsun}", "", "", "", "")

AIRLINE = World(
    "Turna Hava",
    (("Turna Plus", "Plus kart"), ("EkoUçuş", "Eko"), ("Konfor Paket", "Konfor"), ("Turna Mil", "TurnaMil")),
    (
        Matter("luggage_antalya", (
            "Antalya'da bavulum {gelmedi|çıkmadı} bantta {bir saat|iki saat} bekledik", "{uçaktan|TH412'den} hiç valiz inmemiş Antalya", "bagajlar {Sabiha'da|İstanbul'da} unutulmuş bütün uçak mağdur",
            "TH412 yolcularının {valizleri|bagajları} kayıp", "tatile {mayosuz|kıyafetsiz} geldik valizler yok Antalya", "kayıp eşya bürosu {kapalı|formu almıyor} bagajım nerede",
            "otele {getireceğiz|yollayacağız} dediler bavul {üç gündür|hâlâ} yok", "bebeğin {maması|ilacı} bavuldaydı TH412", "bagaj takip numarası {sistemde yok|boş çıkıyor}",
            "yer hizmetleri greve mi gitti bagaj {yüklememişler|bırakmışlar}",
        ), (
            "my suitcase never arrived in Antalya", "whole plane TH412 has no luggage", "baggage left behind in Istanbul", "lost luggage desk in Antalya is closed",
        )),
        Matter("cabin_bag_fee", (
            "el bagajına {600|altı yüz} lira ücret {aldılar|istediler} kapıda", "sırt çantasını {ölçtüler|kutuya soktular} bagaj parası kestiler", "kabin çantası {iki santim|azıcık} büyükmüş 600 lira",
            "biletten pahalı bagaj ücreti {olur mu|rezalet}", "dün ücretsizdi bugün el bagajı {paralı|ücretli} olmuş", "kapıda {kartı zorla|nakit} aldılar kabin valizi için",
            "yeni bagaj kuralını {kimseye söylemediniz|gizlediniz}", "çanta ölçüm kutusu {bilerek küçük|hileli}", "laptop çantasına bile ücret #bagajsoygunu", "#bagajsoygunu 600 lira ödedim",
        ), (
            "charged 600 lira for a cabin bag at the gate", "new hand luggage rule is a rip off", "backpack fee more than my ticket", "sizer box at the gate is rigged",
        )),
        Matter("fog_cancel", (
            "sis yüzünden {bütün|sabah} uçuşlar iptal havalimanında {yerde yatıyoruz|mahsur kaldık}", "uçuşum iptal oldu {otel|yemek} vermediniz", "Sabiha Gökçen'de {iptal kuyruğu|masa önü} yüzlerce kişi tek görevli",
            "{gece|on saat} havalimanında bekledik kimse bilgi vermedi sis varmış", "diğer firmalar uçuyor sadece siz sisten {kalkamıyorsunuz|iptal ettiniz}", "alternatif uçuş {üç gün sonraya|haftaya} verdiler sis bahane",
            "sis dağıldı hâlâ {anons yok|kalkış yok}", "yaşlılar çocuklar {betonda|yerde} uyudu Sabiha", "iptal mesajı {uçuştan on dakika önce|gece yarısı} geldi", "aktarmam kaçtı sis iptali {Sabiha'da|yüzünden} vizem yanacak",
        ), (
            "all flights cancelled because of fog and no hotel", "stranded at Sabiha all night sleeping on the floor", "one clerk for hundreds of cancelled passengers", "rebooked three days later because of fog",
        )),
        Matter("refund_voucher", (
            "iptal ettiğiniz uçuşun parasını {kupon|çek} olarak veriyorsunuz", "bilet iadem {iki aydır|kırk gündür} yatmadı", "kupon istemiyorum {paramı|nakit iade} istiyorum", "iade yerine {uçuş çeki|puan} dayatması",
            "bilet iadesi için {form|dilekçe} doldurdum {reddedildi|cevap yok}", "çekin süresi {doldu|bitmiş} bilet param yandı", "iade talebim {inceleniyor|beklemede} yazıyor kuponu kabul etmedim",
            "yasal hakkım bilet bedelini {geri ödeyin|yatırın}", "kupon ile bilet alınmıyor {kod geçersiz|hata}",
        ), (
            "want cash not a voucher for my ticket", "ticket refund pending for two months", "voucher expired and my money is gone", "voucher code is not accepted for booking",
        )),
        Matter("dragged_passenger", (
            "yolcuyu uçaktan {sürükleyerek|zorla} indirdiniz videosu {her yerde|izledim}", "fazla bilet satıp adamı {dövdünüz|yerlerde sürüklediniz}", "koltuğundan kalkmayan {doktoru|yaşlı amcayı} güvenlik sürükledi",
            "overbooking yapıp yolcuyu {atmak|darp etmek} ne demek", "o videodaki {kabin amiri|hostes} gülüyordu yolcu sürüklenirken", "uçaktan indirilen yolcudan {özür dileyin|helallik alın}", "#turnadadayak {utanın|rezalet}",
            "#turnadadayak adamın burnu kanıyordu", "koltuk fazla satılmış diye güvenlik {çağırdılar|uçağa bindi}", "görüntüler korkunç yolcuyu {koridorda|kolundan} sürüklediler",
        ), (
            "video of a passenger dragged off the plane", "you oversold seats and beat a man", "cabin crew laughing while security drags an old man", "apologise to the passenger you dragged",
        )),
        Matter("checkin_app", (
            "uygulamadan check-in {yapılmıyor|hata veriyor}", "biniş kartı {açılmıyor|yüklenmiyor} uygulama donuyor", "online check-in {sayfası|ekranı} beyaz kalıyor", "PNR {bulunamadı|geçersiz} diyor uygulama",
            "güncellemeden beri biniş kartım {kayıp|görünmüyor}", "kapıda telefon açılmadı check-in için {100 lira|ücret} kestiler", "QR kod {okunmuyor|çıkmıyor} turnikede kaldım", "uygulama koltuk seçtirip {çöküyor|atıyor} check-in yarım",
            "site de PNR hatası {veriyor|gösteriyor} check-in kapandı",
        ), (
            "online check-in fails with PNR not found", "boarding pass does not load in the app", "app freezes at check-in", "QR code would not scan at the gate",
        )),
        Matter("miles_devalued", (
            "Turna Mil puanları bir gecede {yarıya indi|değersizleşti}", "millerim {silinmiş|sıfırlanmış} {haber vermeden|uyarmadan}", "ödül bilet {20 bin|yirmi bin} mildi {45 bin|iki katı} olmuş", "mil programı {bitmiş|çöp olmuş}",
            "yıllarca biriktirdiğim miller {çöpe|hiçe} gitti", "Plus kart statüm {düşürüldü|iptal edildi} mil yetmiyormuş", "mille bilet {bulunmuyor|alınmıyor} kontenjan yok", "TurnaMil {tarifesi|tablosu} gizlice değişti", "mil puanları {yanmadan|bitmeden} kullanın diyorsunuz koltuk yok",
        ), (
            "award ticket went from 20000 to 45000 miles overnight", "my miles were wiped without notice", "Turna Mil is worthless now", "lost my Plus status after the miles change",
        )),
        Matter("smoke_landing", (
            "uçakta duman çıktı {acil indik|Ankara'ya indik}", "kabin {duman doldu|yanık koktu} maskeler {düştü|açıldı}", "motordan {alev|kıvılcım} çıktı pilot acil iniş yaptı", "ölümden döndük {acil iniş|zorunlu iniş} sonrası kimse sormadı",
            "{kaydıraktan|slayttan} indik ayağım {kırıldı|burkuldu}", "TC-TRN uçağı {iki aydır|daha önce de} arızalıymış duman", "uçakların bakımı {yapılmıyor|sahte} motor alev aldı", "itfaiye {pistte|köpük sıktı} bekliyordu duman yüzünden",
            "pilot {sakin|titreyen sesle} anons etti motor gitti", "acil iniş yapan uçaktaki {yolculara|bize} psikolojik destek yok",
        ), (
            "smoke in the cabin and emergency landing in Ankara", "engine on fire masks dropped", "broke my ankle on the evacuation slide", "that aircraft had engine trouble before",
        )),
        Matter("pet_died", (
            "kedim {kargo bölümünde|bagajda} öldü", "köpeği {aprona|güneşe} bırakmışlar {ölmüş|can vermiş}", "{Pamuk|oğlum} kafeste {havasız kaldı|donmuş}", "evcil hayvan taşıyamıyorsanız {para almayın|almayın}",
            "kafesi {ters|valizlerin altına} koymuşlar kedi ölü çıktı", "#pamukiçinadalet {susmayın|cevap verin}", "#pamukiçinadalet hayvan katili firma", "veteriner raporu {ısı çarpması|oksijensizlik} diyor köpek", "canımı aldınız bir {özür|telefon} yok kedim öldü",
        ), (
            "my cat died in the cargo hold", "dog left on the hot apron died in its cage", "stop taking pets if you kill them", "the cage was put under suitcases",
        )),
        Matter("crew_strike", (
            "kabin memurları {greve gidiyor|iş bırakıyor}", "hostesleri {16 saat|uykusuz} çalıştırıyorsunuz", "grev {cuma|bayramda} başlıyor biletim ne olacak", "sendika {oyladı|kararı asmış} kabin ekibi grevde", "pilotlar da {destek veriyor|yavaşlatıyor} greve",
            "işten çıkarılan {hostesleri|kabin memurlarını} geri alın", "emekçinin hakkını verin grev {haklıdır|sürecek}", "grev kırmak için {yabancı ekip|kiralık uçak} getirmişsiniz", "yorgun mürettebat {tehlike|kaza} demek grev sesini duyun",
        ), (
            "cabin crew are going on strike on Friday", "will my flight operate during the strike", "overworked crew is a safety risk", "we stand with the cabin crew union",
        )),
        Matter("fake_ticket", (
            "sahte {acente|site} adınıza bilet satıyor", "havalimanında biletim {sahte|geçersiz} çıktı dolandırıldık", "turna-kampanya diye {instagram|telegram} hesabı dolandırıyor", "59 liralık bilet {linki|kampanyası} tuzak", "kart bilgimi girdim {bilet gelmedi|para gitti} sahte siteymiş",
            "ailece {on kişi|beş kişi} sahte biletle kaldık", "whatsapptan gelen bedava bilet {anketi|mesajı} sizin mi", "dolandırıcı acenteyi {şikayet edin|kapattırın} logonuz var", "sahte sitedeki {59 lira|59 TL} fırsatına inandık",
        ), (
            "fake agency sells tickets in your name", "ticket turned out to be fake at the airport", "is the 59 lira ticket link on whatsapp real", "scam account uses your logo to sell flights",
        )),
        Matter("food_ill", (
            "uçakta verilen {sandviçten|tavuktan} zehirlendik", "TH077'de yemek yiyen {herkes|yirmi kişi} kustu", "{bozuk|ekşi} tavuklu sandviç dağıttınız hastaneye {kaldırıldık|gittik}", "ikramdan sonra {ateşim çıktı|karnım ağrıdı} serum yedim", "ikram firması {değişmiş|ucuzcu} sandviçler kokuyordu",
            "New York uçağında {çocuklar|yolcular} fenalaştı yemekten", "hostes de {zehirlenmiş|yemeyin demiş} TH077", "mayonezli sandviç {sıcakta|dışarıda} beklemiş", "sağlık ekibi uçağı {karşıladı|kapıda bekledi} zehirlenme",
        ), (
            "food poisoning from the chicken sandwich on board", "twenty people vomiting on TH077", "the catering was spoiled and we ended up in hospital", "ambulances met the plane after the meal",
        )),
    ),
    (
        (
            "{dün|geçen hafta|salı günü} bilet aldım", "uçuş saatim {değişti|ertelendi}", "bagaj hakkım {kaç kilo|yazmıyor}", "koltuk seçimi {ücretli mi|yapamadım}", "biletimi {iptal etmek|açığa almak} istiyorum", "hostes {çok kibardı|suratsızdı}", "rötar {kırk dakika|bir saat} oldu",
            "mil {yüklenmedi|eklenmedi}", "bavulun {tekeri|sapı} kırılmış", "uçak {çok soğuktu|çok dardı}", "ikramda {su|çay} bile paralı", "check-in kontuarı {geç açıldı|kalabalıktı}", "çağrı merkezi bilet değişimi {yapmıyor|bilmiyor}", "bebek arabasını {kapıda|bantta} verdiler", *_ANY_TR,
        ),
        (
            "{cam kenarı|koridor|önden} istiyorum", "{balayı|düğün|toplantı|sınav} için gidiyorum", "{Köln|Londra|Tiflis|Bakü} hattı", "{kaydıraklı|pembe|deri} çantam {çizilmiş|yırtılmış}", "{annemin|babamın|yeğenimin} adına", "{tekerlekli sandalye|refakatçi} {istemiştik|yoktu}", "{vegan|glutensiz} menü {yok|çıkmadı}",
            "{havale|taksit} ile ödedim", "{kulaklık|battaniye|priz} {yok|çalışmıyor}", "{haftaya|yarın|pazartesi} uçuyorum", "{gitar|kayak|sörf} takımı taşıyacağım", "{pasaportumun|kimliğimin} süresi doluyor", "{yastık|şemsiye|gözlük} unuttum koltukta",
        ),
        _WHERE_TR,
    ),
    (
        (
            "I booked {a flight|two seats} last week", "my flight time {changed|moved}", "how many kilos can I take", "want to cancel my ticket", "the flight was {late|delayed} an hour", "my miles did not {load|show}", "suitcase wheel is broken", "the plane was {freezing|cramped}", "crew was {kind|rude}", *_ANY_EN,
        ),
        (
            "wanted a {window|aisle} seat", "travelling for a {wedding|meeting}", "route to {Cologne|London|Baku}", "no {vegan|kosher} meal", "{headphones|blanket} missing", "flying {tomorrow|Monday}", "left my {umbrella|glasses} on board", "need a wheelchair for my {mother|uncle}",
        ),
        _WHERE_EN,
    ),
)  # fmt: skip

FOOD = World(
    "Lokma Durağı",
    (("Dev Lokma", "Dev menü"), ("Çıtır Kova", "Kova"), ("Minik Lokma", "çocuk menüsü"), ("Lokma Kart", "LokmaKart")),
    (
        Matter("poisoned_kadikoy", (
            "Kadıköy şubesinde {tavuk döner|döner} yedik {hepimiz|dört kişi} zehirlendik", "tavuk dönerden sonra {kustum|hastanelik oldum}", "Kadıköy {acilde|hastanede} lokmadan zehirlenen {onlarca|yirmi} kişi var", "döner {çiğdi|pembe kalmıştı} bütün gece kustuk",
            "salmonella çıkmış Kadıköy {şubesinden|dönerinden}", "serum taktılar {gıda zehirlenmesi|zehirlenme} raporu var", "çocuğum {iki gündür|ateşler içinde} yatıyor dönerden", "o şubeyi {mühürleyin|kapatın} millet zehirleniyor", "belediye {numune|örnek} aldı tavuk dönerden",
        ), (
            "food poisoning from chicken doner in Kadikoy", "four of us vomiting after eating at the Kadikoy branch", "the chicken was raw", "hospital says salmonella",
        )),
        Matter("insect_salad", (
            "salatadan {böcek|hamam böceği} çıktı", "Çıtır Kova'nın içinde {kanatlı böcek|sinek} var", "marulun {arasında|altında} canlı {kurt|tırtıl} geziyor", "böcekli salatanın {fotoğrafı|videosu} burada", "yarısını yedim sonra {böceği|kurdu} gördüm midem kalktı", "garsona gösterdim böceği {güldü|maydanoz dedi}",
            "salatayı {yıkamıyor musunuz|nereden alıyorsunuz} böcek dolu", "tavuk kovasında {kıl|tüy} ve böcek", "yeni tabak verdiler onda da {sinek|böcek} vardı",
        ), (
            "found a cockroach in my salad", "there was a live worm in the lettuce", "waiter laughed when I showed the bug", "insect inside the chicken bucket",
        )),
        Matter("allergy_peanut", (
            "sosta fıstık {varmış|yazmıyor} alerjim tuttu", "{oğlum|kızım} yer fıstığı yüzünden {şoka girdi|nefes alamadı}", "alerjen listesinde fıstık {yok|gizlenmiş} yeni sos", "fıstık alerjisi var dedik {yine de|rağmen} verdiler", "acı sosa yer fıstığı {koymuşsunuz|ezmesi katmışsınız} kimse bilmiyor", "epipen olmasa {ölüyordu|gidiyordu} çocuk", "içerik etiketi {yanlış|eksik} fıstık",
            "dudağım dilim {şişti|uyuştu} sosu yiyince", "alerjisi olanlar {dikkat|yemesin} yeni sosta yer fıstığı",
        ), (
            "undeclared peanut in the new sauce", "my son had an allergic shock after the sauce", "the allergen list does not mention peanuts", "told them about the nut allergy and they served it anyway",
        )),
        Matter("coupon_app", (
            "uygulamadaki {yarı fiyat|1 alana 1} kuponu {çalışmıyor|kabul edilmedi}", "kuponu kasada {okutmadılar|reddettiler}", "Lokma Kart puanım {silinmiş|uçmuş}", "kupon süresi {dolmadan|bitmeden} geçersiz diyor", "kampanya kodunu {giriyorum|yazıyorum} sepette indirim düşmüyor", "şube {bizde geçmez|kampanyaya dahil değiliz} diyor kupon için",
            "puanla {menü|kahve} alınmıyor LokmaKart hatası", "uygulama kampanyası {yalan|tuzak} kimse uygulamıyor", "indirim kuponu {sadece|ancak} tek şubede geçiyormuş",
        ), (
            "half price coupon does not work", "branch refused the app voucher", "my Lokma Kart points vanished", "promo code gives no discount in the basket",
        )),
        Matter("kid_kicked_out", (
            "mendil satan çocuğu {tekmeleyip|iterek} dışarı attınız", "Beşiktaş şubesinde çocuğa {tokat atan|vuran} müdür", "sokak çocuğuna yemek alan {kadını|müşteriyi} da kovmuşlar", "o küçük çocuğu {yere|kapıya} fırlatan müdür {kovulsun|tutuklansın}", "çocuğun {ekmeğini|tepsisini} elinden aldılar Beşiktaş", "#açbırakmayın çocuk aç diye girmiş dövmüşler", "#açbırakmayın {boykot|gitmiyoruz}",
            "videodaki mendilci çocuk {ağlıyordu|sekiz yaşında}", "müdürünüz çocuğa el kaldırdı {açıklama|özür} bekliyoruz",
        ), (
            "your manager slapped a child selling tissues", "kid thrown out of the Besiktas branch", "woman who bought food for a street child was kicked out", "fire the manager who hit that boy",
        )),
        Matter("courier_hit", (
            "motor kuryeniz {bana|yayaya} çarpıp kaçtı", "kuryeler {kaldırımdan|ters yönden} gidiyor çarptı", "34 plakalı Lokma motoru {kırmızıda geçti|kaldırımda çarptı}", "{bacağım|kolum} kırıldı kurye motoru yüzünden", "on beş dakikada teslimat baskısı {kuryeyi öldürüyor|kaza yaptırıyor}", "kurye kazasında {ölen|vefat eden} genç sigortasızmış", "kuryelere {kask|sigorta} vermiyorsunuz kaza oldu", "motorlu kurye {annemi|çocuğu} ezdi",
            "kaza yapan kuryeyi {işten attınız|suçladınız} utanmadan",
        ), (
            "your delivery rider hit me and ran", "rider killed because of fifteen minute delivery pressure", "motorbike courier on the pavement broke my leg", "no insurance for riders who crash",
        )),
        Matter("cold_or_wrong", (
            "sipariş {buz gibi|soğuk} geldi patates {sünmüş|ıslak}", "Dev Lokma yerine {Minik Lokma|başka menü} göndermişler", "siparişte {içecek|sos} eksik kurye bilmiyor", "paket {iki saat|bir buçuk saat} sonra soğumuş geldi", "yanlış menü geldi {değiştirmiyorsunuz|iade yok}", "hamburgerin {köftesi|eti} yok paketten ekmek çıktı", "soğuk yemek gönderip {afiyet olsun|beş yıldız} istiyorsunuz", "kolalar {devrilmiş|dökülmüş} paket sırılsıklam",
            "her siparişte bir şey {eksik|unutulmuş} patates yok",
        ), (
            "order came ice cold after two hours", "burger without the patty", "drink and sauce missing from my order", "got the wrong menu and no replacement",
        )),
        Matter("hidden_camera_meat", (
            "mutfaktaki gizli {kamera|çekim} görüntüleri iğrenç", "tarihi geçmiş eti {yıkayıp|yeniden etiketleyip} satıyorsunuz", "çalışan ifşa etmiş {kokmuş et|yerden alınan köfte} servis ediliyor", "etiket {değiştiren|söken} eleman videoda", "yere düşen köfteyi {tezgaha|ekmeğe} koyuyorlar görüntülerde", "tarım bakanlığı {denetlesin|baskın yapsın} bozuk et", "eski çalışanınız {anlatmış|yazmış} et üç hafta bekliyormuş",
            "son kullanma tarihi {değiştirilmiş|silinmiş} etler", "{gizli çekimden|o videodan} sonra bir daha köfte yiyemem",
        ), (
            "hidden camera shows expired meat relabelled", "former employee says meat is weeks old", "video of a patty picked up from the floor", "you change the dates on rotten meat",
        )),
        Matter("price_hike", (
            "Dev Lokma {geçen ay|dün} 180'di bugün {260|260 lira} olmuş", "menülere {bir ayda üç|yüzde kırk} zam", "porsiyon {küçüldü|yarıya indi} fiyat arttı", "çocuk menüsü {250|iki yüz elli} lira olur mu", "zamlı fiyatla {kırmızı ette|lokantada} yerim", "kasadaki fiyat menüdekinden {farklı|yüksek} zam gelmiş", "patates küçülmüş {fiyatı|zammı} büyümüş Dev menü", "260 liraya {iki lokma|ekmek arası} yemek",
        ), (
            "Dev Lokma went from 180 to 260", "third price rise this month", "portions shrink and prices grow", "price at the till differs from the menu",
        )),
        Matter("toy_choking", (
            "Minik Lokma oyuncağının {tekeri|parçası} koptu çocuk {yuttu|boğuluyordu}", "menüden çıkan oyuncak {boğulma tehlikesi|tehlikeli} toplatın", "oyuncak arabanın {vidası|pili} çıkıyor bebek ağzına attı", "çocuğumun boğazından {plastik parça|teker} çıkardılar", "oyuncakta {yaş uyarısı|CE işareti} yok", "röntgende oyuncak {parçası|pili} görünüyor", "çocuk menüsünün oyuncağı {ikinci dakikada|hemen} dağıldı keskin kenar",
            "o oyuncak {hâlâ|dağıtılıyor} veriliyor şubelerde", "doktor pil yutmuş dedi {oyuncaktan|menü oyuncağı}",
        ), (
            "the toy in the kids menu broke and my son choked", "recall the toy with small parts", "battery fell out of the toy", "plastic wheel removed from my child's throat",
        )),
        Matter("branch_fire", (
            "Kadıköy şubenizde {yangın çıktı|baca tutuştu}", "mutfaktan {alevler|dumanlar} yükseldi müşteriler {kaçıştı|camdan atladı}", "yangın çıkışı {kilitliydi|kapalıydı} içeride kaldık", "fritöz {alev aldı|patladı} söndürücü {boştu|çalışmadı}", "çalışan yanmış {itfaiye|ambulans} geç geldi", "dumandan {zehirlenen|etkilenen} müşteriler var şube yandı", "yangında {çantam|paltom} içeride kaldı kim ödeyecek", "baca {temizlenmiyor|yağ dolu} demiştik yangın oldu",
        ), (
            "fire at your Kadikoy branch", "the fire exit was locked", "fryer exploded and the extinguisher was empty", "flames from the kitchen and customers ran out",
        )),
        Matter("kiosk_double", (
            "kiosk parayı {iki kere|çift} çekti fiş {vermedi|yok}", "ekranda ödeme {başarısız|reddedildi} yazdı kartımdan düştü", "kiosktan ödedim sipariş {mutfağa düşmedi|numarası çıkmadı}", "çift çekim yapan kiosk {hâlâ|bozuk} duruyor", "kasiyer {bankaya git|bizde görünmüyor} diyor para gitti", "temassız {dokundum|okuttum} iki provizyon kiosk", "260 lira iki defa {çekilmiş|tahsil edilmiş} kiosk hatası", "dokunmatik ekran dondu param {kaldı|içeride}",
        ), (
            "kiosk charged my card twice", "payment failed on the screen but money is gone", "no receipt no order number from the kiosk", "cashier says ask your bank",
        )),
    ),
    (
        (
            "{dün|geçen hafta|salı günü} şubenize gittik", "menüye {sıcak çorba|kahvaltı} ekleyin", "masalar {kirliydi|yapış yapıştı}", "garson {çok ilgiliydi|suratsızdı}", "patates {tuzsuzdu|yanmıştı}", "kola {gazsızdı|sulandırılmış}", "kurye {zili çalmadan|kapıya gelmeden} gitti", "tuvalet {kilitli|sabunsuz}", "otopark {yok|ücretli mi}",
            "sipariş {yarım saat|kırk dakika} sürdü", "müzik {çok yüksek|bangır bangır}", "sos {paralı olmuş|istemiştim}", "doğum günü {kutluyor musunuz|paketi kaç lira}", "ketçap {vermediniz|bitmiş}", *_ANY_TR,
        ),
        (
            "{acılı|soğansız|turşusuz|bol peynirli} istemiştim", "{nişan|kına|mezuniyet} için sipariş vereceğim", "{vegan|glutensiz|diyet} seçenek", "{mama sandalyesi|rampa|asansör} {yok|bozuk}", "{ayran|limonata|şalgam} {bitmiş|ekşi}", "{AVM|otogar|metro} içindeki", "{kartvizit|yemek kartı|setcard} geçiyor mu",
            "{kayınvalidemle|iş arkadaşlarımla|takımla} gittik", "{pipet|peçete|çatal} koymamışlar", "{klima|ışık|televizyon} açık değil", "{haftaya|yarın|pazartesi} açılıyor mu", "{şemsiyemi|atkımı|şarj aletimi} unuttum", "{bisikletle|arabayla} alabilir miyim",
        ),
        _WHERE_TR,
    ),
    (
        (
            "we visited your branch last week", "tables were {dirty|sticky}", "the waiter was {great|rude}", "fries were {burnt|unsalted}", "cola was flat", "the courier did not ring", "toilet was locked", "waited forty minutes", "please add {soup|breakfast}", *_ANY_EN,
        ),
        (
            "asked for no {onion|pickle}", "ordering for a {party|graduation}", "any {vegan|gluten free} option", "no high chair", "the {lemonade|ayran} was sour", "inside the {mall|metro}", "forgot my {scarf|umbrella}", "no {straw|napkins}",
        ),
        _WHERE_EN,
    ),
)  # fmt: skip

BANK = World(
    "Pusula Bank",
    (("Pusula Gold", "Gold kart"), ("PusulaCep", "Cep uygulaması"), ("Filiz Hesap", "Filiz"), ("Kolay Kredi", "Kolay")),
    (
        Matter("eft_stuck", (
            "EFT yaptım para {karşıya geçmedi|havada kaldı}", "havale {üç gündür|dünden beri} askıda hesabımdan düştü", "FAST transferi {gitmedi|beklemede} alıcı alamadı", "maaşları {yatıramadım|gönderemedim} EFT sistemi durmuş", "kira parası {karşıda yok|ulaşmadı} ev sahibi bekliyor havale", "para gitti {dekont|IBAN} doğru karşı banka yok diyor",
            "transferi {iptal|geri} alamıyorum iki arada kaldı", "şirket hesabından {toplu ödeme|çek} geçmedi EFT kuyrukta", "kapora gönderdim {araç|ev} gitti para askıda",
        ), (
            "transfer left my account and never arrived", "EFT pending for three days", "salary payments are stuck in your system", "recipient bank says nothing came",
        )),
        Matter("card_fee", (
            "kart aidatı {1200|bin iki yüz} lira kesilmiş", "Pusula Gold yıllık ücreti {habersiz|sormadan} aldınız", "aidatsız demiştiniz Gold karta {aidat|ücret} yansıdı", "kart aidatı iadesi {reddedildi|yapılmıyor}", "tüketici kanunu aidatsız kart {zorunlu|hakkım}", "kartı {iptal|kapatmak} istiyorum aidatı ödemeden kapatmıyorlar", "ekstreye {üyelik ücreti|aidat} girmiş 1200", "hakem heyeti aidatı {iade ettirdi|haklı buldu}", "hiç kullanmadığım Gold karta {aidat|borç}",
        ), (
            "annual fee of 1200 charged on my Gold card", "you promised a card without a fee", "annual fee refund refused", "cannot close the card before paying the fee",
        )),
        Matter("sim_swap", (
            "hattımı {kopyalamışlar|başkası almış} hesabım boşaltıldı", "sahte kimlikle {sim kart|yeni hat} çıkarıp {kredi çekmişler|para göndermişler}", "haberim olmadan adıma {80 bin|kredi} çekilmiş dolandırıcı", "banka {bizde sorun yok|şifre sizden} diyor hesabım boşaldı", "onay SMS'i dolandırıcıya {gitmiş|düşmüş}", "gece {üçte|dörtte} yedi transferle {birikimim|param} gitti güvenlik nerede", "savcılığa {gittim|başvurdum} hesabı boşaltılanlar birleşelim", "hat değişince {neden|niye} sormadan kredi veriyorsunuz",
            "dolandırıcının hesabı {hâlâ açık|sizin bankada} bloke edin",
        ), (
            "my sim was swapped and my account was emptied", "a loan was taken in my name by fraudsters", "seven transfers at night and no alarm", "block the account of the thief",
        )),
        Matter("cep_down", (
            "PusulaCep {açılmıyor|çöktü} sabahtan beri", "mobil bankacılık {bakımda|hata} diyor para gönderemiyorum", "Cep uygulaması {güncelledim|yeniledim} giriş yok", "parmak izi {çalışmıyor|tanımıyor} uygulama atıyor", "maaş günü sistem {çöker mi|gitti}", "internet şubesi de {beyaz ekran|bağlanamadı} veriyor", "hesabım {sıfır|eksi} görünüyor uygulamada korktum", "market kasasında {kaldım|rezil oldum} mobil açılmadı", "sistem arızası {ne zaman|kaçta} düzelecek mobil",
        ), (
            "PusulaCep has been down since the morning", "mobile banking shows maintenance", "fingerprint login does not work since the update", "my balance shows zero in the app",
        )),
        Matter("atm_swallow", (
            "ATM kartımı {yuttu|geri vermedi}", "bankamatik parayı {vermedi|saymadı} hesaptan düştü", "Kızılay ATM'si {5000|beş bin} lira eksik verdi", "para yatırdım ATM {sıkıştı|kapandı} param içeride", "ATM kamera kaydı {izlenmiyor|silinmiş} param yok", "Kızılay'daki bankamatiğin önünde {on kişi|sıra} parası kalan", "kart yutan makine {aylardır|haftalardır} bozuk", "ATM itirazı {45 gün|kırk beş gün} sürermiş", "makineden {sahte|yırtık} iki yüzlük çıktı",
        ), (
            "ATM swallowed my card", "cash machine gave no money but debited me", "deposit stuck in the Kizilay ATM", "dispute takes 45 days for an ATM error",
        )),
        Matter("retiree_queue", (
            "emekli promosyonu {yatmadı|eksik}", "emeklileri {soğukta|kapıda} kuyrukta bekletiyorsunuz", "promosyon {12 bin|on iki bin} demiştiniz {8 bin|sekiz bin} yattı", "babam {76|80} yaşında şube kuyruğunda bayıldı", "emekli maaşını taşıyana söz {verdiniz|tutmadınız} promosyon", "sıramatik {bozuk|kapalı} yaşlılar ayakta", "promosyon almak için {sigorta|kart} dayattılar emekliye", "maaş promosyonu taahhüdü {üç yıl|bozulmaz} bağladınız", "emekliye {sandalye|su} yok koca şubede",
        ), (
            "pensioner bonus was not paid", "my father fainted in the branch queue", "promised 12000 bonus and paid 8000", "elderly people waiting in the cold",
        )),
        Matter("stutter_ad", (
            "reklamda {engelliyle|kekeme biriyle} dalga geçmişsiniz", "o reklam filmi {engellileri|kekemeleri} aşağılıyor kaldırın", "kekeme çocuğa {gülen|taklit yapan} banka reklamı", "ünlü oyuncuya {milyonlar|servet} verip hakaret ettirdiniz", "reklamı {RTÜK'e|reklam kuruluna} şikayet ettim kekemelik", "#kekemelikkomikdeğil {silin|özür}", "#kekemelikkomikdeğil oğlum o reklamdan sonra okula gitmedi", "empati yoksunu {reklamcı|senarist} engelli şakası", "özür metni {yetersiz|samimiyetsiz} reklam hâlâ dönüyor",
        ), (
            "your advert mocks people who stutter", "take down the commercial laughing at disabled people", "my son stutters and cried at your ad", "the apology for the ad is not enough",
        )),
        Matter("rate_mistake", (
            "kredi faizi {sözleşmede|teklifte} 2,89 ekstrede {4,19|fazla}", "Kolay Kredi faizini {sonradan|tek taraflı} artırdınız", "taksitim {6400'den|bir anda} 8100'e çıktı", "ödeme planı {değişmiş|başka} faiz farkı koymuşsunuz", "sabit faiz dediniz {değişken|farklı} çıktı Kolay Kredi", "faiz hatası {mağdurları|yüzünden} fazla taksit ödüyor", "kredi sözleşmesinin {kopyası|aslı} bende oran 2,89 yazıyor", "taksit farkını {geri verin|iade edin} faiz yanlış", "BDDK'ya yazdım {faiz|taksit} oyunu",
        ), (
            "contract says 2.89 and you charge 4.19", "my instalment jumped from 6400 to 8100", "fixed rate loan suddenly variable", "return the extra interest of Kolay Kredi",
        )),
        Matter("data_leak", (
            "müşteri {listesi|verileri} internete düşmüş TC kimlik numaram var", "hacker forumunda {3 milyon|üç milyon} Pusula müşterisi satılıyor", "verilerim {sızmış|çalınmış} arayan arayana", "anne kızlık soyadım bile {sızıntıda|listede} var", "KVKK'ya {başvuracağım|şikayet ettim} kişisel veri ihlali", "sızıntıyı {günlerce|bir ay} saklamışsınız", "kart numaraları da {sızdı mı|listede mi} açıklayın", "adresimi bilen {biri|dolandırıcı} aradı verilerim sizden çıkmış", "veri ihlali bildirimi {neden|hâlâ} gelmedi",
        ), (
            "customer data of three million people for sale on a forum", "my id number is in the leak", "you hid the breach for a month", "are card numbers part of the leaked data",
        )),
        Matter("branch_robbed", (
            "kiralık kasam {boş çıktı|soyulmuş}", "kasadaki {altınlar|bilezikler} yok Çankaya şubesi", "kasa dairesine {kim girdi|çalışan girmiş} altınlarım nerede", "şube müdürü {kasadan|müşterinin kasasını} açıp {kaçmış|çalmış}", "Çankaya'daki kiralık kasa {mağdurları|sahipleri} toplandı", "kasanın anahtarı {bende|tek} nasıl açılır altın", "kırk yıllık {birikim|düğün altınım} kasada buhar oldu", "sigorta kasayı {karşılamıyor|kapsamıyor} diyorlar altın", "polis kasa dairesinde {parmak izi|inceleme} yaptı",
        ), (
            "my safe deposit box is empty", "gold stolen from boxes at the Cankaya branch", "branch manager opened customers' boxes", "insurance does not cover the deposit box",
        )),
        Matter("filiz_cut", (
            "Filiz Hesap faizi {habersiz|bir gecede} düştü", "Filiz'de {yüzde 48|48} diyordunuz {22|yüzde 22} uyguladınız", "hoş geldin faizi {bitmeden|iki haftada} kesildi Filiz", "birikim hesabı getirisi {yanlış|eksik} yattı Filiz", "mevduat faizi reklamı {yanıltıcı|yalan} Filiz Hesap", "günlük faiz {yatmıyor|hesaplanmıyor} Filiz", "Filiz'den parayı çekince {getiriyi|faizi} geri aldılar", "tabelada 48 hesapta 22 {kandırmaca|oyun}", "alt limit {50 bin|elli bin} olmuş faiz vermiyorsunuz",
        ), (
            "Filiz account rate cut overnight", "advertised 48 percent and paid 22", "welcome interest ended after two weeks", "daily interest is missing from Filiz",
        )),
        Matter("boycott_owner", (
            "patronunuzun {tweeti|sözleri} yüzünden hesabımı kapatıyorum", "yönetim kurulu başkanı {öğrencilere|gençlere} hakaret etmiş", "gençlere {tembel|asalak} diyen patronun bankası", "#pusulayıbırak hesap {kapatma|taşıma} günü", "#pusulayıbırak {boykot|gençler unutmaz}", "başkanınız {istifa etsin|özür dilesin} öğrenciye asalak dedi", "mevduatı {çektim|taşıdım} o açıklamadan sonra", "bursları kesip {asalak|yük} demek patron", "kartımı {kestim|kırdım} patronunuz okusun",
        ), (
            "closing my account because of what your chairman said", "chairman called students parasites", "boycott this bank until he resigns", "cut my card after the owner's words",
        )),
    ),
    (
        (
            "{dün|geçen hafta|salı günü} şubeye gittim", "kartım {gelmedi|postada kayboldu}", "limitimi {artırın|neden düşürdünüz}", "ekstre {gelmiyor|basılmamış}", "hesap işletim {ücreti|masrafı} nedir", "kredi başvurum {sonuçlanmadı|reddedildi}", "taksit {öteleme|erteleme} var mı", "döviz {alım|makas} fiyatı yüksek", "şifre {bloke|kilitli}",
            "sigorta {iptal etmek|yenilemek} istiyorum", "puanlarım {yüklenmedi|görünmüyor}", "otomatik ödeme {talimatı|emri} çalışmamış", "POS cihazı {istiyorum|bozuk}", "hesabıma {bloke|haciz} konmuş", *_ANY_TR,
        ),
        (
            "{Almanya|Hollanda|Dubai} için", "{lise|yüksek lisans|kurs} ödemesi", "{ehliyet|pasaport|apostil} istediler", "{kızımın|dedemin|ortağımın} hesabı", "{euro|sterlin|gram gümüş} alacaktım", "{traktör|minibüs|tekne} almak için", "{cüzdanımı|imzamı} kaybettim", "{sesli yanıt|robot|chatbot} anlamıyor",
            "{haftaya|yarın|pazartesi} yurt dışındayım", "{mor|metal|şeffaf} kart istiyorum", "{kumbara|takvim|ajanda} vermediniz", "{apartman|dernek|site} yönetimi adına", "{otopark|tuvalet|priz} yok şubede",
        ),
        _WHERE_TR,
    ),
    (
        (
            "went to the branch last week", "my card got lost in the mail", "please raise my limit", "loan application has no answer", "statement did not arrive", "what is the account fee", "pin is blocked", "points did not load", "want to cancel my insurance", *_ANY_EN,
        ),
        (
            "need {euros|pounds} for a trip", "paying for my {course|degree}", "asked for a {passport|licence}", "buying a {tractor|boat}", "abroad from {tomorrow|Monday}", "the chatbot is dumb", "my {grandfather|partner} has an account", "no {parking|toilet} at the branch",
        ),
        _WHERE_EN,
    ),
)  # fmt: skip

MORE = (AIRLINE, FOOD, BANK)


def told_on(written: list[Written], seed: int, copied: float = 0.06, long: float = 0.06) -> list[Written]:
    """The same stream with some mentions replaced by an earlier one told on (within a day, most often of a popular
    one), and some made long by what the author did before and hopes for."""
    chance = random.Random(seed * 7 + 1)
    made: list[Written] = []
    shared: list[Written] = []
    for one in written:
        kind = chance.random()
        recent = [known for known in shared[-40:] if (one.at - known.at).total_seconds() < 86_400]
        if kind < copied and recent:
            earlier = chance.choice(recent)
            said = f"RT @{chance.choice(('deniz', 'ece', 'kaan'))}{chance.randrange(99)}: {earlier.text}"
            made.append(replace(earlier, text=said, at=one.at))
            continue
        if kind < copied + long:
            tails = TAILS_TR if one.language == "tr" else TAILS_EN
            around = [tail.replace("{", "").replace("}", "").replace("|", " ") for tail in chance.sample(tails, 6)]
            one = replace(one, text=". ".join((*around[:3], one.text, *around[3:])))
        elif chance.random() < 0.3:
            shared.append(one)
        made.append(one)
    return made


def said_first(text: str) -> str:
    """A text without what `told_on` puts before a copy."""
    return text.partition(": ")[2] if text.startswith("RT @") else text
