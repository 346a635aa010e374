"""The order pages say what the code does: every field, status, sign; and the examples are valid settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from desk.orders.carriers import CARRIERS, carrier_named
from desk.orders.order import RETURN_STATES, STATUSES
from desk.orders.settings import (
    CarrierSettings,
    CsvSettings,
    HttpSettings,
    ItemFields,
    OrderFields,
    ReturnFields,
    ShipmentFields,
    SqlSettings,
)
from desk.orders.signs import SIGNS
from desk.settings import validate

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "orders.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to" / "connect-your-orders.md").read_text(encoding="utf-8")
FORMS = (CsvSettings, SqlSettings, HttpSettings, OrderFields, ItemFields, ShipmentFields, ReturnFields, CarrierSettings)


def test_every_field_is_in_the_reference() -> None:
    names = {name for form in FORMS for name in form.model_fields} | set(SIGNS) | set(STATUSES) | set(RETURN_STATES)
    assert not [name for name in sorted(names) if f"`{name}`" not in REFERENCE]


def test_every_carrier_is_in_the_reference() -> None:
    told = re.search(r"^Known: (.*)$", REFERENCE, re.M)
    assert told is not None
    named = {found.name for name in told[1].rstrip(".").split(", ") if (found := carrier_named(name))}
    assert named == {one.name for one in CARRIERS}


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", HOW_TO, re.S))
def test_every_example_is_valid(block: str) -> None:
    settings = validate({"brand": {"name": "Marka"}, **yaml.safe_load(block)}, None)
    assert settings.orders or settings.carriers
