"""How quickly people were answered and where the minutes went: desk.metrics' numbers as sections of the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from desk.chart import Chart, Series
from desk.metrics.definitions import DEFINITIONS
from desk.metrics.figures import Class, Day, Figure, Group, Grouped, Numbers, key_of
from desk.metrics.minutes import PIECES, Minutes, Piece
from desk.metrics.words import CAUSE_NAMES, DIMENSION_NAMES, PIECE_NAMES, place_said
from desk.report.content import Block, Drawn, Figures, Number, Row, Rows, Say, Section
from desk.report.words import (
    capital,
    pick,
    say_count,
    say_length,
    say_number,
    say_period,
    say_short,
    say_value,
    say_weekday,
)
from playbooks.schema import Bilingual

Behind = Callable[[str], tuple[int, ...]]
"""The cases behind a key, the worst first."""

COLUMNS = ("cases", "first_answer_median", "first_answer_p90", "same_day", "within_promise")
"""What is told of every group."""

DIMENSIONS: Mapping[str, Bilingual] = {
    "channel": Bilingual(tr="Kanala göre", en="By channel"),
    "topic": Bilingual(tr="Konuya göre", en="By topic"),
    "playbook": Bilingual(tr="Senaryoya göre", en="By playbook"),
    "team": Bilingual(tr="Ekibe göre", en="By team"),
    "language": Bilingual(tr="Dile göre", en="By language"),
    "urgency": Bilingual(tr="Aciliyete göre", en="By urgency"),
    "hour": Bilingual(tr="Yazıldığı saate göre", en="By hour posted"),
    "weekday": Bilingual(tr="Yazıldığı güne göre", en="By weekday posted"),
}
"""Groups in the order of the report; never by person, which is for coaching and not for a document."""

REASONS = {
    "not_about_us": Bilingual(tr="bizimle ilgili değil", en="not about us"),
    "spam": Bilingual(tr="istenmeyen ileti", en="spam"),
    "duplicate": Bilingual(tr="aynı ileti", en="duplicate"),
    "other_hands": Bilingual(tr="başka elde", en="in other hands"),
    "other": Bilingual(tr="başka", en="other"),
}
"""Why a case was set aside, as the board names it."""

_LANGUAGES = {"tr": ("Türkçe", "Turkish"), "en": ("İngilizce", "English")}

Titles = Mapping[str, Bilingual]
"""The titles of playbooks by their ids."""


def number_of(one: Figure, language: str, group: tuple[str, str] = ("", ""), behind: Behind | None = None) -> Number:
    """A figure of desk.metrics as a number of the report, of a group's key and name."""
    key, name = group
    cases = behind(one.key) if behind is not None and one.id in TOLD and one.key and one.value else ()
    return Number(
        one.id, _plain(one.value, one.unit), one.unit, one.n, one.low, one.high, _plain(one.before, one.unit),
        one.before_n or None, one.undecided if one.unit == "share" else one.open, key, name, remark_of(one, language),
        one.key, cases[:MOST_CASES], len(cases),
    )  # fmt: skip


TOLD = (
    "open_now", "overdue_now", "reopened", "deadline_moved", "first_answer_worst", "next_answer_worst",
    "resolution_worst", "breaches",
)  # fmt: skip
"""Figures whose cases a document names: what went wrong, and the worst. The board shows those of every number."""

MOST_CASES = 30
"""Case numbers that stand behind a number in a document; the board shows all of them."""


def _plain(value: float | None, unit: str) -> float | int | None:
    return int(value) if value is not None and unit in ("cases", "answers") else value


def remark_of(one: Figure, language: str) -> str:
    """Why a figure has no value, or that it is of few cases; empty where nothing is to be said."""
    turkish = language == "tr"
    if one.state == "not_reached":
        return pick(turkish, "ulaşılmadı: çoğu hâlâ açık", "not reached: most are still open")
    if one.state == "none":
        return pick(turkish, "hesaplanacak bir şey yok", "nothing to reckon from")
    return pick(turkish, "az kayıt", "few cases") if one.few and one.n else ""


