"""Money, limits, codes, what followed: worked examples, and that nothing is rounded or mixed in silence."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from desk import ledger
from desk.codes import Seal, read_codes, seal_for_import, seal_from_environment
from desk.concessions import Concessions, Heard, Outcome, Share, Spent, Wish, judge, outcome, outcomes
from desk.money import Money, MoneyError, currencies, decimals, money, total, totals
from desk.roles import Refused
from desk.team import Agent
from playbooks.shelf import load_library
from store.concessions import ConcessionRow

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)
LATE = load_library(None)["late_delivery"]
DEFECT = load_library(None)["damaged_or_defective_product"]


def person(role: str = "agent", **fields: Any) -> Agent:
    return Agent.model_validate({"name": "Mert", "role": role, **fields})


def voucher(amount: str, currency: str = "TRY", solution: str | None = None) -> Wish:
    return Wish("voucher", money(amount, currency), solution=solution)


# Money


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [("250", "TRY", "250.00 TRY"), ("0.01", "TRY", "0.01 TRY"), ("1500", "JPY", "1500 JPY"),
     ("1.500", "KWD", "1.500 KWD"), ("250.000", "TRY", "250.00 TRY"),
     (" 7.5 ", "EUR", "7.50 EUR"), ("999999999999.99", "TRY", "999999999999.99 TRY")],
)  # fmt: skip
def test_money_is_written_with_its_decimals(amount: str, currency: str, written: str) -> None:
    assert str(money(amount, currency)) == written


@pytest.mark.parametrize(
    ("amount", "currency", "sentence"),
    [
        ("10.005", "TRY", "would have to be rounded; the currency has 2 decimals"),
        ("1.5", "JPY", "would have to be rounded; the currency has 0 decimals"),
        ("1.0005", "KWD", "the currency has 3 decimals"),
        ("1.250,00", "TRY", "'1.250,00' is not an amount"),
        ("1,5", "TRY", "is not an amount"),
        ("-5", "TRY", "is not an amount"),
        ("0", "TRY", "above zero"),
        ("NaN", "TRY", "is not an amount"),
        ("1e3", "TRY", "is not an amount"),
        ("٢٥", "TRY", "is not an amount"),
        ("", "TRY", "is not an amount"),
        ("1000000000000", "TRY", "below 1,000,000,000,000"),
        ("5", "TRL", "'TRL' is no currency in use"),
        ("5", "try", "'try' is no currency in use"),
        ("5", "XXX", "is no currency in use"),
    ],
)
def test_what_is_no_money(amount: str, currency: str, sentence: str) -> None:
    with pytest.raises(MoneyError, match=sentence):
        money(amount, currency)


@pytest.mark.parametrize("amount", [Decimal("Infinity"), Decimal("sNaN"), Decimal("-1"), 2.5, "5"])
def test_money_is_a_finite_decimal(amount: Any) -> None:
    with pytest.raises(MoneyError):
        Money(amount, "TRY")


def test_the_currencies() -> None:
    assert {"TRY", "EUR", "USD", "GBP", "JPY"} <= currencies() and not {"TRL", "DEM", "XAU"} & currencies()
    assert (decimals("TRY"), decimals("JPY"), decimals("KWD")) == (2, 0, 3)


sums = st.lists(
    st.tuples(st.integers(1, 10**14 - 1), st.sampled_from(["TRY", "EUR", "JPY", "KWD"])).map(
        lambda pair: (
            Money(Decimal(pair[0]).scaleb(-decimals(pair[1])), pair[1])
            if pair[0] < 10 ** (12 + decimals(pair[1]))
            else Money(Decimal(1), pair[1])
        )
    ),
    max_size=50,
)


@given(sums)
def test_each_currency_is_summed_apart_and_exactly(all_of: list[Money]) -> None:
    found = totals(all_of)
    assert list(found) == sorted({each.currency for each in all_of})
    for currency, amount in found.items():
        places = decimals(currency)
        minor = sum(int(each.amount.scaleb(places)) for each in all_of if each.currency == currency)
        assert amount == Decimal(minor).scaleb(-places)


# Limits


def test_a_wish_is_a_sum_or_a_count() -> None:
    lira = money("5", "TRY")
    wrong: list[tuple[str, Any, Any]] = [
        ("voucher", None, 1), ("replacement", lira, 1), ("holiday", None, 1), ("voucher", lira, 2),
        ("replacement", None, 0), ("loyalty_points", None, 10**7), ("replacement", None, True),
    ]  # fmt: skip
    for kind, sum_, count in wrong:
        with pytest.raises(Refused):
            Wish(kind, sum_, count)
    assert voucher("5", solution="voucher").text == "voucher 5.00 TRY (voucher)"
    assert Wish("loyalty_points", count=100).say("tr") == "sadakat puanı 100"


def spent(**sums_: str) -> Spent:
    return Spent(**{name: Decimal(amount) for name, amount in sums_.items()})  # type: ignore[arg-type]


LIMITS = Concessions()
JUDGED = [  # wish, role, what was given before, who must approve (none: nobody)
    (voucher("250.00"), "agent", {}, ()),
    (voucher("250.01"), "agent", {}, ("team_lead",)),
    (voucher("250.01"), "team_lead", {}, ()),
    (voucher("100.00"), "agent", {"case": "150.00"}, ()),
    (voucher("100.00"), "agent", {"case": "150.01"}, ("team_lead",)),
    (voucher("100.00"), "agent", {"case": "700.00"}, ("crisis_manager",)),  # past the team lead's as well
    (voucher("100.00"), "agent", {"month": "7400.00"}, ()),
    (voucher("100.00"), "agent", {"month": "7400.01"}, ("team_lead",)),
    (voucher("100.00"), "agent", {"person_year": "650.00"}, ()),
    (voucher("100.00"), "agent", {"person_year": "650.01"}, ("team_lead",)),
    (voucher("100.00"), "agent", {"person_year": "2200.00"}, ("crisis_manager",)),
    (Wish("replacement"), "agent", {}, ()),
    (Wish("replacement"), "agent", {"case": "1"}, ("team_lead",)),
    (Wish("executive_call"), "agent", {}, ("team_lead",)),
    (Wish("loyalty_points", count=501), "agent", {}, ("team_lead",)),
]


@pytest.mark.parametrize(("wish", "role", "before", "who"), JUDGED)
def test_how_far_a_role_goes(wish: Wish, role: str, before: dict[str, str], who: tuple[str, ...]) -> None:
    needs = judge(wish, person(role), LIMITS, spent(**before))
    assert tuple(role_ for need in needs for role_ in need.by) == who


def test_the_next_role_may_decide_after_a_time() -> None:
    [need] = judge(voucher("300.00"), person(), LIMITS, Spent())
    assert (need.by, need.deputy, need.hand_over_after) == (("team_lead",), "crisis_manager", timedelta(minutes=30))
    assert need.why.en == "own limit 250.00 TRY a case (0 before)"
    [last] = judge(voucher("4000.00"), person(), LIMITS, Spent())
    assert (last.by, last.deputy) == (("crisis_manager",), None)


@pytest.mark.parametrize(
    ("wish", "before", "sentence"),
    [
        (voucher("5000.01"), {}, "past everybody's limit .the highest: crisis manager, 5000.00 TRY; 0 was given"),
        (voucher("5.00", "EUR"), {}, "nobody has a limit for this kind and currency"),
    ],
)
def test_what_no_approval_passes(wish: Wish, before: dict[str, str], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        judge(wish, person("crisis_manager"), LIMITS, spent(**before))


def test_the_budget_is_passed_by_nobody() -> None:
    rules = Concessions.model_validate({"budget": [{"amount": "1000.00", "currency": "TRY"}]})
    chief = person("crisis_manager")
    assert judge(voucher("100.00"), chief, rules, spent(budget="900.00")) == ()
    with pytest.raises(Refused, match=r"budget is 1000.00 TRY, 99.99 TRY of it are left. Nothing was granted"):
        judge(voucher("100.00"), chief, rules, spent(budget="900.01"))
    assert judge(Wish("replacement"), chief, rules, spent(budget="0")) == ()


def test_limits_of_ones_own_stand_instead_of_the_roles() -> None:
    line = {"kind": "voucher", "per_case": {"amount": "50.00", "currency": "TRY"}}
    careful = person("team_lead", limits=[line])
    assert judge(voucher("50.00"), careful, LIMITS, Spent()) == ()
    assert judge(voucher("50.01"), careful, LIMITS, Spent())
    assert judge(Wish("replacement", count=2), careful, LIMITS, Spent()) == (), "other kinds are as the role's"


SOLUTIONS = [  # solution, amount, role, before, who must approve
    ("voucher", "250.00", "agent", {}, ()),
    ("voucher", "200.00", "team_lead", {"solution": "100.00"}, ("team_lead",)),
    ("voucher_large", "200.00", "agent", {}, ("team_lead",)),  # not theirs to give, though within their limit
]


@pytest.mark.parametrize(("solution", "amount", "role", "before", "who"), SOLUTIONS)
def test_a_playbooks_solution_has_limits_of_its_own(
    solution: str, amount: str, role: str, before: dict[str, str], who: tuple[str, ...]
) -> None:
    needs = judge(voucher(amount, solution=solution), person(role), LIMITS, spent(**before), LATE)
    assert tuple(role_ for need in needs for role_ in need.by) == who


def test_a_solution_that_is_counted_and_one_that_is_not_there() -> None:
    refund = Wish("refund", money("100.00", "TRY"), solution="refund")
    assert judge(refund, person(), LIMITS, Spent(), DEFECT) == ()
    [need] = judge(refund, person(), LIMITS, Spent(solution_times=1), DEFECT)
    assert need.by == ("team_lead",) and "limited to 1 a case" in need.why.en
    for playbook in (LATE, None):
        with pytest.raises(Refused, match="has no solution 'refund'"):
            judge(refund, person(), LIMITS, Spent(), playbook)
    euros = {"limits": [{"role": "agent", "kind": "voucher", "per_case": {"amount": "99.00", "currency": "EUR"}}]}
    needs = judge(voucher("5.00", "EUR", "voucher"), person(), Concessions.model_validate(euros), Spent(), LATE)
    assert "is in TRY and cannot be compared" in needs[0].why.en


@given(
    st.decimals("0.01", "6000", places=2), st.decimals("0", "6000", places=2), st.decimals("0", "9000", places=2),
    st.sampled_from(["agent", "team_lead", "crisis_manager", "viewer"]),
)  # fmt: skip
def test_alone_nobody_passes_their_limit(amount: Decimal, case: Decimal, month: Decimal, role: str) -> None:
    wish = Wish("voucher", Money(amount, "TRY"))
    before = Spent(case=case, month=month)
    line = next((one for one in LIMITS.limits if one.role == role and one.kind == "voucher"), None)
    try:
        alone = judge(wish, person(role), LIMITS, before) == ()
    except Refused:
        alone = False
    within = line is not None and (
        case + amount <= (line.per_case.amount or 0)
        and month + amount <= (line.per_month.amount if line.per_month and line.per_month.amount else Decimal(0))
    )
    assert alone is within


# What followed


def heard(days: float, type: str, **fields: Any) -> Heard:
    return Heard(NOW + days * DAY, type, **fields)


AFTER = [  # what happened, days passed, answered, resolved, satisfied, wrote again
    ([], 20, (False, False, None, False)),
    ([], 14, (False, False, None, None)),
    ([heard(-1, "answered"), heard(-1, "resolved"), heard(-1, "customer_wrote")], 20, (False, False, None, False)),
    ([heard(0.1, "answered"), heard(1, "resolved")], 20, (True, True, None, False)),
    ([heard(1, "resolved"), heard(2, "reopened")], 20, (False, False, None, False)),
    ([heard(1, "resolved"), heard(2, "reopened"), heard(3, "resolved")], 20, (False, True, None, False)),
    ([heard(1, "resolved", same_case=False)], 20, (False, False, None, False)),
    ([heard(3, "customer_wrote")], 5, (False, False, None, True)),
    ([heard(3, "customer_posted", same_case=False)], 20, (False, False, None, True)),
    ([heard(14, "customer_wrote")], 20, (False, False, None, True)),
    ([heard(14.1, "customer_wrote")], 20, (False, False, None, False)),
    ([heard(3, "customer_wrote", praise=True)], 20, (False, False, True, False)),
    ([heard(3, "rated", rating=5.0)], 20, (False, False, True, False)),
    ([heard(3, "rated", rating=1.0), heard(2, "customer_wrote", praise=True)], 20, (False, False, False, False)),
    ([heard(3, "rated", rating=3.0)], 20, (False, False, None, False)),
    ([heard(3, "rated", rating=1.0), heard(5, "rated", rating=4.0)], 20, (False, False, True, False)),
    ([heard(30, "rated", rating=5.0)], 20, (False, False, None, False)),  # not yet
]


@pytest.mark.parametrize(("events", "days", "told"), AFTER)
def test_what_followed(events: list[Heard], days: float, told: tuple[bool | None, ...]) -> None:
    assert outcome(events[::-1], NOW, NOW + days * DAY) == Outcome(*told)  # type: ignore[arg-type]


def test_shares_say_of_how_many() -> None:
    rows = [Outcome(True, True, None, False), Outcome(True, False, True, True), Outcome(False, False, False, None)]
    assert outcomes(rows) == {
        "answered": Share(2, 3), "resolved": Share(1, 3), "satisfied": Share(1, 2), "wrote_again": Share(1, 2)
    }  # fmt: skip
    assert outcomes([])["answered"].share is None


# Codes

ISTANBUL = ZoneInfo("Europe/Istanbul")


def test_codes_a_line_each() -> None:
    found = read_codes("\ufeffAB-1\n\n AB-2 \nAB-1\n", ISTANBUL, "250.00", "TRY", "2026-12-31")
    assert [new.code for new in found.codes] == ["AB-1", "AB-2"] and found.twice == 1 and not found.problems
    assert {new.worth for new in found.codes} == {money("250", "TRY")}
    assert found.codes[0].expires_at == datetime(2027, 1, 1, tzinfo=ISTANBUL)
    assert "AB-1" not in repr(found)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_codes_as_csv(separator: str) -> None:
    lines = [["code", "amount", "currency", "expires"], ["A1", "50.00", "TRY", "2027-01-31"], ["A2", "", "", ""]]
    text = "\n".join(separator.join(line) for line in lines)
    found = read_codes(text, ISTANBUL, "99", "EUR")
    assert [(new.code, str(new.worth)) for new in found.codes] == [("A1", "50.00 TRY"), ("A2", "99.00 EUR")]
    assert found.codes[1].expires_at is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("GIZLI-1\nGIZLI 2", "line 2: a code is 1 to 200 printable characters without spaces"),
        ("GIZLI-1\n" + "G" * 201, "line 2: a code is"),
        ("code,amount,currency\nGIZLI-1,1.005,TRY", "line 2: 1.005 TRY would have to be rounded"),
        ("code,expires\nGIZLI-1,31.12.2026", "line 2: '31.12.2026' is not a day such as 2027-12-31"),
        ("code,pin\nGIZLI-1,5", "line 1: the columns are code, amount, currency, expires; 'pin' is none"),
    ],
)
def test_a_mistake_names_its_line_and_no_code(text: str, problem: str) -> None:
    problems = "; ".join(read_codes(text, ISTANBUL, "5", "TRY").problems)
    assert problem in problems and "GIZLI" not in problems
    assert "not said" in read_codes("A1", ISTANBUL).problems[0]


@given(st.text(min_size=1, max_size=50))
def test_a_sealed_code_opens_and_says_nothing(code: str) -> None:
    code = code.encode("utf-8", "replace").decode()
    seal = SEAL
    assert seal.open(seal.close(code)) == code
    assert seal.digest(code) == seal.digest(code) and seal.digest(code) != OTHER.digest(code)
    assert len(code) < 4 or (code not in seal.close(code) and code not in seal.digest(code))


SEAL, OTHER = Seal(Fernet.generate_key().decode()), Seal(Fernet.generate_key().decode())


def test_another_key_opens_nothing() -> None:
    with pytest.raises(Refused, match="sealed with another key"):
        OTHER.open(SEAL.close("A1"))
    with pytest.raises(Refused, match="NOBET_CODES_KEY is not a key"):
        Seal("short")


def test_the_key_is_made_once_and_never_over_codes(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOBET_CODES_KEY", "")
    with pytest.raises(Refused, match="The key of the voucher codes is missing"):
        seal_for_import(tmp_path, has_codes=True)
    made = seal_for_import(tmp_path, has_codes=False)
    assert seal_from_environment().open(made.close("A1")) == "A1"
    assert seal_for_import(tmp_path, has_codes=False).digest("A1") == made.digest("A1")
    assert "NOBET_CODES_KEY" in (tmp_path / "nobet.env").read_text()


# The ledger


def line(id_: int = 1, **fields: Any) -> ConcessionRow:
    start: dict[str, Any] = {
        "id": id_, "brand": "marka", "key": str(id_), "case_id": 1, "person_id": None, "kind": "voucher",
        "amount": Decimal("250.00"), "currency": "TRY", "count": 1, "playbook": None, "solution": None, "code_id": 77,
        "state": "granted", "granted_by": "Mert", "role": "agent", "approval_id": None, "at": NOW, "month": "2026-11",
        "due_by": None, "changed_at": NOW, "reason": "",
    }  # fmt: skip
    return ConcessionRow(**{**start, **fields})


rows_ = st.lists(
    st.builds(
        lambda at, minor, currency, state, kind, role: line(
            at, kind=kind, state=state, role=role,
            amount=Decimal(minor).scaleb(-2) if kind == "voucher" else None,
            currency=currency if kind == "voucher" else None,
        ),
        st.integers(1, 10**6), st.integers(1, 10**13), st.sampled_from(["TRY", "EUR"]),
        st.sampled_from(["promised", "granted", "redeemed", "cancelled"]), st.sampled_from(["voucher", "replacement"]),
        st.sampled_from(["agent", "team_lead"]),
    ),
    max_size=40,
)  # fmt: skip


@given(rows_, st.sampled_from(ledger.GROUPS))
def test_the_sum_of_the_ledger_is_the_sum_of_its_rows(rows: list[ConcessionRow], group: str) -> None:
    whole = ledger.sums(rows)
    parts = ledger.sums_by(rows, group).values()
    for currency in ("TRY", "EUR"):
        by_hand = sum(
            int(row.amount * 100) for row in rows
            if row.currency == currency and row.amount is not None and row.state != "cancelled"
        )  # fmt: skip
        assert whole.money.get(currency, Decimal(0)) * 100 == by_hand
        assert total(part.money.get(currency, Decimal(0)) for part in parts) * 100 == by_hand
    assert whole.concessions == sum(part.concessions for part in parts)
    assert sum(whole.counts.values()) == sum(sum(part.counts.values()) for part in parts)


@pytest.mark.parametrize(
    "evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\n=1", '=HYPERLINK("x")']
)
def test_no_cell_is_run_as_a_formula(evil: str) -> None:
    stream = io.StringIO()
    ledger.write_csv([line(granted_by=evil, reason=evil, playbook=evil, solution="a,b\n")], ISTANBUL, stream)
    [head, cells] = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))
    told = dict(zip(head, cells, strict=True))
    assert told["granted_by"] == told["reason"] == told["playbook"] == "'" + evil
    assert (told["solution"], told["amount"], told["person_id"]) == ("a,b\n", "250.00", "")
    assert told["at"] == "2026-11-23T12:00:00+03:00"


def test_no_line_names_a_code() -> None:
    assert "code" not in " ".join(ledger.FIELDS) and 77 not in ledger.record(line(), ISTANBUL).values()
