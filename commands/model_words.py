"""What is said of the desk's models and of the labels' quality, in Turkish and English."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from desk.quality import Share, Week
from mention import parse_time
from nlp.champion import PROMOTED, Change
from nlp.verdict import NEEDED, RARE
from playbooks.words import name_of

_HEADS = {
    "sentiment": {"en": "Sentiment", "tr": "Duygu"}, "urgency": {"en": "Urgency", "tr": "Aciliyet"},
    "topic": {"en": "Topic", "tr": "Konu"},
}  # fmt: skip

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "accuracy": "right labels", "macro_f1": "F1 over all labels alike",
        "newest": "the newest third of your decisions, which it had not learnt from",
        "crossed": "your decisions, each judged by a model that had not learnt from it",
        "better": "{head}: taken over. {measure} {before} before, {after} now ({change}, likely {low} to {high}), "
        "measured on {how}: {n} labels, {corrections} of them corrected, {persons} people.",
        "better_but": "{head}: better on your decisions, and still not taken over. {measure} {before} before, {after} "
        "with it ({change}, likely {low} to {high}), measured on {how}: {n} labels, {corrections} of them corrected.",
        "not_better": "{head}: stays as it was. With what it learnt {measure} would go from {before} to {after} "
        "({change}, likely {low} to {high}), measured on {how}: {n} labels, {corrections} of them corrected. That is "
        "not surely better.",
        "worse_newest": "  On the newest third it would be worse: right labels {before} to {after} ({n} labels).",
        "worse_hot_desk": "  It would find fewer urgent and critical mentions on your newest decisions: {before} to "
        "{after} ({n} mentions); {margin} is the most that is allowed.",
        "worse_hot_shipped": "  It would find fewer urgent and critical mentions on the shipped evaluation: {before} "
        "to {after} ({n} mentions); {margin} is the most that is allowed.",
        "worse_label": "  It would find fewer '{label}' on the shipped evaluation: {before} to {after} ({n} mentions); "
        "{margin} is the most that is allowed.",
        "too_few": "{head}: not taught. {have} corrections that the present model does not know yet, {needed} are "
        "needed: {more} more.",
        "nothing_to_learn": "{head}: stays as it was. Your {have} corrections show no pattern that helps with other "
        "mentions.",
        "more_found": "  Found more often: {labels}.",
        "less_found": "  Found less often: {labels}.",
        "also_shipped": "  On the shipped evaluation: right labels {before} to {after} ({n} texts).",
        "promoted": "{version} is in use now; the worker takes it up with its next mentions. `nobet models rollback` "
        "brings {before} back.",
        "not_promoted": "Nothing was changed: {before} stays in use. What was tried is kept as {version}.",
        "refused": "Too few corrections to learn from. {heads}. Correct labels on the board where they are wrong; "
        "{more} more of one kind are enough to begin.",
        "refused_head": "{head}: {have} of {needed}",
        "in_use": "in use", "was_refused": "not promoted", "may": "can be promoted", "other_base": "taught on another "
        "shipped model; train again", "shipped": "the shipped model",
        "model_line": "{version}  {state}  made {at}, from {lessons} mentions your people decided on",
        "history": "What was done:", "none": "No model was taught here yet: `nobet train --from-desk` does it.",
        "change_promoted": "{at}  {by} promoted {champion} (before: {before})",
        "change_rolled_back": "{at}  {by} went back to {champion} (from {before})",
        "on_fold": "The shipped evaluation is not there; a fifth of the shipped mentions takes its place. The shipped "
        "model has learnt from them, so this is harder to pass than it should be.",
        "week": "{name} ({start} to {end}): {n} mentions, people looked at {looked} of them ({share}).",
        "stood": "  {head}: {hits} of {n} labels stood, {share}; corrected {corrected}",
        "precision": "    {label}: {share} of {n}",
        "sample": "  Random review, {n} mentions; right labels: {heads}. Only these speak for all mentions.",
        "caution": "Corrections are not a random sample: people see what is in a case, and overlook mistakes. The "
        "shares are of what they looked at; the ranges tell chance, not that.",
        "no_sample": "Nobody has reviewed mentions drawn at random, so nothing here speaks for all of them.",
        "nothing": "no label was looked at", "system": "the command line",
    },
    "tr": {
        "accuracy": "doğru etiket", "macro_f1": "etiketlere eşit ağırlıklı F1",
        "newest": "en yeni üçte bir karar (model bunlardan öğrenmedi)",
        "crossed": "kararlarınız (her birini, ondan öğrenmemiş bir model değerlendirdi)",
        "better": "{head}: yeni model devraldı. {measure} önce {before}, şimdi {after} ({change}; büyük olasılıkla "
        "{low} ile {high} arası). Ölçüldüğü yer: {how}; {n} etiket, {corrections} düzeltme, {persons} kişi.",
        "better_but": "{head}: kararlarınızda daha iyi, yine de devralmadı. {measure} önce {before}, onunla {after} "
        "({change}; büyük olasılıkla {low} ile {high} arası). Ölçüldüğü yer: {how}; {n} etiket, {corrections} "
        "düzeltme.",
        "not_better": "{head}: olduğu gibi kaldı. Öğrendiğiyle {measure} {before} iken {after} olurdu ({change}; "
        "büyük olasılıkla {low} ile {high} arası). Ölçüldüğü yer: {how}; {n} etiket, {corrections} düzeltme. Daha iyi "
        "olduğu kesin değil.",
        "worse_newest": "  En yeni üçte birde daha kötü olurdu: doğru etiket {before} iken {after} ({n} etiket).",
        "worse_hot_desk": "  En yeni kararlarınızdaki acil ve kritik iletilerin daha azını bulurdu: {before} iken "
        "{after} ({n} ileti); izin verilen en çok {margin}.",
        "worse_hot_shipped": "  Ürünle gelen ölçümde acil ve kritik iletilerin daha azını bulurdu: {before} iken "
        "{after} ({n} ileti); izin verilen en çok {margin}.",
        "worse_label": "  Ürünle gelen ölçümde '{label}' iletilerin daha azını bulurdu: {before} iken {after} ({n} "
        "ileti); izin verilen en çok {margin}.",
        "too_few": "{head}: öğretilmedi. Şimdiki modelin bilmediği {have} düzeltme var, {needed} gerekir: {more} daha.",
        "nothing_to_learn": "{head}: olduğu gibi kaldı. {have} düzeltmenizde başka iletilere yarayan bir örüntü yok.",
        "more_found": "  Daha sık bulunuyor: {labels}.",
        "less_found": "  Daha seyrek bulunuyor: {labels}.",
        "also_shipped": "  Ürünle gelen ölçümde doğru etiket: {before} iken {after} ({n} metin).",
        "promoted": "Artık {version} kullanılıyor; çalışan süreç sıradaki iletilerle birlikte ona geçer. "
        "`nobet models rollback` {before} modelini geri getirir.",
        "not_promoted": "Hiçbir şey değişmedi: {before} kullanılmaya devam ediyor. Denenen model {version} adıyla "
        "saklandı.",
        "refused": "Öğrenmek için düzeltme sayısı yetersiz. {heads}. Panoda yanlış etiketleri düzeltin; başlamak için "
        "aynı türden {more} düzeltme daha yeter.",
        "refused_head": "{head}: {needed} yerine {have}",
        "in_use": "kullanımda", "was_refused": "devralmadı", "may": "devralabilir",
        "other_base": "başka bir ürün modeli üzerine öğretildi; yeniden eğitin", "shipped": "ürünle gelen model",
        "model_line": "{version}  {state}  {at} tarihinde, ekibinizin karar verdiği {lessons} iletiden",
        "history": "Yapılanlar:", "none": "Burada henüz model öğretilmedi: `nobet train --from-desk` öğretir.",
        "change_promoted": "{at}  {by}: {champion} kullanıma alındı (önceki: {before})",
        "change_rolled_back": "{at}  {by}: {champion} geri getirildi (bırakılan: {before})",
        "on_fold": "Ürünle gelen ölçüm dosyası yok; yerine ürün iletilerinin beşte biri kullanıldı. Ürün modeli "
        "bunlardan öğrendi, yani bu sınav olması gerekenden zor.",
        "week": "{name} ({start} ile {end} arası): {n} ileti, {looked} tanesine bir kişi baktı ({share}).",
        "stood": "  {head}: {n} etiketin {hits} tanesi yerinde kaldı, {share}; düzeltilen {corrected}",
        "precision": "    {label}: {share}, {n} etikette",
        "sample": "  Rastgele inceleme, {n} ileti; doğru etiket: {heads}. Bütün iletiler için yalnız bunlar konuşur.",
        "caution": "Düzeltmeler rastgele bir örneklem değildir: insanlar vakalarda olanı görür, kimi yanlışı da gözden "
        "kaçırır. Oranlar bakılanların oranıdır; aralıklar yalnız rastlantıyı söyler.",
        "no_sample": "Rastgele seçilmiş iletileri inceleyen olmadı; buradaki hiçbir sayı bütün iletiler için konuşmaz.",
        "nothing": "hiçbir etikete bakılmadı", "system": "komut satırı",
    },
}  # fmt: skip

Said = Mapping[str, Any]


def percent(value: float, language: str) -> str:
    """A share in [0, 1] as people write it."""
    return f"%{value * 100:.0f}" if language == "tr" else f"{value * 100:.0f} %"


def _points(value: float, language: str) -> str:
    return f"{value * 100:+.0f} {'puan' if language == 'tr' else 'points'}"


def _sayer(language: str) -> Callable[..., str]:
    def say(key: str, **values: object) -> str:
        return _WORDS[language][key].format(**values)

    return say


def outcome_lines(record: Said, language: str) -> list[str]:
    """What became of each head of a challenger (an adapter's record), and why."""
    say = _sayer(language)
    lines = []
    for head, told in record["heads"].items():
        lines += _head_lines(head, told, language)
    if record["evaluation"]["on"] != "held":
        lines.append(say("on_fold"))
    return lines


def _head_lines(head: str, told: Said, language: str) -> list[str]:
    say = _sayer(language)
    lines = []
    for reason in told["reasons"]:
        code, params = reason["code"], dict(reason["params"])
        if code == "better" and not told["promoted"]:
            code = "better_but"
        elif code == "worse_hot":
            code = f"worse_hot_{params['where']}"
        values: dict[str, object] = {**params, "head": _HEADS[head][language], "needed": NEEDED}
        for name in ("before", "after", "margin"):
            if name in params:
                values[name] = percent(params[name], language)
        for name in ("low", "high"):
            if name in params:
                values[name] = _points(params[name], language)
        if "before" in params:
            values["change"] = _points(params["after"] - params["before"], language)
        if "measure" in params:
            values["measure"] = say(params["measure"])
            values["how"] = say(params["how"])
        if "label" in params:
            values["label"] = name_of(head, params["label"], language)
        lines.append(say(code, **values))
    if told["promoted"]:
        lines += _found_lines(head, told["desk"]["recalls"], language)
        shipped = told["shipped"]["accuracy"]
        told_of = {name: percent(shipped[name], language) for name in ("before", "after")}
        lines.append(say("also_shipped", n=shipped["n"], **told_of))
    return lines


def _found_lines(head: str, recalls: Said, language: str) -> list[str]:
    """Which labels are found more or less often than before, the largest change first, four of each at most."""
    lines = []
    for key, sign in (("more_found", 1), ("less_found", -1)):
        moved = [
            (sign * (one["after"] - one["before"]), label, one) for label, one in recalls.items() if one["n"] >= RARE
        ]
        named = [
            f"{name_of(head, label, language)} {percent(one['before'], language)} → {percent(one['after'], language)} "
            f"({one['n']})"
            for change, label, one in sorted(moved, key=lambda found: (-found[0], found[1]))[:4]
            if change >= 0.01
        ]
        if named:
            lines.append(_sayer(language)(key, labels=", ".join(named)))
    return lines


def refusal(have: Mapping[str, int], language: str) -> str:
    """Why nothing was learnt at all, and how many corrections are missing."""
    say = _sayer(language)
    heads = [say("refused_head", head=_HEADS[head][language], have=n, needed=NEEDED) for head, n in have.items()]
    return say("refused", heads=", ".join(heads), more=NEEDED - max(have.values()))


def ending(promoted: bool, version: str, before: str, language: str) -> str:
    """What is in use after a training."""
    say = _sayer(language)
    shown = name_of_model(before, language)
    return say("promoted" if promoted else "not_promoted", version=version, before=shown)


def name_of_model(version: str, language: str) -> str:
    """A champion's name for people."""
    return _WORDS[language]["shipped"] if version == "shipped" else version


def model_line(record: Said, version: str, state: str, language: str, zone: ZoneInfo) -> str:
    """One adapter of the list."""
    say = _sayer(language)
    at = _when(str(record.get("made_at", "")), zone)
    return say("model_line", version=version, state=say(state), at=at, lessons=len(record.get("lessons", {})))


def change_line(change: Change, language: str, zone: ZoneInfo) -> str:
    """One promotion or rollback."""
    say = _sayer(language)
    key = "change_promoted" if change.action == PROMOTED else "change_rolled_back"
    by = change.by.removeprefix("agent:") if change.by != "system" else say("system")
    names = {name: name_of_model(getattr(change, name), language) for name in ("champion", "before")}
    return say(key, at=_when(change.at, zone), by=by, **names)


def say_plain(key: str, language: str) -> str:
    """A sentence without slots."""
    return _WORDS[language][key]


def _when(at: str, zone: ZoneInfo) -> str:
    return f"{parse_time(at)[0].astimezone(zone):%Y-%m-%d %H:%M}" if at else "?"


def quality_lines(weeks: Sequence[Week], language: str) -> list[str]:
    """The weekly figures as a page of text."""
    say = _sayer(language)
    lines = []
    for week in weeks:
        looked = week.looked
        lines.append(
            say(
                "week", name=week.name, start=f"{week.start:%Y-%m-%d}", end=f"{week.end:%Y-%m-%d}", n=looked.n,
                looked=looked.hits, share=_range(looked, language),
            )
        )  # fmt: skip
        for head, one in week.heads.items():
            if one.stood.n:
                corrected = one.stood.n - one.stood.hits
                shown = {"hits": one.stood.hits, "n": one.stood.n, "share": _range(one.stood, language)}
                lines.append(say("stood", head=_HEADS[head][language], corrected=corrected, **shown))
            for label, share in one.by_label.items():
                name = name_of(head, label, language)
                lines.append(say("precision", label=name, share=_range(share, language), n=share.n))
        if not any(one.stood.n for one in week.heads.values()):
            lines.append(f"  {say('nothing')}")
        if week.reviewed:
            heads = [f"{_HEADS[head][language]} {_range(one.reviewed, language)}" for head, one in week.heads.items()]
            lines.append(say("sample", n=week.reviewed, heads=", ".join(heads)))
    lines += ["", say("caution")]
    if not any(week.reviewed for week in weeks):
        lines.append(say("no_sample"))
    return lines


def _range(share: Share, language: str) -> str:
    if share.value is None or share.interval is None:
        return "–"
    low, high = (percent(value, language) for value in share.interval)
    return f"{percent(share.value, language)} ({low} – {high})"