def group_name(group: Group, language: str, titles: Titles | None = None) -> str:
    """A group as people say it."""
    if group.key is not None and group.dimension == "language" and group.key in _LANGUAGES:
        return _LANGUAGES[group.key][language != "tr"]
    if group.key is not None and group.dimension == "playbook" and titles and group.key in titles:
        return titles[group.key].say(language)
    return place_said(group, language)


def response(numbers: Numbers, language: str, behind: Behind | None = None, titles: Titles | None = None) -> Section:
    """First answer, next answer, resolution, what stands beside them, by day and by group."""
    turkish = language == "tr"
    blocks: list[Block] = [Say(pick(
        turkish,
        "Sayılan: müşterisi bu dönemde yazmış kayıtlar, ne olduklarına bakılmadan. Hâlâ yanıt bekleyenler de "
        "hesaptadır. Aralıklar %95’tir.",
        "Counted are the cases whose customer posted in this period, whatever became of them. Those still waiting are "
        "counted too. Intervals are 95 %.",
    ))]  # fmt: skip
    blocks += _days(numbers.days, numbers, language)
    blocks += _classes(numbers.classes, numbers, language)
    blocks += _heat(numbers, language)
    parts = (
        ("cases", "Kayıtlar", "Cases"), ("first_answer", "İlk yanıt", "First answer"),
        ("next_answer", "Sonraki yanıt", "Next answer"), ("resolution", "Çözüm", "Resolution"),
        ("beside", "Bunların yanında", "Beside them"),
    )  # fmt: skip
    for section, tr, en in parts:
        found = [one for one in numbers.figures if DEFINITIONS[one.id].section == section]
        if found:
            told = tuple(number_of(one, language, behind=behind) for one in found)
            blocks.append(Figures(pick(turkish, tr, en), told))
    if numbers.breaches:
        rows = tuple(
            Row(name, (
                Number("breach_count", many, "answers", key=f"cause:{cause}", name=name),
                Number("breach_late", late, "seconds", many, key=f"cause:{cause}", name=name),
            ))
            for cause, (many, late) in numbers.causes.items()
            for name in (CAUSE_NAMES[cause].say(language) if cause in CAUSE_NAMES else cause,)
        )  # fmt: skip
        blocks.append(Rows(pick(turkish, "Sözler neden tutulmadı", "Why promises were broken"),
                           pick(turkish, "neden", "cause"), ("breach_count", "breach_late"), rows))  # fmt: skip
    if numbers.reasons:
        rows = tuple(
            Row(name, (Number("aside_count", many, "cases", key=f"reason:{reason}", name=name),))
            for reason, many in sorted(numbers.reasons.items(), key=lambda item: (-item[1], item[0]))
            for name in (REASONS[reason].say(language) if reason in REASONS else reason,)
        )
        blocks.append(Rows(pick(turkish, "Neden kenara ayrıldı", "Why cases were set aside"),
                           pick(turkish, "neden", "reason"), ("aside_count",), rows))  # fmt: skip
    for dimension, title in DIMENSIONS.items():
        groups = numbers.groups.get(dimension, ())
        if groups and not (len(groups) == 1 and groups[0].group.key is None):
            over = DIMENSION_NAMES[dimension].say(language)
            blocks.append(grouped(groups, title.say(language), over, language, titles))
    return Section("response", pick(turkish, "Yanıt süreleri", "Response times"), tuple(blocks))


