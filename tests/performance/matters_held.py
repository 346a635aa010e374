# ruff: noqa: E501  (a matter reads better in long lines)
"""The world that was held back: an online grocer's twelve matters and its noise. Nothing of it was looked at while the
grouping was designed; who changes the grouping after reading its mistakes here must write another world."""

from tests.performance.matters_written import Matter, World

HELD = World(
    "Bereket Market",
    (("Ovalı Süt", "Ovalı"), ("Pınarbaşı Su", "Pınarbaşı"), ("Tatlım Bebek Maması", "Tatlım"), ("Köşk Tavuk", "Köşk")),
    (
        Matter("milk_sour", (
            "Ovalı Süt {açar açmaz|kutudan} ekşi çıktı", "{sütün|Ovalı'nın} tarihi {geçmemiş|duruyor} ama kesilmiş", "süt {topak topak|peynir gibi} olmuş",
            "Ovalı süt içince {oğlum|bütün aile} ishal oldu", "aynı {parti|seri} Ovalı süt hep bozuk", "kutu {şişmiş|sızdırıyor} süt kokuyor",
            "Ovalı {yarım yağlı|litrelik} dökmek zorunda kaldım", "soğuk zincir kırılmış süt ekşimiş", "kahvaltıda {ekşi|küf tadında} süt içtik Ovalı", "sütten {kusan|zehirlenen} var toplayın",
        ), (
            "Ovalı milk was {sour|curdled} when opened", "whole batch of Ovalı milk is off", "milk carton swollen and it stinks", "my son got sick from Ovalı milk",
        )),
        Matter("milk_shrink", (
            "Ovalı Süt {900|sekiz yüz} mililitre olmuş fiyat aynı", "gramajı {düşürüp|küçültüp} sütü aynı paraya satıyorsunuz", "litrelik Ovalı artık litre değil",
            "{gizli zam|sinsi zam} süt kutusu küçülmüş", "Ovalı'nın kutusu {inceldi|ufaldı} etiketi okuyun", "şişirilmiş kutu az süt {kandırmaca|aldatmaca}",
            "süt şişesinden {yüz mililitre|bir bardak} çalmışsınız", "küçülen ambalaj {tüketiciyi|bizi} aldatmak", "gramaj oyunu Ovalı",
        ), (
            "Ovalı milk shrank to 900 ml same price", "shrinkflation on the milk carton", "smaller carton hidden price hike", "a litre is not a litre any more Ovalı",
        )),
        Matter("baby_food_recall", (
            "Tatlım Bebek Maması {içinde metal|içinden tel} çıktı", "bebek mamasında {metal parça|çapak} var", "mama toplatılıyormuş {hangi seri|parti no} söyleyin",
            "bebeğim Tatlım mama yedi {ağzı kanadı|doktora koştuk}", "Tatlım'ın kapağından {paslı|keskin} metal", "mamayı {iade alın|raftan indirin} bebekler yiyor",
            "bakanlık Tatlım maması için {uyarı|inceleme} yayınladı", "mama kavanozundan {jilet|demir} gibi bir şey çıktı", "bebeklerin hayatıyla oynuyorsunuz mama",
        ), (
            "found a piece of metal in Tatlım baby food", "which batches of the baby food are recalled", "my baby's mouth bled from the Tatlım jar", "take Tatlım off the shelf babies eat this",
        )),
        Matter("courier_dog", (
            "kuryeniz {köpeğimi|sokak köpeğini} ezdi kaçtı", "motorlu kurye Çankaya'da köpeğe {çarptı|tekme attı}", "köpeği ezen {kuryeyi|motosikletliyi} bulun",
            "{mor yelekli|sizin} kurye hayvana vurup {durmadı|gülerek gitti}", "zavallı köpek {öldü|ameliyatta} kuryeniz yüzünden", "Çankaya'daki {köpek videosu|kamera kaydı} kuryeniz",
            "hayvan katili kurye {işten atılsın|nerede}", "veteriner masrafını {ödeyin|karşılayın} kurye çarptı", "ters yönden gelen motor kurye köpeğe çarptı",
        ), (
            "your rider ran over a dog in Çankaya", "the courier hit a dog and drove away", "find the rider from the dog video", "pay the vet bill your motorbike courier hit my dog",
        )),
        Matter("ankara_flood", (
            "Çankaya'da {iki saattir|öğlenden beri} teslimat yok", "Ankara'da sel var diye siparişler {durdu|askıda}", "yağmur bahane Çankaya siparişim {gelmedi|iptal}",
            "Ankara {şubeleri|depoları} su basmış teslimat kapalı", "sel yüzünden {kurye çıkamıyor|dağıtım yok} diyor Ankara", "Çankaya Kızılay {adresleri|bölge} kapalı görünüyor",
            "yağmurda sipariş {aldınız|kabul ettiniz} getirmediniz Ankara", "{dört|beş} saattir market siparişi Çankaya'ya gelmedi", "bölgenize hizmet veremiyoruz diyor Ankara sel",
        ), (
            "no deliveries in Çankaya because of the flood", "Ankara stores flooded and my order is stuck", "groceries four hours late in Ankara rain", "you took orders during the flood and never came",
        )),
        Matter("coupon_black", (
            "200 liralık {kupon|efsane kupon} sepette {düşmüyor|uygulanmıyor}", "{efsane cuma|kampanya} kuponu {geçersiz|kullanılmış} diyor", "750 üstüne 200 indirim {yalan|yok}",
            "kupon {süresi dolmuş|limit bitti} diyor daha ilk gün", "kampanya kodunu giriyorum {hata|tutar uymuyor}", "200 TL kuponla {kandırdınız|sepet doldurttunuz}",
            "kuponu {tanımlayın|geri verin} 750'lik alışveriş yaptım", "efsane indirim kuponu {kimsede|hiç} çalışmıyor",
        ), (
            "the 200 lira coupon does not apply", "your black friday coupon says expired on day one", "spent 750 and no 200 off", "coupon bait to fill the basket",
        )),
        Matter("data_leak", (
            "{telefonum|adresim} sizden {sızmış|çalınmış}", "Bereket müşteri {verileri|listesi} internette satılıyor", "veri ihlali {olmuş|var} neden bildirmediniz", "{hackerlar|korsanlar} veritabanınızı çalmış",
            "KVKK'ya {şikayet ettim|bildirdim} kişisel bilgilerim sızdı", "forumda Bereket kullanıcıları {ad soyad adres|telefon numarası} listesi", "sızıntı için {açıklama|özür} bekliyoruz",
            "iki milyon kişinin {bilgisi|adresi} çalınmış sizden", "verilerim sızınca {spam|dolandırıcı} arıyor",
        ), (
            "your customer data was {leaked|stolen}", "my phone and address are on a hacker forum from your database", "why no notice about the data breach", "two million users leaked",
        )),
        Matter("payment_down", (
            "ödeme {sayfası|ekranı} hata veriyor sipariş veremiyorum", "3D secure {sonrası|onayından sonra} hata", "{kartla|hiçbir kartla} ödeme alınmıyor", "sepeti onaylayamıyorum {ödeme başarısız|işlem reddedildi}",
            "para {çekildi|gitti} sipariş oluşmadı", "ödeme {sistemi|altyapısı} çökmüş akşamdan beri", "kapıda ödeme {seçeneği|butonu} de çalışmıyor", "ödeme adımında {beyaz ekran|dönüp duruyor}",
        ), (
            "payment page fails every card", "error after 3D secure", "checkout is down cannot pay", "money taken but no order was created",
        )),
        Matter("cashier_scarf", (
            "kasiyeriniz başörtülü {kadına|teyzeye} hakaret etti", "Kadıköy şubesinde {başörtüsüne|kıyafetine} laf eden kasiyer", "kasadaki {kız|çalışan} başörtülüyü {kovdu|aşağıladı}",
            "ayrımcılık yapan {kasiyeri|personeli} açıklayın Kadıköy", "inancından dolayı müşteriye {hizmet vermediniz|bağırdınız}", "kasadaki nefret {söylemi|dili} kabul edilemez",
            "o kasiyer hâlâ Kadıköy'de {çalışıyor|kasada}", "başörtüsü yüzünden {sıradan çıkarılan|azarlanan} kadın",
        ), (
            "cashier insulted a woman for her headscarf", "discrimination at the till in Kadıköy", "fire the cashier who mocked the headscarf", "she was refused service because of her scarf",
        )),
        Matter("chicken_smell", (
            "Köşk Tavuk {yeşermiş|morarmış} geldi", "tavuğun paketini açınca {leş gibi|çürük} kokusu", "Köşk {but|kanat|göğüs} çürük çıktı", "tavuk {sulanmış|yapış yapış} son kullanma yarın",
            "Köşk Tavuk yiyip {hastanelik|zehirlenmiş} olduk", "{buz çözülmüş|ılık} tavuk getirdiniz", "kokmuş tavuk {gönderip|satıp} iade almıyorsunuz", "pişirince {bile|evi} leş kokusu sardı tavuk",
        ), (
            "Köşk chicken was {green|rotten} on arrival", "the chicken stinks", "food poisoning from your chicken", "chicken delivered warm and slimy",
        )),
        Matter("membership", (
            "Bereket Plus üyeliği {haberim olmadan|izinsiz} yenilendi", "Plus {aboneliğini|üyeliğini} iptal {edemiyorum|tuşu yok}", "deneme süresi bitmeden Plus parası {kesildi|çekildi}",
            "Plus'ta ücretsiz teslimat {kalktı|paralı oldu}", "her ay 79,90 kesiyorsunuz Plus {istemedim|kapatın}", "üyelik iptali için {on sayfa|aramak gerek} Plus", "Plus otomatik yenileme {tuzağı|rezilliği}",
        ), (
            "Plus membership renewed without asking", "no button to cancel Plus", "free trial charged early Plus subscription", "Plus no longer has free delivery",
        )),
        Matter("substitute", (
            "{istemediğim|alakasız} muadil ürün {koymuşlar|gelmiş}", "glutensiz ekmek yerine {normal|buğday} ekmek göndermişler", "muadil {onayı sormadan|tercih etmedim dedim} değiştirilmiş",
            "laktozsuz yerine {laktozlu|normal peynir} yollamışlar alerjim var", "eksik ürünün yerine {pahalısını|başka markayı} koyup {fark|para} almışlar", "muadil seçeneği {kapalıydı|işaretlemedim}",
            "çölyak hastasıyım değiştirilen ürün {öldürür|zararlı}", "ürün değişimi {saçmalığı|hep yapılıyor} sipariş toplayıcı kafasına göre",
        ), (
            "got a substitute I never approved", "replaced gluten free bread with wheat I am coeliac", "picker swaps items and charges more", "lactose free swapped for normal cheese I have an allergy",
        )),
    ),
    (
        (
            "{domates|muz|patates} ezik geldi", "yumurtalar {kırık|çatlak}", "{poşet|torba} yırtılmış", "siparişten {deterjan|makarna|peynir} eksik", "teslimat saati {değişti|kaydırıldı}",
            "{kurye|getiren çocuk} çok {kaba|geç kaldı}", "fiş {çıkmadı|gelmedi}", "{ayran|kola|su} unutulmuş", "park yeri {yok|dolu} mağazada", "{raflar|reyonlar} boş", "kasa kuyruğu {uzun|bitmiyor}",
            "{broşür|afiş} fiyatı kasada farklı", "adres {tarifi|pini} yanlış", "iade parası {eksik|yatmadı}", "siparişi {yanlış|komşu} daireye bıraktılar", "{dondurma|köfte} erimiş", "minimum sepet {tutarı|limiti} artmış",
            "{reyon|şarküteri} çalışanı {ilgisiz|yok}", "uygulama {arama|filtre} bulmuyor", "hesabımı {silin|birleştirin}",
        ),
        (
            "{mangal|iftar|parti} için almıştım", "{misafir|kayınvalidem} gelecekti", "{salçanın|reçelin|balın} kapağı gevşek", "{bayat|nemli} ekmek", "{kırmızı|altın} karttan ödedim", "{çilek|üzüm|kavun} çürük",
            "{kedi kumu|mendil|sabun} yerine başka boy", "{dördüncü|zemin} kattayım", "{zil|asansör} bozuk dedim", "{terazi|barkod} okumadı", "{turşu|zeytin|tahin} taştı", "{sabah kahvesi|akşam yemeği} yalan oldu",
            "{bakliyat|pirinç|un} kurtlu gibi", "{nane|maydanoz|roka} solmuş", "{şampuan|diş macunu} patlamış poşette", "{ıspanak|marul} çamurlu", "{kampüse|yurda|şantiyeye} getirmiyorlar", "{kolonya|peçete} hediye demiştiniz",
        ),
        ("{Bursa|Konya|Adana} {şubesi|mağazası}", "{Karşıyaka|Nilüfer|Meram}'dan yazıyorum", "{Ankara|Kadıköy} tarafı", "", "", "", "", ""),
    ),
    (
        (
            "{tomatoes|bananas} arrived squashed", "eggs were broken", "{pasta|cheese} missing from my bag", "delivery slot was {changed|moved}", "rider was {rude|late}", "no receipt in the bag", "shelves are empty",
            "queue at the till is endless", "price at the till differs from the leaflet", "left at the wrong flat", "ice cream melted", "search in the app finds nothing", "minimum basket went up",
        ),
        ("needed it for {a barbecue|dinner}", "the {honey|jam} lid was loose", "bread is stale", "{strawberries|grapes} mouldy", "I live on the {fourth|ground} floor", "{shampoo|soap} spilled", "{spinach|lettuce} full of mud", "paid with the gold card"),
        ("writing from {Bursa|Adana}", "near {Ankara|Kadıköy}", "", "", ""),
    ),
)  # fmt: skip
