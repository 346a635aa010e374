"""How labels, roles, times and money are said in Turkish and English, for people who read a playbook or a reply."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal, get_currency_precision

_NAMES: dict[str, dict[str, tuple[str, str]]] = {
    "topic": {
        "delivery_delay": ("geciken teslimat", "late delivery"),
        "wrong_item": ("yanlış ürün", "wrong item"),
        "product_defect": ("ayıplı ürün", "product defect"),
        "courier": ("kurye", "courier"),
        "return_refund": ("iade ve para iadesi", "return or refund"),
        "cancellation": ("iptal", "cancellation"),
        "billing": ("ödeme ve fatura", "billing"),
        "service_outage": ("hizmet kesintisi", "service outage"),
        "staff_conduct": ("çalışan davranışı", "staff conduct"),
        "communication_error": ("iletişim hatası", "communication error"),
        "safety": ("can ve sağlık güvenliği", "safety"),
        "privacy_fraud": ("kişisel veri ve dolandırıcılık", "privacy or fraud"),
        "account_access": ("hesaba erişim", "account access"),
        "price_promotion": ("fiyat ve kampanya", "price or promotion"),
        "question": ("soru", "question"),
        "praise": ("teşekkür", "praise"),
        "other": ("diğer", "other"),
    },
    "urgency": {
        "none": ("yanıt gerekmez", "no answer due"),
        "same_day": ("aynı gün", "same day"),
        "urgent": ("acil", "urgent"),
        "critical": ("kritik", "critical"),
    },
    "sentiment": {
        "negative": ("olumsuz", "negative"),
        "neutral": ("nötr", "neutral"),
        "positive": ("olumlu", "positive"),
    },
    "role": {
        "agent": ("müşteri temsilcisi", "agent"),
        "team_lead": ("ekip lideri", "team lead"),
        "crisis_manager": ("kriz yöneticisi", "crisis manager"),
        "pr_lead": ("kurumsal iletişim lideri", "PR lead"),
        "legal": ("hukuk", "legal"),
        "administrator": ("sistem yöneticisi", "administrator"),
        "viewer": ("izleyici", "viewer"),
    },
    "kind": {
        "do": ("yap", "do"),
        "inform": ("haber ver", "inform"),
        "decide": ("karar ver", "decide"),
        "reply": ("yanıtla", "reply"),
        "offer": ("öner", "offer"),
        "look_up": ("araştır", "look up"),
        "wait": ("bekle", "wait"),
        "review": ("gözden geçir", "review"),
    },
    "family": {
        "social": ("sosyal medya", "social media"),
        "forum": ("forum", "forum"),
        "portal": ("şikâyet platformu", "complaint portal"),
        "email": ("e-posta", "e-mail"),
        "marketplace": ("pazaryeri", "marketplace"),
        "direct": ("özel mesaj", "private message"),
        "phone": ("telefon", "telephone"),
    },
    "channel": {
        "x": ("X", "X"),
        "mastodon": ("Mastodon", "Mastodon"),
        "bluesky": ("Bluesky", "Bluesky"),
        "instagram": ("Instagram", "Instagram"),
        "facebook": ("Facebook", "Facebook"),
        "youtube": ("YouTube", "YouTube"),
        "tiktok": ("TikTok", "TikTok"),
        "sms": ("SMS", "SMS"),
        "whatsapp": ("WhatsApp", "WhatsApp"),
        "chat": ("Canlı destek", "Live chat"),
        "forum": ("Forum", "Forum"),
        "reddit": ("Reddit", "Reddit"),
        "discourse": ("Discourse", "Discourse"),
        "eksi": ("Ekşi Sözlük", "Ekşi Sözlük"),
        "donanimhaber": ("DonanımHaber", "DonanımHaber"),
        "feed": ("Haber akışı", "Feed"),
        "news": ("Haber sitesi", "News site"),
        "blog": ("Blog", "Blog"),
        "portal": ("Şikâyet platformu", "Complaint portal"),
        "sikayetvar": ("Şikayetvar", "Şikayetvar"),
        "review": ("Ürün yorumu", "Product review"),
        "trustpilot": ("Trustpilot", "Trustpilot"),
        "app_store": ("App Store", "App Store"),
        "google_play": ("Google Play", "Google Play"),
        "google_business": ("Google İşletme", "Google Business"),
        "trendyol": ("Trendyol", "Trendyol"),
        "hepsiburada": ("Hepsiburada", "Hepsiburada"),
        "email": ("E-posta", "E-mail"),
        "mail": ("E-posta", "E-mail"),
        "web_form": ("Web formu", "Web form"),
        "call_centre": ("Çağrı merkezi", "Call centre"),
        "in_store": ("Mağaza", "Shop"),
        "x_message": ("X mesajı", "X message"),
        "instagram_message": ("Instagram mesajı", "Instagram message"),
        "messenger": ("Messenger", "Messenger"),
        "telegram": ("Telegram", "Telegram"),
        "reddit_message": ("Reddit mesajı", "Reddit message"),
    },
    "clock": {
        "staffed": ("mesai saatiyle", "in staffed time"),
        "always": ("kesintisiz saatle", "around the clock"),
    },
}  # fmt: skip


def name_of(what: str, key: str, language: str) -> str:
    """The name of a label in Turkish (`tr`) or English (anything else); the key itself where no name is known.

    `what` is one of topic, urgency, sentiment, role, kind, family, channel, clock.
    """
    pair = _NAMES.get(what, {}).get(key)
    if pair is None:
        return key
    return pair[0] if language == "tr" else pair[1]


def say_duration(length: timedelta, language: str) -> str:
    """A time box as people say it: `1 gün 4 saat`, `30 minutes`."""
    minutes = int(length.total_seconds()) // 60
    parts = []
    for size, turkish, singular, plural in (
        (1440, "gün", "day", "days"),
        (60, "saat", "hour", "hours"),
        (1, "dakika", "minute", "minutes"),
    ):
        count, minutes = divmod(minutes, size)
        if count:
            unit = turkish if language == "tr" else singular if count == 1 else plural
            parts.append(f"{count} {unit}")
    return " ".join(parts) or ("hemen" if language == "tr" else "at once")


def say_number(value: int | float | Decimal, language: str) -> str:
    """A number with the language's own separators: `12.500,50` in Turkish, `12,500.50` in English."""
    text = f"{value:,}"
    return text.translate(str.maketrans(",.", ".,")) if language == "tr" else text


