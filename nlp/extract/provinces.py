"""Turkey's 81 provinces and its better known districts, with the spellings people use and the words they collide with.

The names are those of the state's list of provinces; a district is here when people name it instead of its province.
"""

from __future__ import annotations

PROVINCES = (
    "Adana", "Adıyaman", "Afyonkarahisar", "Ağrı", "Amasya", "Ankara", "Antalya", "Artvin", "Aydın", "Balıkesir",
    "Bilecik", "Bingöl", "Bitlis", "Bolu", "Burdur", "Bursa", "Çanakkale", "Çankırı", "Çorum", "Denizli", "Diyarbakır",
    "Edirne", "Elazığ", "Erzincan", "Erzurum", "Eskişehir", "Gaziantep", "Giresun", "Gümüşhane", "Hakkari", "Hatay",
    "Isparta", "Mersin", "İstanbul", "İzmir", "Kars", "Kastamonu", "Kayseri", "Kırklareli", "Kırşehir", "Kocaeli",
    "Konya", "Kütahya", "Malatya", "Manisa", "Kahramanmaraş", "Mardin", "Muğla", "Muş", "Nevşehir", "Niğde", "Ordu",
    "Rize", "Sakarya", "Samsun", "Siirt", "Sinop", "Sivas", "Tekirdağ", "Tokat", "Trabzon", "Tunceli", "Şanlıurfa",
    "Uşak", "Van", "Yozgat", "Zonguldak", "Aksaray", "Bayburt", "Karaman", "Kırıkkale", "Batman", "Şırnak", "Bartın",
    "Ardahan", "Iğdır", "Yalova", "Karabük", "Kilis", "Osmaniye", "Düzce",
)  # fmt: skip
"""In the order of their plate numbers, 01 to 81."""

ALIASES = {
    "Afyon": "Afyonkarahisar", "Antep": "Gaziantep", "Urfa": "Şanlıurfa", "Maraş": "Kahramanmaraş", "İçel": "Mersin",
    "Stanbul": "İstanbul", "İstanbull": "İstanbul", "Dersim": "Tunceli", "Hakkâri": "Hakkari", "Zonguldağ": "Zonguldak",
    "Antakya": "Hatay", "İzmit": "Kocaeli", "Adapazarı": "Sakarya",
}  # fmt: skip
"""What else a province is called, its capital's own name included."""

DISTRICTS: dict[str, str] = {
    "İstanbul": "Adalar Arnavutköy Ataşehir Avcılar Bağcılar Bahçelievler Bakırköy Başakşehir Bayrampaşa"
    " Beşiktaş Beykoz "
    "Beylikdüzü Beyoğlu Büyükçekmece Çatalca Çekmeköy Esenler Esenyurt Eyüpsultan Fatih Gaziosmanpaşa Güngören Kadıköy "
    "Kağıthane Kartal Küçükçekmece Maltepe Pendik Sancaktepe Sarıyer Silivri Sultanbeyli Sultangazi Şile Şişli Tuzla "
    "Ümraniye Üsküdar Zeytinburnu Taksim Levent Mecidiyeköy",
    "Ankara": "Altındağ Çankaya Etimesgut Gölbaşı Keçiören Mamak Polatlı Pursaklar Sincan Yenimahalle Kızılay",
    "İzmir": "Aliağa Balçova Bayraklı Bergama Bornova Buca Çeşme Çiğli Dikili Foça Gaziemir Karabağlar Karşıyaka Konak "
    "Menemen Ödemiş Tire Torbalı Urla Alsancak",
    "Bursa": "Gemlik Gürsu İnegöl Mudanya Nilüfer Osmangazi Yıldırım",
    "Antalya": "Alanya Kemer Kepez Konyaaltı Manavgat Muratpaşa Serik",
    "Adana": "Ceyhan Çukurova Seyhan Yüreğir", "Mersin": "Erdemli Mezitli Silifke Tarsus Toroslar",
    "Kocaeli": "Çayırova Darıca Derince Gebze Gölcük Körfez", "Muğla": "Bodrum Dalaman Datça Fethiye Marmaris Milas",
    "Konya": "Karatay Meram Selçuklu Akşehir", "Gaziantep": "Nizip Şahinbey Şehitkamil",
    "Kayseri": "Kocasinan Melikgazi Talas", "Balıkesir": "Ayvalık Bandırma Edremit", "Aydın": "Didim Efeler"
    " Kuşadası Nazilli Söke",
    "Manisa": "Akhisar Alaşehir Salihli Soma Turgutlu Yunusemre", "Hatay": "Dörtyol İskenderun Reyhanlı Samandağ",
    "Denizli": "Merkezefendi Pamukkale", "Tekirdağ": "Çerkezköy Çorlu Süleymanpaşa", "Samsun": "Atakum Bafra"
    " Çarşamba İlkadım",
    "Sakarya": "Serdivan Hendek", "Eskişehir": "Odunpazarı Tepebaşı", "Trabzon": "Akçaabat Ortahisar",
    "Diyarbakır": "Bağlar Bismil Ergani Kayapınar", "Şanlıurfa": "Birecik Ceylanpınar Eyyübiye Haliliye Siverek"
    " Viranşehir",
    "Mardin": "Kızıltepe Midyat Nusaybin", "Şırnak": "Cizre Silopi", "Van": "Erciş İpekyolu Edremit",
    "Kahramanmaraş": "Elbistan Dulkadiroğlu Onikişubat", "Malatya": "Battalgazi Yeşilyurt", "Zonguldak": "Çaycuma",
    "Kırklareli": "Lüleburgaz", "Edirne": "Keşan Uzunköprü", "Çanakkale": "Biga Gelibolu", "Ordu": "Fatsa Ünye"
    " Altınordu",
    "Tokat": "Erbaa Niksar Turhal", "Osmaniye": "Kadirli", "Yalova": "Çınarcık", "Isparta": "Eğirdir Yalvaç",
    "Düzce": "Akçakoca", "Rize": "Ardeşen Pazar",
}  # fmt: skip
"""Districts by province."""

HOMONYMS = frozenset({
    "agri", "aydin", "batman", "bolu", "kars", "mus", "ordu", "siirt", "tokat", "usak", "van", "karaman", "kilis",
    "denizli", "icel", "maras", "adalar", "avcilar", "fatih", "kartal", "konak", "menemen", "odemis", "tire",
    "cesme", "yildirim", "nilufer", "bodrum", "kemer", "pazar", "carsamba", "hendek", "kepez", "korfez", "derince",
    "soma", "toroslar", "baglar", "urla", "besiktas", "karsiyaka", "levent", "kizilay", "sile", "altindag", "dikili",
    "biga", "edremit", "esenler", "gursu", "talas", "yesilyurt", "soke", "meram", "bahcelievler", "efeler", "ceyhan",
    "yenimahalle",
})  # fmt: skip
"""Names (folded) that are also words, people's names or football clubs: an army, a van, an eagle, an omelette."""

NEVER = frozenset({
    "kilise", "kiliseye", "kilisede", "kiliseyi", "kilisesi", "karsi", "karsin", "karsima", "karsida", "karsidan",
    "karsiya", "karsisi", "karsimda", "karsilik", "musa", "musun", "musunuz", "muse", "vana", "vanasi", "vanayi",
    "vani", "agrim", "boluk", "bolum", "bolumu", "aydinlik", "tiren", "sinopsis",
})  # fmt: skip
"""Words (folded, without an apostrophe) that only look like a form of a name."""