def summary(numbers: Numbers, language: str) -> Section:
    """Whether people were answered faster than before, and where the minutes go, in a few sentences."""
    turkish = language == "tr"
    told: list[Block] = []
    cases = numbers.figure("cases")
    if not cases.n:
        told.append(Say(pick(turkish, "Bu dönemde yanıt bekleyen bir kayıt olmadı.",
                             "No case wanted an answer in this period.")))  # fmt: skip
        return Section("summary", pick(turkish, "Özet", "In short"), tuple(told))
    for id in ("first_answer_median", "same_day", "within_promise"):
        one = number_of(numbers.figure(id), language)
        said = f"{DEFINITIONS[id].name.say(language)}: {say_number(one, language)}"
        if one.before is not None and one.value is not None:
            was = say_value(one.before, one.unit, language)
            said += pick(turkish, f" (önceki dönem {was}, {verdict(numbers.figure(id), language)})",
                         f" (last period {was}, {verdict(numbers.figure(id), language)})")  # fmt: skip
        told.append(Say(said + "."))
    open_, late = (number_of(numbers.figure(id), language) for id in ("open_now", "overdue_now"))
    told.append(Say(pick(
        turkish,
        f"Hâlâ yanıtsız: {say_number(open_, language)}, bunlardan süresi geçmiş: {say_number(late, language)}.",
        f"Still unanswered: {say_number(open_, language)}, overdue of them: {say_number(late, language)}.",
    ), bool(late.value)))  # fmt: skip
    found = numbers.minutes
    if found is not None and found.largest is not None:
        piece = found.piece(found.largest)
        name, won = piece_name(piece.piece, language), say_length(piece.avoidable_s, language)
        told.append(Say(pick(
            turkish, f"En çok kazanılabilecek süre: {name}, {won}.", f"Most time could be won in: {name}, {won}."
        )))  # fmt: skip
        if found.suggestion is not None:
            told.append(Say(pick(turkish, "Öneri: ", "Suggestion: ") + found.suggestion.change.say(language)))
    return Section("summary", pick(turkish, "Özet", "In short"), tuple(told))


def verdict(one: Figure, language: str) -> str:
    """Whether a figure is better than the last period's, beyond chance."""
    turkish = language == "tr"
    if one.better is None:
        return pick(turkish, "rastlantıdan ayırt edilemiyor", "not told apart from chance")
    return pick(turkish, "daha iyi", "better") if one.better else pick(turkish, "daha kötü", "worse")


def grouped(groups: Sequence[Grouped], title: str, over: str, language: str, titles: Titles | None = None) -> Rows:
    """The figures of each group; small ones are told and marked, and nothing is ranked by speed."""
    turkish = language == "tr"
    rows = []
    for one in groups:
        found = {figure.id: figure for figure in one.figures}
        name = group_name(one.group, language, titles)
        key = f"{one.group.dimension}:{one.group.key or ''}"
        numbers = tuple(
            number_of(found[id], language, (key, name)) if id in found
            else Number(id, one.n if id == "cases" else None, DEFINITIONS[id].unit, one.n, key=key, name=name,
                        link=key_of(id, "all", one.group))
            for id in COLUMNS
        )  # fmt: skip
        rows.append(Row(name, numbers, pick(turkish, "az kayıt", "few cases") if one.few else ""))
    return Rows(title, over, COLUMNS, tuple(rows))


def _days(days: Sequence[Day], numbers: Numbers, language: str) -> list[Block]:
    if len(days) < 2 or not any(day.n for day in days):
        return []
    turkish = language == "tr"
    columns = ("cases", "first_answer_median", "within_promise")
    rows, medians, shares = [], [], []
    for day in days:
        found = {one.id: one for one in day.figures}
        name = say_short(day.day, language)
        group = f"day:{day.day.isoformat()}"
        told: list[Number] = []
        for id in columns:
            one = found.get(id)
            if one is None:
                told.append(Number(id, day.n if id == "cases" else None, DEFINITIONS[id].unit, day.n, key=group,
                                   name=name, link=key_of(id, "all", None, day.day)))  # fmt: skip
            else:
                told.append(Number(id, _plain(one.value, one.unit), one.unit, one.n, one.low, one.high, key=group,
                                   name=name, remark=remark_of(one, language), link=one.key))  # fmt: skip
        rows.append(Row(name, tuple(told)))
        medians.append(told[1])
        shares.append(told[2])
    over, period = pick(turkish, "gün", "day"), say_period(numbers.period, language)
    title = pick(turkish, "Günlere göre yanıt", "Answers by day")
    promised = pick(turkish, "Söz verilen sürede yanıtlanan", "Answered within the promise")
    return [
        Rows(title, over, columns, tuple(rows), drawn=True),
        Drawn(_line("first-answer-by-day", pick(turkish, "İlk yanıt, ortanca", "First answer, median"), medians, over,
                    pick(turkish, "dakika", "minutes"), 1 / 60, period, language)),
        Drawn(_line("within-promise-by-day", promised, shares, over, pick(turkish, "yüzde", "per cent"), 100, period,
                    language)),
    ]  # fmt: skip


