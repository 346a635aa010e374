"""A site's selectors: which elements of a forum's pages are its threads and its posts, as one YAML file per site.

A selector is CSS (with `::text` or `::attr(name)` where wanted), or XPath after `xpath:`. Where only a part of what it
finds is meant, it is written `{select: "...", match: "regular expression with one (group)"}`. Every mistake is named
with its file, line and field before anything is read from the forum.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import yaml
from lxml import etree
from parsel import Selector
from parsel.csstranslator import HTMLTranslator
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

SITES = Path(__file__).resolve().parents[1] / "sites"
"""The folder of the site files that come with Nöbet."""

MAX_FILE = 1_000_000
"""Bytes of a site file; a real one has a few thousand."""

_CSS = HTMLTranslator()


class SiteError(ValueError):
    """A site file that cannot be used; the message names file, line and field."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pick(_Form):
    """One value on a page: where it is, and which part of it is meant."""

    select: str = Field(min_length=1, description="CSS, or XPath after 'xpath:'")
    match: str | None = Field(None, description="regular expression whose one group is the value")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"select": value} if isinstance(value, str) else value

    @field_validator("select")
    @classmethod
    def _is_selector(cls, value: str) -> str:
        try:
            if value.startswith("xpath:"):
                etree.XPath(value.removeprefix("xpath:").strip())
            else:
                _CSS.css_to_xpath(value)
        except Exception as error:  # cssselect and lxml have several, of no common kind
            raise ValueError(f"{value!r} is not a selector ({error})") from None
        return value

    @field_validator("match")
    @classmethod
    def _is_expression(cls, value: str | None) -> str | None:
        return value if value is None else _one_group(value)

    def nodes(self, within: Selector) -> Iterable[Selector]:
        """What the selector finds within an element, in the order of the page."""
        if self.select.startswith("xpath:"):
            return within.xpath(self.select.removeprefix("xpath:").strip())
        return within.css(self.select)

    def values(self, within: Selector) -> list[str]:
        """The texts of everything found, white space folded, empty ones left out."""
        found = []
        for node in self.nodes(within):
            text = node.get() if isinstance(node.root, str) else node.xpath("string()").get()
            text = " ".join((text or "").split())
            if self.match:
                part = re.search(self.match, text)
                text = part.group(1) if part and part.group(1) else ""
            if text:
                found.append(text)
        return found

    def value(self, within: Selector) -> str | None:
        """The first text found, None where there is none."""
        return next(iter(self.values(within)), None)


def _one_group(value: str) -> str:
    try:
        groups = re.compile(value).groups
    except re.error as error:
        raise ValueError(f"{value!r} is not a regular expression ({error})") from None
    if groups != 1:
        raise ValueError(f"{value!r} must have exactly one (group), it has {groups}")
    return value


class Dates(_Form):
    """Where a post says when it was written, and how."""

    select: Pick = Field(description="the date's element or attribute")
    format: str | None = Field(
        None, description="strptime format for a date that is not ISO and has no words, e.g. '%d.%m.%Y %H:%M'"
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"select": value}
        if isinstance(value, dict) and isinstance(value.get("select"), str) and "match" in value:
            rest = {key: item for key, item in value.items() if key not in ("select", "match")}
            return {"select": {"select": value["select"], "match": value["match"]}, **rest}
        return value

    @field_validator("format")
    @classmethod
    def _has_a_day(cls, value: str | None) -> str | None:
        if value is not None and not ("%d" in value and "%m" in value) and "%s" not in value and "%j" not in value:
            raise ValueError(f"{value!r} is not a strptime format with a day and a month (%d, %m)")
        return value


class Threads(_Form):
    """A thread list page: threads in the order of their last activity, newest first (pinned ones may stand above)."""

    row: Pick = Field(description="one element per thread")
    link: Pick = Field(description="the thread's link within its row")
    id: str | None = Field(None, description="regular expression on the thread's address, one group: its id")
    activity: Pick | None = Field(
        None, description="what changes when somebody posts (number of posts, date of the last); spares opening threads"
    )
    next: Pick | None = Field(None, description="link of the next list page")
    page_url: str | None = Field(
        None, description="where there is no such link: its address, with {first} (the list's own) and {page} in it"
    )
    order: Literal["activity", "other"] = Field(
        "activity", description="'other' where the newest activity is not at the top, e.g. a search"
    )
    empty: Pick | None = Field(None, description="present where a list is really empty, so that it is no failure")

    @field_validator("id")
    @classmethod
    def _is_expression(cls, value: str | None) -> str | None:
        return value if value is None else _one_group(value)

    @field_validator("page_url")
    @classmethod
    def _names_the_page(cls, value: str | None) -> str | None:
        return value if value is None else _page_form(value)


def _page_form(value: str) -> str:
    if "{first}" not in value or "{page}" not in value:
        raise ValueError(f"{value!r} must have {{first}} and {{page}} in it")
    return value


