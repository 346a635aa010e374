"""Every figure of the reports: its name, its unit, what it means and how it is reckoned. Pure.

docs/reference/metrics.md says the same at greater length with worked examples; a test compares the two. The words of
a definition are for the reader of a report, the formula for whoever wants to reckon it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from playbooks.schema import Bilingual

PAGE = "docs/reference/metrics.md"

UNITS = ("seconds", "share", "ratio", "cases", "answers")
"""seconds: of real time, change of the clock or not; share: between 0 and 1; ratio: 1 is the whole promise; cases and
answers are counts."""

SECTIONS = ("cases", "first_answer", "next_answer", "resolution", "beside", "minutes")


@dataclass(frozen=True)
class Definition:
    """What a figure is. `better` is `lower`, `higher`, or empty where neither is; `estimate` says that it has an
    interval (95 %)."""

    id: str
    section: str
    unit: str
    name: Bilingual
    meaning: Bilingual
    formula: str
    better: str = ""
    estimate: bool = False

    @property
    def anchor(self) -> str:
        """Where it is explained: the page and the heading on it."""
        return f"{PAGE}#{self.id}"


def _of(
    id: str, section: str, unit: str, name: tuple[str, str], meaning: tuple[str, str], formula: str, better: str = "",
    estimate: bool = False,
) -> Definition:  # fmt: skip
    assert unit in UNITS and section in SECTIONS, id
    return Definition(
        id, section, unit, Bilingual(tr=name[0], en=name[1]), Bilingual(tr=meaning[0], en=meaning[1]), formula, better,
        estimate,
    )  # fmt: skip


_ALL = (
    # --- what there was ---
    _of("cases", "cases", "cases", ("Yanıt bekleyen kayıtlar", "Cases that wanted an answer"),
        ("Müşterisi bu dönemde yazmış ve en az bir an yanıt sözü altında kalmış kayıtlar; sonradan ne oldukları fark "
         "etmez.",
         "Cases whose customer posted in the period and that stood under a promise at some moment, whatever became of "
         "them."),
        "count of cases with a first_answer clock whose start lies in the period"),
    _of("open_now", "cases", "cases", ("Hâlâ yanıtsız", "Still unanswered"),
        ("Dönemin kayıtlarından, rapor anında ilk yanıtı hâlâ bekleyenler.",
         "Those of them that still wait for their first answer at the moment of the report."),
        "count of first_answer clocks that are running or breached", "lower"),
    _of("overdue_now", "cases", "cases", ("Yanıtsız ve süresi geçmiş", "Unanswered and overdue"),
        ("Hâlâ yanıt bekleyenlerden söz verilen süresi geçmiş olanlar.",
         "Those still unanswered whose deadline has passed."),
        "count of first_answer clocks that are breached", "lower"),
    _of("set_aside", "cases", "cases", ("Yanıtsız kenara ayrılan", "Set aside unanswered"),
        ("İlk yanıt verilmeden kenara ayrılan ya da yanıt gerekmez sayılan kayıtlar. Süresi geçtikten sonra "
         "ayrılanlar sözü tutulmamış sayılır.",
         "Cases set aside, or found to need no answer, before a first answer. One set aside after its deadline counts "
         "as a miss."),
        "count of first_answer clocks that are cancelled"),
    _of("no_answer_due", "cases", "cases", ("Yanıt gerekmeyen", "No answer due"),
        ("Hiçbir an yanıt sözü altında kalmamış kayıtlar; öteki sayıların hiçbirine girmezler.",
         "Cases that stood under no promise at any moment; they are in none of the other figures."),
        "count of cases of the period without a first_answer clock"),
    _of("reopened", "cases", "cases", ("Yeniden açılan", "Reopened"),
        ("Çözüldü ya da kapandı denildikten sonra en az bir kez yeniden açılan kayıtlar.",
         "Cases opened again at least once after they were closed."),
        "count of cases with at least one reopened event that counts", "lower"),
    _of("reassigned", "cases", "cases", ("El değiştiren", "Reassigned"),
        ("Bir kişiden başka bir kişiye en az bir kez geçen kayıtlar.",
         "Cases that went from one person to another at least once."),
        "count of cases with an assigned event from somebody to somebody else", "lower"),
    _of("platform_answers", "cases", "cases", ("Platformda yanıtlanan", "Answered on the platform itself"),
        ("İlk yanıtı Nöbet dışında, platformun kendisinde verilen kayıtlar. Bir insanın yanıtıdır ve sayılır.",
         "Cases whose first answer was given on the platform itself. It is a person's answer and counts."),
        "count of cases whose first answer is by agent:@CHANNEL"),
    # --- the first answer ---
    _of("first_answer_median", "first_answer", "seconds", ("İlk yanıt, ortanca", "First answer, median"),
        ("Müşterilerin yarısı bu süre içinde bir insandan yanıt aldı. Müşterinin yazdığı andan sayılır; hâlâ "
         "bekleyenler, şimdiye dek bekledikleri süreyle hesaptadır.",
         "Half of the customers had a person's answer within this time, counted from when they posted. Those who "
         "still wait are counted with their wait so far."),
        "smallest t with S(t) <= 0.5, S the Kaplan-Meier estimate of the time to the first answer", "lower", True),
    _of("first_answer_p90", "first_answer", "seconds", ("İlk yanıt, %90", "First answer, 90 %"),
        ("Müşterilerin onda dokuzu bu süre içinde bir insandan yanıt aldı.",
         "Nine in ten customers had a person's answer within this time."),
        "smallest t with S(t) <= 0.1", "lower", True),
    _of("first_answer_staffed_median", "first_answer", "seconds",
        ("İlk yanıt, ortanca, mesai süresi", "First answer, median, staffed time"),
        ("Aynı süre, yalnızca ekibin görevde olduğu saatler sayılarak.",
         "The same, counting only the time in which the desk was staffed."),
        "first_answer_median over staffed seconds", "lower", True),
    _of("first_answer_staffed_p90", "first_answer", "seconds",
        ("İlk yanıt, %90, mesai süresi", "First answer, 90 %, staffed time"),
        ("Aynı süre, yalnızca ekibin görevde olduğu saatler sayılarak.",
         "The same, counting only the time in which the desk was staffed."),
        "first_answer_p90 over staffed seconds", "lower", True),
    _of("first_answer_worst", "first_answer", "seconds", ("İlk yanıt, en uzun", "First answer, worst"),
        ("En uzun bekleyen müşterinin süresi; hâlâ bekliyorsa şimdiye dek.",
         "How long the customer who waited longest waited; so far, where they still wait."),
        "maximum of the times to the first answer, running ones up to now", "lower"),
    _of("same_day", "first_answer", "share", ("Aynı gün yanıtlanan", "Answered the same day"),
        ("Yazdıkları takvim günü bitmeden (ekibin saat diliminde) bir insandan yanıt alanların payı.",
         "The share answered by a person before the calendar day on which they posted was over, in the desk's zone."),
        "met / (met + missed); undecided while the day is not over", "higher", True),
    _of("within_promise", "first_answer", "share", ("Söz verilen sürede", "Within the promise"),
        ("İlk yanıtı söz verilen süre dolmadan alanların payı. Süresi dolmamış ve yanıtsız olanlar ne tutulmuş ne "
         "bozulmuş sayılır, ayrıca gösterilir.",
         "The share that had the first answer by its true deadline. Those unanswered and not yet due are neither kept "
         "nor missed and are shown apart."),
        "met / (met + missed); undecided while open and not due", "higher", True),
    _of("promise_used_median", "first_answer", "ratio", ("Sözün kullanılan bölümü, ortanca", "Promise used, median"),
        ("İlk yanıta kadar geçen sürenin, söz verilen süreye oranı: 1, tam sınırda demektir.",
         "The time to the first answer as a part of the time to its deadline: 1 is exactly at the deadline."),
        "median (Kaplan-Meier) of (answered - posted) / (due - posted)", "lower", True),
    # --- later answers ---
    _of("next_answer_median", "next_answer", "seconds", ("Sonraki yanıt, ortanca", "Next answer, median"),
        ("Yanıttan sonra yeniden yazan müşterilerin yarısı bu süre içinde yanıt aldı.",
         "Half of the times a customer wrote again after an answer, they had the next one within this time."),
        "smallest t with S(t) <= 0.5 over next_answer clocks", "lower", True),
    _of("next_answer_p90", "next_answer", "seconds", ("Sonraki yanıt, %90", "Next answer, 90 %"),
        ("Yeniden yazanların onda dokuzu bu süre içinde yanıt aldı.",
         "Nine times in ten they had it within this time."),
        "smallest t with S(t) <= 0.1 over next_answer clocks", "lower", True),
    _of("next_answer_worst", "next_answer", "seconds", ("Sonraki yanıt, en uzun", "Next answer, worst"),
        ("Yeniden yazan bir müşterinin en uzun bekleyişi.", "The longest wait of a customer who had written again."),
        "maximum over next_answer clocks, running ones up to now", "lower"),
    _of("next_within_promise", "next_answer", "share",
        ("Sonraki yanıt, söz verilen sürede", "Next answer, within the promise"),
        ("Sonraki yanıtlardan söz verilen sürede verilenlerin payı.",
         "The share of next answers given by their deadline."),
        "met / (met + missed) over next_answer clocks", "higher", True),
    # --- the matter settled ---
    _of("resolution_median", "resolution", "seconds", ("Çözüm, ortanca", "Resolution, median"),
        ("Kayıtların yarısı bu sürede çözüldü; müşterinin beklendiği süreler düşülür.",
         "Half of the cases were resolved within this time, without the time in which the customer was waited for."),
        "smallest t with S(t) <= 0.5 over resolution clocks, pauses taken out", "lower", True),
    _of("resolution_p90", "resolution", "seconds", ("Çözüm, %90", "Resolution, 90 %"),
        ("Kayıtların onda dokuzu bu sürede çözüldü.", "Nine in ten cases were resolved within this time."),
        "smallest t with S(t) <= 0.1 over resolution clocks, pauses taken out", "lower", True),
    _of("resolution_worst", "resolution", "seconds", ("Çözüm, en uzun", "Resolution, worst"),
        ("En uzun süren kayıt; çözülmediyse şimdiye dek.", "The case that took longest; so far, where it is open."),
        "maximum over resolution clocks, pauses taken out, running ones up to now", "lower"),
    _of("resolution_within_promise", "resolution", "share",
        ("Çözüm, söz verilen sürede", "Resolution, within the promise"),
        ("Çözüm sözü olan kayıtlardan süresinde çözülenlerin payı.",
         "Of the cases whose promise names a time for the resolution, the share resolved by it."),
        "met / (met + missed) over resolution clocks with a deadline", "higher", True),
    # --- beside them ---
    _of("detection_median", "beside", "seconds", ("Fark etme gecikmesi, ortanca", "Detection lag, median"),
        ("Müşterinin yazması ile kaynağın bunu getirmesi arasındaki süre.",
         "From the customer's post to the moment a source brought it."),
        "median of seen - posted of each case's first post", "lower", True),
    _of("detection_p90", "beside", "seconds", ("Fark etme gecikmesi, %90", "Detection lag, 90 %"),
        ("Yazılanların onda dokuzu bu sürede görüldü.", "Nine in ten first posts were seen within this time."),
        "90th percentile of seen - posted of each case's first post", "lower", True),
    _of("acknowledged", "beside", "cases", ("Otomatik alındı bildirimi", "Automatically acknowledged"),
        ("Otomatik alındı mesajı giden kayıtlar. Yanıt değildir, hiçbir saati durdurmaz.",
         "Cases to which an automatic acknowledgement went. It is no answer and stops no clock."),
        "count of cases with an auto_acknowledged event that counts"),
    _of("acknowledged_median", "beside", "seconds",
        ("Otomatik alındı bildirimi, ortanca", "Automatic acknowledgement, median"),
        ("Müşterinin yazmasından otomatik mesaja kadar geçen süre, gönderilenler arasında.",
         "From the post to the automatic message, of those to whom one went."),
        "median of acknowledged - posted", "lower", True),
    _of("breaches", "beside", "answers", ("Tutulmayan sözler", "Broken promises"),
        ("Süresinde verilmeyen ilk ve sonraki yanıtlar ile süresinde gelmeyen çözümler; her biri gecikmesi ve "
         "nedeniyle.",
         "First and next answers and resolutions that did not come by their deadline, each with its lateness and "
         "cause."),
        "count of missed clocks", "lower"),
    _of("lateness_median", "beside", "seconds", ("Gecikme, ortanca", "Lateness, median"),
        ("Tutulmayan sözlerin yarısı bundan çok gecikmedi; bitmemiş gecikmeler şimdiye dek sayılır.",
         "Half of the broken promises were not later than this; those still open are counted so far."),
        "median (Kaplan-Meier) of ended - due over missed clocks", "lower", True),
    _of("deadline_moved", "beside", "cases",
        ("Süresi geçtikten sonra aciliyeti düşürülen", "Made less urgent too late"),
        ("İlk yanıt süresi geçtikten sonra aciliyeti düşürülen yanıtsız kayıtlar. Saat kuralı gereği yeni süreyle "
         "ölçülürler; gizli kalmasın diye burada sayılır.",
         "Unanswered cases whose urgency was lowered after their deadline. By the clock's rule they are measured by "
         "the new deadline; they are counted here so that none is hidden."),
        "count of cases with an urgency_changed to a lower urgency after the deadline of the higher one", "lower"),
    # --- where the minutes go ---
    _of("minutes_total", "minutes", "seconds", ("Beklenen toplam süre", "Time waited in all"),
        ("Dönemin müşterilerinin ilk yanıta kadar beklediği sürelerin toplamı.",
         "The waits of the period's customers for their first answer, summed."),
        "sum of the ways; open ones up to now", "lower"),
    _of("minutes_piece", "minutes", "seconds", ("Bir bölümde geçen süre", "Time in one piece"),
        ("Beklemenin bir bölümünde geçen toplam süre: kaynak, yönlendirme, mesai dışı, ele alma, düşünme, yazma, onay, "
         "gönderme. Bölümlerin toplamı bütünü tam verir.",
         "The time spent in one piece of the wait: source, routing, closed hours, pick-up, thinking, writing, "
         "approval, posting. The pieces sum to the whole exactly."),
        "sum of the piece over the ways", "lower"),
    _of("minutes_avoidable", "minutes", "seconds", ("Kazanılabilecek süre", "Time that could be won"),
        ("Her kayıtta bu bölüm, ekibin kendi hızlı dörtte birindeki kadar sürseydi kazanılacak toplam süre.",
         "What would be won if the piece took no case longer than the quickest quarter of the desk's own cases."),
        "sum of max(0, piece - lower quartile of the piece)", "lower"),
)  # fmt: skip

DEFINITIONS: Mapping[str, Definition] = MappingProxyType({one.id: one for one in _ALL})
"""Every figure by its id, in the order in which a report tells them."""