def _line(
    keep: str, title: str, numbers: Sequence[Number], over: str, unit: str, times: float, period: str, language: str
) -> Chart:
    def drawn(value: float | None) -> float | None:
        return None if value is None else round(float(value) * times, 1)

    series = Series(
        title, "accent", tuple(drawn(_float(one)) for one in numbers),
        tuple(_with_n(one, language) for one in numbers),
        tuple(drawn(one.low) for one in numbers), tuple(drawn(one.high) for one in numbers),
        tuple({"page": "reports", "tab": "cases", "key": one.link} for one in numbers),
    )  # fmt: skip
    names = tuple(one.name for one in numbers)
    return Chart("lines", keep, title, f"{title}, {period}", over, unit, names, (series,), period=period)


def _float(one: Number) -> float | None:
    return None if one.value is None else float(one.value)


def _with_n(one: Number, language: str) -> str:
    if one.value is None:
        return one.remark or "–"
    return f"{say_value(one.value, one.unit, language)} (n {say_count(one.n or 0, language)})"


def class_name(one: Class, language: str) -> str:
    """A class of the distribution: `15 dk – 30 dk`, `1 gün üstü`."""
    turkish = language == "tr"
    low = say_length(one.since_s, language)
    if one.until_s is None:
        return pick(turkish, f"{low} üstü", f"over {low}")
    high = say_length(one.until_s, language)
    return pick(turkish, f"{high} içinde", f"within {high}") if not one.since_s else f"{low} – {high}"


def _classes(classes: Sequence[Class], numbers: Numbers, language: str) -> list[Block]:
    if not any(one.n for one in classes):
        return []
    turkish = language == "tr"
    rows, x = [], []
    for one in classes:
        name = class_name(one, language)
        key = f"class:{one.since_s:g}"
        x.append(name)
        rows.append(Row(name, (
            Number("answer_class", one.n, "cases", key=key, name=name, link=one.key),
            Number("answer_waiting", one.waiting, "cases", key=key, name=name, link=one.key),
        )))  # fmt: skip
    title = pick(turkish, "İlk yanıta kadar geçen süre", "Time to the first answer")
    over, unit = pick(turkish, "süre", "time"), pick(turkish, "kayıt", "cases")
    period = say_period(numbers.period, language)
    go = tuple({"page": "reports", "tab": "cases", "key": one.key} for one in classes)
    series = [
        Series(pick(turkish, "yanıtlanan", "answered"), "accent",
               tuple(float(one.n - one.waiting) for one in classes), go=go),
        Series(pick(turkish, "hâlâ bekleyen", "still waiting"), "late",
               tuple(float(one.waiting) for one in classes), go=go),
    ]  # fmt: skip
    label = f"{title}, {period}"
    chart = Chart("stack", "response-times", title, label, over, unit, tuple(x), tuple(series), period=period)
    return [Rows(title, over, ("answer_class", "answer_waiting"), tuple(rows), drawn=True), Drawn(chart)]


