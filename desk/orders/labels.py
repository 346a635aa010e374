"""What the order card says, in Turkish and English, from one place: {key: (Turkish, English)}."""

from __future__ import annotations

LABELS: dict[str, tuple[str, str]] = {
    "order": ("Sipariş", "Order"),
    "status": ("durum", "status"),
    "placed_at": ("sipariş tarihi", "ordered on"),
    "items": ("ürünler", "items"),
    "total": ("tutar", "total"),
    "carrier": ("kargo firması", "carrier"),
    "tracking": ("takip numarası", "tracking number"),
    "shipment": ("kargo durumu", "shipment"),
    "shipped_at": ("kargoya verildi", "shipped on"),
    "promised_at": ("söz verilen tarih", "promised date"),
    "expected_at": ("tahminî teslim", "expected on"),
    "delivered_at": ("teslim edildi", "delivered on"),
    "return": ("iade", "return"),
    "refunded": ("iade edilen tutar", "refunded"),
    "stock": ("stok", "in stock"),
    "name": ("müşteri", "customer"),
    "phone": ("telefon", "phone"),
    "email": ("e-posta", "e-mail"),
    "city": ("şehir", "city"),
    "tier": ("müşteri seviyesi", "loyalty tier"),
    "link": ("takip bağlantısı ({carrier})", "tracking link ({carrier})"),
    "page": (
        "takip sayfası ({carrier}; numarayı müşteri yazar)", "tracking page ({carrier}; the customer types the number)",
    ),
}  # fmt: skip

STATUS_NAMES: dict[str, tuple[str, str]] = {
    "placed": ("sipariş alındı", "placed"),
    "preparing": ("hazırlanıyor", "being prepared"),
    "shipped": ("kargoya verildi", "shipped"),
    "in_transit": ("yolda", "on the way"),
    "out_for_delivery": ("dağıtımda", "out for delivery"),
    "delivered": ("teslim edildi", "delivered"),
    "returned": ("iade edildi", "returned"),
    "cancelled": ("iptal edildi", "cancelled"),
    "unknown": ("bilinmiyor", "not known"),
}

RETURNS: dict[str, tuple[str, str]] = {
    "requested": ("talep edildi", "requested"),
    "received": ("ürün bize ulaştı", "the item came back"),
    "refunded": ("para iade edildi", "refunded"),
    "rejected": ("reddedildi", "rejected"),
    "unknown": ("durumu bilinmiyor", "state not known"),
}

TITLES: dict[str, tuple[str, str]] = {
    "found": ("Sipariş bulundu", "Order found"),
    "not_found": (
        "Bu numara, telefon ya da e-posta ile sipariş bulunamadı",
        "No order was found by this number, phone or e-mail",
    ),
    "not_reachable": (
        "Sipariş sistemine {since} tarihinden beri ulaşılamıyor",
        "The order system has not been reachable since {since}",
    ),
    "not_asked": (
        "Sipariş numarası, telefon ya da e-posta henüz bilinmiyor",
        "No order number, phone or e-mail is known yet",
    ),
}

NOTICES: dict[str, tuple[str, str]] = {
    "silent": (
        "{source} {since} tarihinden beri yanıt vermiyor; kart eksik olabilir",
        "{source} has not answered since {since}; the card may be incomplete",
    ),
    "more": ("{count} sipariş daha var", "there are {count} more orders"),
    "weak": (
        "Yazanın kimliği doğrulanmadı, kişisel bilgiler gizli. Siparişi yanıtta doğrulamayın; özel mesajla isteyin.",
        "Who writes is not verified; personal details are hidden. Do not confirm the order; ask by private message.",
    ),
    "other_customer": (
        "Bu sipariş, yazan kişinin doğrulanmış e-posta adresine ait değil.",
        "This order does not belong to the writer's verified e-mail address.",
    ),
    "old": (
        "Sisteme ulaşılamıyor; bunlar {as_of} tarihinde bilinenler.",
        "The system is not reachable; this is what was known on {as_of}.",
    ),
}