class Posts(_Form):
    """A page of a thread: posts, the oldest first."""

    row: Pick = Field(description="one element per post")
    id: Pick = Field(description="the post's id within its row, the same for ever")
    id_within: Literal["site", "thread"] = Field("site", description="'thread' where ids begin anew in each thread")
    text: Pick = Field(description="the element that holds what was written")
    without: tuple[str, ...] = Field((), description="CSS of what is not the author's within the text, e.g. quotes")
    author: Pick | None = Field(None, description="who wrote it")
    date: Dates = Field(description="when it was written")
    likes: Pick | None = Field(None, description="number of likes")
    url: str | None = Field(None, description="the post's own address, with {id} in it; else that of its page")
    title: Pick | None = Field(None, description="the thread's title on its page; part of the first post's text")
    next: Pick | None = Field(None, description="link of the thread's next page")
    pages: Pick | None = Field(
        None, description="how many pages a thread has; with page_url, threads are read from the last page backwards"
    )
    page_url: str | None = Field(None, description="address of a thread's page, with {first} and {page} in it")

    @field_validator("without")
    @classmethod
    def _are_css(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for selector in value:
            try:
                _CSS.css_to_xpath(selector)
            except Exception as error:
                raise ValueError(f"{selector!r} is not a CSS selector ({error})") from None
        return value

    @field_validator("url")
    @classmethod
    def _names_the_post(cls, value: str | None) -> str | None:
        if value is not None and "{id}" not in value:
            raise ValueError(f"{value!r} has no {{id}} in it")
        return value

    @field_validator("page_url")
    @classmethod
    def _names_the_page(cls, value: str | None) -> str | None:
        return value if value is None else _page_form(value)

    @model_validator(mode="after")
    def _pages_have_addresses(self) -> Posts:
        if (self.pages is None) != (self.page_url is None):
            raise ValueError("'pages' and 'page_url' belong together")
        return self


class Site(_Form):
    """One forum, or one kind of forum software."""

    site: str = Field(min_length=1, description="its name, for the sentences")
    channel: str = Field("forum", min_length=1, max_length=50, description="platform its mentions stand for")
    timezone: str = Field("Europe/Istanbul", description="IANA time zone of the times it shows")
    accept_language: str = Field("tr, en;q=0.8", description="language its pages are asked in")
    drop_query: tuple[str, ...] = Field((), description="parameters of its links that mean nothing, e.g. session ids")
    interstitial: tuple[str, ...] = Field((), description="words of its bot-protection page, beside the known ones")
    threads: Threads
    posts: Posts

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        return checked_zone(value)

    @model_validator(mode="after")
    def _threads_have_ids(self) -> Site:
        if self.posts.page_url and not self.threads.id:
            raise ValueError("posts.page_url needs threads.id: a thread's pages have several addresses")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the times that the site shows."""
        return ZoneInfo(self.timezone)


def checked_zone(value: str) -> str:
    """The name of a time zone, if it is one; raises ValueError otherwise."""
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        raise ValueError(f"{value!r} is not a time zone such as Europe/Istanbul") from None
    return value


def load_site(name: str) -> Site:
    """The site file of that name that comes with Nöbet, or the one at that path. Raises SiteError, a sentence."""
    known = sorted(path.stem for path in SITES.glob("*.yaml"))
    is_path = "/" in name or "\\" in name or name.endswith((".yaml", ".yml"))
    if not is_path and name not in known:
        meant = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {meant[0]!r}?" if meant else f"known are {', '.join(known)}; or give a path"
        raise SiteError(f"there is no site {name!r}; {hint}")
    path = Path(name).expanduser() if is_path else SITES / f"{name}.yaml"
    try:
        if path.stat().st_size > MAX_FILE:
            raise SiteError(f"{path} is larger than {MAX_FILE:,} bytes; a site file has a few thousand")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SiteError(f"the site file {path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise SiteError(f"the site file {path} is not UTF-8") from None
    return read_site(text, str(path))


def read_site(text: str, path: str) -> Site:
    """A site file's text as a Site; every mistake is in the one SiteError, each with file, line and field."""
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise SiteError(f"{path}{where}: is not YAML ({getattr(error, 'problem', None) or error})") from None
    if not isinstance(data, dict) or not isinstance(tree, yaml.MappingNode):
        raise SiteError(f"{path}, line 1: must hold the fields of a site (site, threads, posts)")
    try:
        return Site.model_validate(data)
    except ValidationError as error:
        wrong = [_wrong(found, tree, path) for found in error.errors(include_url=False, include_input=False)]
        raise SiteError("; ".join(wrong)) from None


def _wrong(error: Any, tree: yaml.MappingNode, path: str) -> str:
    names = [str(part) for part in error["loc"]]
    node: yaml.Node = tree
    line, form = tree.start_mark.line + 1, Site
    for name in names:
        keys = {key.value: (key, item) for key, item in node.value} if isinstance(node, yaml.MappingNode) else {}
        if name in keys:
            key, node = keys[name]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and name.isdigit() and int(name) < len(node.value):
            node = node.value[int(name)]
            line = node.start_mark.line + 1
    for name in names[:-1]:
        inner = form.model_fields.get(name)
        form = inner.annotation if inner and isinstance(inner.annotation, type) else form
    where = f"{path}, line {line}"
    field = ".".join(names)
    if error["type"] == "extra_forbidden":
        meant = difflib.get_close_matches(names[-1], list(form.model_fields), n=1)
        return f"{where}: unknown field {field!r}" + (f", did you mean {meant[0]!r}?" if meant else "")
    if error["type"] == "missing":
        return f"{where}: field {field!r} is missing"
    return f"{where}, field {field!r}: {str(error['msg']).removeprefix('Value error, ')}"
