"""What the report's own figures mean; those of response times are desk.metrics.definitions'. Pure.

docs/reference/report.md says the same, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from desk.metrics.definitions import DEFINITIONS, Definition
from desk.report.content import Meaning
from playbooks.schema import Bilingual

PAGE = "docs/reference/report.md"


def _of(id: str, unit: str, name: tuple[str, str], meaning: tuple[str, str], formula: str, better: str = "") -> Meaning:
    return Meaning(
        id, unit, Bilingual(tr=name[0], en=name[1]), Bilingual(tr=meaning[0], en=meaning[1]), formula, f"{PAGE}#{id}",
        better,
    )  # fmt: skip


_ALL = (
    _of("mentions", "mentions", ("İletiler", "Mentions"),
        ("Bu dönemde yazılmış ve kaynakların getirdiği iletiler; sonradan silinenler de sayılır.",
         "Mentions written in the period that the sources brought, those deleted since included."),
        "count of mentions with published_at in the period"),
    _of("negative", "mentions", ("Olumsuz", "Negative"),
        ("Olumsuz diye etiketlenen iletiler; düzeltilmişse insanın verdiği etiket geçerlidir.",
         "Mentions labelled negative; where somebody corrected the label, theirs counts."),
        "count of mentions of the period with sentiment negative", "lower"),
    _of("neutral", "mentions", ("Nötr", "Neutral"),
        ("Nötr diye etiketlenen iletiler.", "Mentions labelled neutral."),
        "count of mentions of the period with sentiment neutral"),
    _of("positive", "mentions", ("Olumlu", "Positive"),
        ("Olumlu diye etiketlenen iletiler.", "Mentions labelled positive."),
        "count of mentions of the period with sentiment positive", "higher"),
    _of("unscored", "mentions", ("Etiketlenmemiş", "Not labelled"),
        ("Henüz etiketlenmemiş ya da karantinada olan iletiler; hiçbir duyguya sayılmazlar.",
         "Mentions not labelled yet, or in quarantine; they count for no sentiment."),
        "count of mentions of the period without a score", "lower"),
    _of("negative_share", "share", ("Olumsuzların payı", "Share negative"),
        ("Etiketlenmiş iletiler içinde olumsuzların payı. Aralık yalnız rastlantıyı gösterir, etiketleme hatasını "
         "değil.",
         "The negative ones among the labelled mentions. The interval shows chance alone, not mistakes of labelling."),
        "negative / (negative + neutral + positive), Wilson interval", "lower"),
    _of("voice", "mentions", ("Adı geçen iletiler", "Mentions that name it"),
        ("Kaynakların bu dönemde getirdiği iletilerden bu adı ananlar. İkisini birden anan ileti ikisine de sayılır.",
         "Of the mentions that the sources brought in the period, those that name it. One that names two counts for "
         "both."),
        "count of mentions whose text names it"),
    _of("voice_share", "share", ("Ses payı", "Share of voice"),
        ("Markayı ya da adı verilen rakiplerden birini anan iletiler içindeki payı. Kaynaklarınız markanızı aradığı "
         "için, rakipleri de getiren kaynaklar yoksa bu pay sizi olduğundan büyük gösterir.",
         "Its part of the mentions that name the brand or one of the named rivals. Your sources look for your brand, "
         "so without sources that bring rivals too this share makes you look larger than you are."),
        "voice / mentions that name the brand or any rival, Wilson interval"),
    _of("matter", "mentions", ("Konu başına ileti", "Mentions by topic"),
        ("Konusu bu diye etiketlenen iletiler.", "Mentions labelled with this topic."),
        "count of mentions of the period by topic"),
    _of("incident", "mentions", ("Olay başına ileti", "Mentions of an incident"),
        ("Aynı olay üzerine bu dönemde yazılan iletiler.", "Mentions of one incident written in the period."),
        "count of the incident's mentions with published_at in the period"),
    _of("cause_people", "people", ("Şikâyet eden kişi", "People who complained"),
        ("Bu ürün, kargo, şube ya da kampanyadan bu konuda şikâyet eden ayrı kişiler.",
         "Different people who complained of this product, carrier, branch or campaign in this matter."),
        "count of people with a complaint that names it in the period", "lower"),
    _of("cause_times", "ratio", ("Olağanın kaç katı", "Times the usual"),
        ("Önceki dönemlerin oranına göre kaç kat; %90 güven aralığıyla.",
         "How many times the rate of the periods before, with its 90 % interval."),
        "rate now / rate before (gamma-Poisson), see docs/reference/causes.md", "lower"),
    _of("answer_class", "cases", ("Bu sürede yanıtlanan", "Answered within this time"),
        ("İlk yanıtı bu süre aralığında verilen ya da hâlâ o kadardır bekleyen kayıtlar.",
         "Cases whose first answer took this long, or that still wait and have waited so long."),
        "count of first answers by the time they took; open ones by their wait so far"),
    _of("answer_waiting", "cases", ("Bu süredir bekleyen", "Waiting for this time"),
        ("Bunlardan hâlâ yanıtsız olanlar.", "Those of them that are still unanswered."),
        "count of open first_answer clocks by their wait so far", "lower"),
    _of("hour_median", "seconds", ("Saatin ortanca yanıtı", "Median answer of the hour"),
        ("Haftanın bu gününde bu saatte yazanların yarısı bu sürede yanıt aldı; hâlâ bekleyenler hesaptadır.",
         "Half of those who posted in this hour of this weekday had an answer within this time; those who still wait "
         "are counted."),
        "first_answer_median of the cases posted in this hour of this weekday", "lower"),
    _of("breach_count", "answers", ("Tutulmayan söz", "Broken promises of this cause"),
        ("Süresinde verilmeyen yanıtlar ve çözümler, nedenine göre.",
         "Answers and resolutions that did not come by their deadline, by cause."),
        "count of missed clocks by cause", "lower"),
    _of("breach_late", "seconds", ("Toplam gecikme", "Lateness in all"),
        ("Bu nedenle tutulmayan sözlerin gecikmesi, toplam; bitmemiş olanlar şimdiye dek.",
         "The lateness of the promises broken for this cause, summed; open ones so far."),
        "sum of ended - due over missed clocks of this cause", "lower"),
    _of("aside_count", "cases", ("Bu nedenle kenara ayrılan", "Set aside for this reason"),
        ("Yanıtsız kenara ayrılan kayıtlar, nedenine göre.", "Cases set aside unanswered, by reason."),
        "count of set_aside by reason"),
    _of("concessions", "concessions", ("Verilen telafiler", "Concessions granted"),
        ("Dönemde verilen telafiler; iptal edilenler sayılmaz.",
         "Concessions granted in the period; cancelled ones are left out."),
        "count of ledger lines granted in the period and not cancelled"),
    _of("concession_money", "money", ("Telafilerin tutarı", "Money given"),
        ("Verilen telafilerin para birimi başına toplam tutarı.", "What was given, summed in each currency."),
        "exact sum of amounts by currency"),
    _of("concession_answered", "share", ("Telafiden sonra yanıt veren", "Answered after it"),
        ("Telafi alan müşterilerden sonra yazanların payı, bilinenler içinde.",
         "The share of those given something who wrote afterwards, of those where it is known."),
        "yes / known"),
    _of("concession_resolved", "share", ("Telafiden sonra çözülen", "Resolved after it"),
        ("Telafi verilen kayıtlardan çözülenlerin payı.", "The share of cases with a concession that were resolved."),
        "yes / known", "higher"),
    _of("concession_satisfied", "share", ("Memnun ayrılan", "Satisfied"),
        ("Memnuniyeti bilinen müşterilerden memnun olanların payı.",
         "The share who were satisfied, of those of whom it is known."),
        "yes / known", "higher"),
    _of("concession_again", "share", ("14 günde yeniden yazan", "Wrote again within 14 days"),
        ("Telafiden sonraki 14 gün içinde yeniden şikâyet edenlerin payı.",
         "The share who complained again within 14 days of it."),
        "yes / known", "lower"),
    _of("alarms", "incidents", ("Alarm veren olaylar", "Incidents that raised an alarm"),
        ("Dönemde büyüme alarmı veren olaylar.", "Incidents that raised a growth alarm in the period."),
        "count of alarms whose moment lies in the period", "lower"),
    _of("crises", "crises", ("Krizler", "Crises"),
        ("Dönemde açılan krizler; kriz olmadığı sonradan anlaşılanlar da sayılır.",
         "Crises opened in the period, those found to be none included."),
        "count of crises with opened_at in the period", "lower"),
    _of("drills", "drills", ("Tatbikatlar", "Drills"),
        ("Dönemde yapılan tatbikatlar.", "Drills played in the period."),
        "count of drills with started_at in the period", "higher"),
    _of("seen_share", "share", ("Görülen süre", "Time seen"),
        ("Bilinen dakikalar içinde, kaynağın her şeyi getirdiği kanıtlanmış dakikaların payı. Yukarı yuvarlanmaz.",
         "Of the minutes of which it is known, the share proven to be read whole. Never rounded up."),
        "seen / (seen + partly + blocked + quota + broken + off), minutes", "higher"),
    _of("unseen_minutes", "minutes", ("Görülmeyen süre", "Time not seen"),
        ("Kaynağın her şeyi getirdiğinin kanıtlanamadığı süre.",
         "Time for which it is not proven that everything was read."),
        "partly + blocked + quota + broken + off, minutes", "lower"),
    _of("forecasts_held", "share", ("Tutan tahminler", "Forecasts that held"),
        ("Akşam tahminlerinden, gerçekleşen gecikme sayısı %80 aralığının içinde kalanların payı; yaklaşık 0,8 "
         "beklenir.",
         "The share of the evening's forecasts whose 80 % interval held the number that came late; about 0.8 is "
         "promised."),
        "forecasts whose interval held / forecasts whose horizon lies in the period"),
    _of("abstained", "mentions", ("Kararsız etiketler", "Abstained"),
        ("Sınıflandırıcının en az bir başlıkta kararsız kalıp insana bıraktığı iletiler.",
         "Mentions of which the classifier left at least one label to a person."),
        "count of scores of the period's mentions with a label abstained", "lower"),
    _of("corrected", "mentions", ("Düzeltilen etiketler", "Corrected"),
        ("En az bir etiketini bir insanın değiştirdiği iletiler.",
         "Mentions of which a person changed at least one label."),
        "count of the period's mentions with a correction", "lower"),
    _of("quarantined", "mentions", ("Karantinada", "In quarantine"),
        ("Dönemin iletilerinden işlenemeyip nedeniyle kenarda bekleyenler.",
         "The period's mentions that could not be processed and wait with their reason."),
        "count of the period's mentions with stage quarantined", "lower"),
)  # fmt: skip

OWN: Mapping[str, Meaning] = MappingProxyType({one.id: one for one in _ALL})
"""The report's own figures by their ids."""


def meaning_of(figure: str) -> Meaning:
    """What a figure of any report means. Raises KeyError."""
    return OWN[figure] if figure in OWN else of_definition(DEFINITIONS[figure])


def of_definition(one: Definition) -> Meaning:
    """A definition of a response-time figure as a meaning."""
    return Meaning(one.id, one.unit, one.name, one.meaning, one.formula, one.anchor, one.better)