def _heat(numbers: Numbers, language: str) -> list[Block]:
    if not any(one.n for one in numbers.heat):
        return []
    turkish = language == "tr"
    found = {(one.weekday, one.hour): one for one in numbers.heat}
    hours = tuple(f"{hour:02}" for hour in range(24))
    rows, series = [], []
    for weekday in range(7):
        name = say_weekday(weekday, language)
        fields = [found.get((weekday, hour)) for hour in range(24)]
        told = []
        for hour, one in enumerate(fields):
            key, named = f"hour:{weekday}-{hour:02}", f"{name} {hour:02}:00"
            many, link = (one.n, one.key) if one else (0, "")
            waits = one is not None and many > 0 and one.median_s is None
            remark = pick(turkish, "ulaşılmadı", "not reached") if waits else ""
            told.append(Number("hour_median", one.median_s if one else None, "seconds", many, key=key, name=named,
                               remark=remark, link=link))  # fmt: skip
        rows.append(Row(name, tuple(told)))
        series.append(Series(
            name, "accent",
            tuple(None if one.value is None else round(float(one.value) / 60, 1) for one in told),
            tuple(_with_n(one, language) if one.n else "–" for one in told),
            go=tuple({"page": "reports", "tab": "cases", "key": one.link} if one.link else None for one in told),
        ))  # fmt: skip
    title = pick(turkish, "İlk yanıtın ortancası, saat ve gün", "Median first answer by hour and weekday")
    period = say_period(numbers.period, language)
    over, unit = pick(turkish, "yazıldığı saat", "hour posted"), pick(turkish, "dakika", "minutes")
    chart = Chart("heat", "hour-by-weekday", title, f"{title}, {period}", over, unit, hours, tuple(series),
                  period=period)  # fmt: skip
    table = Rows(title, pick(turkish, "gün", "day"), ("hour_median",) * 24, tuple(rows), drawn=True)
    return [table, Drawn(chart)]


def piece_name(piece: str, language: str) -> str:
    """A piece of a wait with a capital letter."""
    return capital(PIECE_NAMES[piece].say(language), language)


def minutes(numbers: Numbers, language: str, behind: Behind | None = None) -> Section:
    """Where the minutes went, the largest piece that could be shorter, and what would shorten it."""
    turkish = language == "tr"
    title = pick(turkish, "Kazanılan dakikalar", "Minutes won")
    found, last = numbers.minutes, numbers.minutes_before
    if found is None or not found.ways:
        return Section("minutes", title, (Say(pick(
            turkish, "Bu dönemde ölçülecek bir bekleyiş yok.", "There is no wait to measure in this period."
        )),))  # fmt: skip
    total = Number("minutes_total", found.total_s, "seconds", found.ways, before=last.total_s if last else None,
                   before_n=last.ways if last else None, undecided=found.open)  # fmt: skip
    rows = tuple(
        Row(name, (
            Number("minutes_piece", one.total_s, "seconds", one.n, before=_last(last, one), key=key, name=name,
                   link=one.key, cases=cases[:MOST_CASES], of=len(cases)),
            Number("minutes_avoidable", one.avoidable_s, "seconds", one.n, key=key, name=name, link=one.key),
        ))
        for piece in PIECES if (one := _piece(found, piece)) is not None
        for name, key in ((piece_name(piece, language), f"piece:{piece}"),)
        for cases in (behind(one.key) if behind and piece == found.largest else (),)
    )  # fmt: skip
    blocks: list[Block] = [Figures(pick(turkish, "Toplam", "In all"), (total,))]
    blocks.append(Rows(pick(turkish, "Süre nereye gitti", "Where the time went"), pick(turkish, "bölüm", "piece"),
                       ("minutes_piece", "minutes_avoidable"), rows))  # fmt: skip
    if found.elsewhere:
        blocks.append(Say(pick(
            turkish, f"{found.elsewhere} kayıt platformun kendisinde yanıtlandı; onların süresi bölünemez.",
            f"{found.elsewhere} cases were answered on the platform itself; their time cannot be told apart.",
        )))  # fmt: skip
    if found.suggestion is not None:
        blocks.append(Say(found.suggestion.evidence.say(language)))
    return Section("minutes", title, tuple(blocks))


def _piece(found: Minutes, piece: str) -> Piece | None:
    try:
        return found.piece(piece)
    except KeyError:
        return None


def _last(last: Minutes | None, one: Piece) -> float | None:
    before = None if last is None else _piece(last, one.piece)
    return None if before is None else before.total_s