def say_money(amount: Decimal, currency: str, language: str) -> str:
    """Money as people write it: `1.250,00 TL` in Turkish, `TRY 1,250.00` in English; nothing is rounded away.

    `currency` is an ISO 4217 code; one that Babel does not know has two decimals.
    """
    exponent = amount.normalize().as_tuple().exponent
    places = max(get_currency_precision(currency), -exponent if isinstance(exponent, int) else 0)
    number = format_decimal(amount, "#,##0" + ("." + "0" * places if places else ""), locale=_locale(language))
    if language == "tr":
        return f"{number} {'TL' if currency == 'TRY' else currency}"
    return f"{currency} {number}"


def say_day(value: date, language: str, now: datetime | None = None) -> str:
    """A day, or a moment, as people write it: `23 Kasım Pazartesi 18.00`, `18:00 on Monday 23 November`.

    A datetime must already be in the desk's time zone. The year is said too (`23 Kasım 2026 Pazartesi`), unless `now`
    shows that it is this year's.
    """
    year = "" if now is not None and now.year == value.year else " y"
    if language == "tr":
        day = format_date(value, f"d MMMM{year} EEEE", locale="tr")
        return f"{day} {value:%H.%M}" if isinstance(value, datetime) else day
    day = format_date(value, f"EEEE d MMMM{year}", locale="en_GB")
    return f"{value:%H:%M} on {day}" if isinstance(value, datetime) else day


def _locale(language: str) -> str:
    return "tr" if language == "tr" else "en_GB"
