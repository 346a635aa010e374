"""What `nobet.yaml` may say under `orders` and `carriers`. One form of fields is shared by every kind of source."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from desk.orders.keys import Kind
from desk.orders.order import ReturnState, Status

VARIABLE = r"^[A-Z][A-Z0-9_]{2,80}$"
FORMS = ("value", "folded", "digits", "national")
"""The spellings of a key that a query or an address may ask for, see keys.OrderKey.forms."""

_BOUND = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")  # as SQLAlchemy's text() finds them
_SLOT = re.compile(r"\{(\w*)\}")
_LOCAL = ("localhost", "127.0.0.1", "::1")


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class At(_Form):
    """Where a value stands: a column's name or a dotted path, and what it is where nothing stands there."""

    path: str = Field("", max_length=200)
    default: str | int | None = None


def _as_place(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


class _Fields(_Form):
    @field_validator("*", mode="before")
    @classmethod
    def _short_form(cls, value: Any, info: Any) -> Any:
        return value if info.field_name == "path" else _as_place(value)


class ItemFields(_Fields):
    """Where an item's values stand; `path` leads to the list of items, left out where a record is one item."""

    path: str = Field("", max_length=200)
    name: At | None = None
    code: At | None = None
    count: At | None = None
    price: At | None = None
    stock: At | None = None


class ShipmentFields(_Fields):
    """Where a parcel's values stand; `path` leads to the list of parcels."""

    path: str = Field("", max_length=200)
    carrier: At | None = None
    tracking: At | None = None
    status: At | None = None
    shipped_at: At | None = None
    promised_at: At | None = None
    expected_at: At | None = None
    delivered_at: At | None = None
    link: At | None = None


class ReturnFields(_Fields):
    """Where a return's values stand; `path` leads to the list of returns."""

    path: str = Field("", max_length=200)
    state: At | None = None
    reason: At | None = None
    opened_at: At | None = None
    refunded: At | None = None


class OrderFields(_Form):
    """Where an order's values stand; only the number is needed."""

    number: At
    placed_at: At | None = None
    status: At | None = None
    total: At | None = None
    currency: At | None = None
    name: At | None = None
    phone: At | None = None
    email: At | None = None
    city: At | None = None
    tier: At | None = None
    items: ItemFields | None = None
    shipments: ShipmentFields | None = None
    returns: ReturnFields | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _short_form(cls, value: Any, info: Any) -> Any:
        return value if info.field_name in ("items", "shipments", "returns") else _as_place(value)


class _Source(_Form):
    name: str = Field(min_length=1, max_length=60, description="shown where this source is silent")
    fields: OrderFields = Field(description="where each value stands in a record")
    statuses: dict[str, Status] = Field(default_factory=dict, description="the shop's status words in ours")
    return_states: dict[str, ReturnState] = Field(default_factory=dict, description="the same for returns")
    currency: str = Field("TRY", pattern="^[A-Z]{3}$", description="of amounts beside which none stands")
    decimal: Literal[",", "."] | None = Field(None, description="the decimal sign, where it must not be guessed")
    time_limit: float = Field(4.0, ge=0.1, le=30, description="seconds for one question")
    fresh_for: int = Field(120, ge=0, le=86_400, description="seconds in which an answer is not asked for again")

    @field_validator("statuses", "return_states", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        return {str(word): ours for word, ours in value.items()} if isinstance(value, dict) else value


class CsvSettings(_Source):
    """A folder of CSV exports."""

    kind: Literal["csv"]
    folder: Path = Field(description="in NOBET_HOME where it is not absolute")
    pattern: str = Field("*.csv", min_length=1, max_length=100, pattern=r"^[^/\\]+$", description="which files")
    delimiter: Literal[";", ",", "\t", "|"] | None = Field(None, description="found out when left out")
    encoding: Literal["utf-8", "utf-16", "cp1254"] | None = Field(None, description="found out when left out")


class SqlSettings(_Source):
    """A database, read only."""

    kind: Literal["sql"]
    url_env: str = Field(pattern=VARIABLE, description="the variable that holds the SQLAlchemy URL")
    queries: dict[Kind, str] = Field(min_length=1, description="a SELECT per kind of key, with :value bound")
    rows: int = Field(200, ge=1, le=5000, description="rows that are read at most")

    @field_validator("queries")
    @classmethod
    def _only_reads(cls, value: dict[str, str]) -> dict[str, str]:
        for kind, query in value.items():
            bare = query.strip().rstrip(";").strip()
            if not re.match(r"(?is)(select|with)\b", bare):
                raise ValueError(f"the query for {kind!r} must begin with SELECT or WITH; orders are only read")
            if ";" in bare:
                raise ValueError(f"the query for {kind!r} must be one statement; take the ';' out")
            bound = set(_BOUND.findall(bare))
            if not bound & set(FORMS) or bound - set(FORMS):
                raise ValueError(f"the query for {kind!r} must ask for :value (or :folded, :digits, :national)")
            if kind != "phone" and bound & {"digits", "national"}:
                raise ValueError(f"the query for {kind!r} asks for :digits or :national; only a phone has these")
        return value


class HttpSettings(_Source):
    """A service that answers JSON."""

    kind: Literal["http"]
    url: dict[Kind, str] = Field(min_length=1, description="an address per kind of key, with {value} in it")
    headers: dict[str, str] = Field(default_factory=dict, max_length=20, description="sent as they are; no secrets")
    headers_env: dict[str, str] = Field(
        default_factory=dict, max_length=20, description="header: the variable that holds its value"
    )
    records: str = Field("", max_length=200, description="path to the list of orders in the answer")
    insecure: bool = Field(False, description="allow http to another machine")
    max_bytes: int = Field(2_000_000, ge=1000, le=20_000_000, description="bytes of an answer at most")

    @field_validator("headers_env")
    @classmethod
    def _variables(cls, value: dict[str, str]) -> dict[str, str]:
        for header, variable in value.items():
            if not re.fullmatch(VARIABLE, variable):
                # never the text itself: it may be the secret, written here by mistake
                raise ValueError(f"headers_env.{header} must name an environment variable such as NOBET_SHOP_TOKEN")
        return value

    @field_validator("headers", "headers_env")
    @classmethod
    def _are_headers(cls, value: dict[str, str]) -> dict[str, str]:
        for header, text in value.items():
            if not re.fullmatch(r"[A-Za-z0-9-]{1,60}", header) or not re.fullmatch(r"[\x20-\x7e]{0,500}", text):
                raise ValueError(f"{header!r} is no header of plain letters, digits and hyphens on one line")
        return value

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        for kind, url in self.url.items():
            check_link(url, FORMS, insecure=self.insecure)
            if kind != "phone" and set(_SLOT.findall(url)) & {"digits", "national"}:
                raise ValueError(
                    f"the address for {kind!r} asks for {{digits}} or {{national}}; only a phone has these"
                )
        return self


OrderSourceSettings = Annotated[CsvSettings | SqlSettings | HttpSettings, Field(discriminator="kind")]
"""One record under `orders`."""


def _named_once(records: tuple[OrderSourceSettings, ...]) -> tuple[OrderSourceSettings, ...]:
    names = [one.name for one in records]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two sources are called {name!r}; an answer must be known to be one's own")
    return records


OrderSources = Annotated[tuple[OrderSourceSettings, ...], Field(max_length=20), AfterValidator(_named_once)]
"""All of `orders`, each under a name of its own."""


class CarrierSettings(_Form):
    """A carrier of the brand's own, or another address for one that is known."""

    name: str = Field(min_length=1, max_length=60, description="as customers know it")
    aliases: tuple[str, ...] = Field((), max_length=20, description="what the shop's systems call it")
    link: str | None = Field(None, max_length=500, description="tracking address with {number} in it")
    page: str | None = Field(None, max_length=500, description="the page on which a number is typed")

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if self.link is None and self.page is None:
            raise ValueError("a carrier needs 'link' (with {number}) or 'page'")
        if self.link is not None:
            check_link(self.link, ("number",))
        if self.page is not None:
            check_link(self.page, ())
        return self


def check_link(url: str, slots: tuple[str, ...], *, insecure: bool = False) -> None:
    """Raises ValueError for an address that is not https (or local), or whose slots are not of its path or query."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"{url[:80]!r} is no address such as https://shop.example/orders/{{value}}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"{url[:80]!r} is no address such as https://shop.example/orders/{{value}}")
    if parts.username or parts.password:
        raise ValueError("an address carries no user or password; put them into a header from the environment")
    if parts.scheme == "http" and host not in _LOCAL and not insecure:
        raise ValueError(f"{host} would be asked without encryption; write https, or say insecure: true")
    if "{" in f"{parts.scheme}{parts.netloc}" or any(c in url for c in "\r\n\t "):
        raise ValueError("the slot stands in the path or the query of an address, and an address has no spaces")
    found = set(_SLOT.findall(url))
    if found - set(slots) or (slots and not found):
        raise ValueError(f"{url[:80]!r} must hold {' or '.join(f'{{{slot}}}' for slot in slots) or 'no slot'}")
