"""The settings: `nobet.yaml`, then the environment. One model, so that every mistake is found at once and named.

`NOBET_HOME` is the folder of configuration, store and files, `NOBET_STORE_URL` the database, `NOBET_PORT` the board's
port. Secrets are never here: a source names the environment variable that holds one.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator
from yaml.constructor import ConstructorError

from desk.approvals import Approvals
from desk.concessions import Concessions
from desk.crisis.drill_clock import DrillClock
from desk.crisis.settings import CrisisSettings
from desk.orders.settings import CarrierSettings, OrderSources
from desk.policy import Policy
from desk.report.settings import ReportMail, Rival
from desk.secrets import fill_environment
from desk.team import Agent, Rule, agent_problems, rule_problems, with_somebody_in_charge
from desk.warnings import WarningRules
from mention import SENTIMENTS, TOPICS, URGENCIES, search_text
from playbooks.schema import Channel, Library
from playbooks.shelf import load_library

CHECKOUT = Path(__file__).resolve().parent.parent
CONFIG_NAME = "nobet.yaml"
OWN_PLAYBOOKS = "playbooks"
"""The folder in the home folder into which the shipped playbooks are copied when the first of them is changed."""


class SettingsError(ValueError):
    """A configuration that cannot be used; the message names file, field and what to do."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Product(_Form):
    """Something that the brand sells, to be found in what customers write."""

    name: str = Field(min_length=1, max_length=100, description="as the desk knows it")
    aliases: tuple[str, ...] = Field((), max_length=50, description="what customers call it")
    codes: tuple[str, ...] = Field((), max_length=50, description="its model or stock codes")


class Homonym(_Form):
    """A brand's name that means something else too; words around it tell which, in any Turkish form."""

    ours: tuple[str, ...] = Field((), max_length=200, description="words that speak for the brand")
    theirs: tuple[str, ...] = Field((), max_length=200, description="words that speak for the other meaning")
    prior: float = Field(0.5, gt=0, lt=1, description="how often a text with the name means the brand")


class Brand(_Form):
    """Who is listened for."""

    name: str = Field(min_length=1, max_length=100, description="the brand's name as customers know it")
    slug: str = Field("", pattern=r"^[a-z0-9_-]{0,50}$", description="short name in the store; from the name if empty")
    languages: tuple[Literal["tr", "en"], ...] = Field(("tr", "en"), min_length=1, description="languages read")
    handles: tuple[str, ...] = Field((), description="the brand's own accounts; what they post is not a mention")

    query: str = Field("", max_length=2000, description="what counts as a mention; everything that is read when empty")
    orders: tuple[str, ...] = Field(
        (), max_length=20, description="how order numbers look: # a digit, @ a letter, {9,12} repeats; SN-########"
    )
    products: tuple[Product, ...] = Field((), max_length=2000, description="found in what customers write")
    homonym: Homonym | None = Field(None, description="where the name means something else too")
    region: str = Field("TR", pattern="^[A-Z]{2}$", description="country whose phone numbers are written without code")
    contact: str = Field("", max_length=200, description="where customers reach you; stands in formal replies")

    @property
    def key(self) -> str:
        """The brand's key in the store."""
        plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in search_text(self.name)).strip("-")
        return self.slug or plain[:50] or "brand"


class BoardSettings(_Form):
    """The board process."""

    language: Literal["tr", "en"] = Field("tr", description="the board's language until somebody switches it")
    url: str = Field(
        "", max_length=300, pattern=r"^(https?://\S+)?$", description="where colleagues reach the board, for alerts"
    )
    port: int | None = Field(None, ge=1, le=65535, description="8501 or the next free port when left out")
    address: str = Field(
        "127.0.0.1", pattern=r"^[A-Za-z0-9.:_-]{1,253}$", description="where it listens; elsewhere only with users"
    )

    @property
    def only_here(self) -> bool:
        """Whether nobody but this machine reaches it."""
        try:
            return self.address == "localhost" or ip_address(self.address).is_loopback
        except ValueError:
            return False  # a name that may mean anything


_BACKENDS = ("linear", "cascade", "transformer")
_HUB = "hub:"


class Classifier(_Form):
    """What judges a mention."""

    backend: str = Field(
        "cascade", max_length=1000, description="linear, cascade, transformer, or hub: and another model's folder or id"
    )
    labels: dict[str, str] = Field(default_factory=dict, description="what a hub model's labels mean in ours")

    @field_validator("backend")
    @classmethod
    def _is_one(cls, value: str) -> str:
        # The same rule as nlp.backends.check, which this room may not import; a test holds the two together.
        if value in _BACKENDS or (value.startswith(_HUB) and value[len(_HUB) :].strip()):
            return value
        near = difflib.get_close_matches(value, _BACKENDS, n=1, cutoff=0.6)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{value!r} is no backend; there are {', '.join(_BACKENDS)} and hub:<folder or hub id>{hint}")

    @field_validator("labels")
    @classmethod
    def _are_ours(cls, value: dict[str, str]) -> dict[str, str]:
        for theirs, ours in value.items():
            if ours not in (*SENTIMENTS, *URGENCIES, *TOPICS):
                raise ValueError(f"{ours!r}, given for {theirs!r}, is no label of ours such as negative or urgent")
        return value


class Settings(_Form):
    """Everything `nobet.yaml` may say."""

    brand: Brand = Brand(name="Çınar Ev", slug="demo", handles=("cinarev",))
    desk: Policy = Policy()
    agents: tuple[Agent, ...] = Field(
        with_somebody_in_charge((Agent(name="Nöbetçi"),)), min_length=1, description="who works the cases"
    )
    senders: tuple[dict[str, Any], ...] = Field((), description="what sends replies; fields as the kind's page says")
    assignment: tuple[Rule, ...] = Field((), max_length=200, description="to whom a new case goes")
    approvals: Approvals = Approvals()
    concessions: Concessions = Concessions()
    crisis: CrisisSettings = CrisisSettings()
    sources: tuple[dict[str, Any], ...] = Field((), description="what is collected; fields as the kind's page says")
    board: BoardSettings = BoardSettings()
    classifier: Classifier = Classifier()
    warnings: WarningRules = WarningRules()
    join_within: int = Field(14, ge=0, le=365, description="days in which an author's next mention joins their case")
    history: int = Field(
        7, ge=0, le=36_500, description="days before a source was first asked whose mentions still become cases"
    )
    acknowledge: tuple[Channel, ...] = Field((), description="channels whose new cases are acknowledged")
    orders: OrderSources = Field((), description="where orders are looked up")
    carriers: tuple[CarrierSettings, ...] = Field((), max_length=50, description="carriers beside the known ones")
    rivals: tuple[Rival, ...] = Field((), max_length=20, description="beside whom the brand is counted in reports")
    reports: tuple[ReportMail, ...] = Field((), max_length=20, description="reports that are sent by themselves")
    playbooks: str | None = Field(None, description="a folder of playbooks used instead of the shipped ones")

    drill: DrillClock | None = Field(None, description="written by nobet drill into a drill's folder, not by hand")
    demo: bool = Field(False, description="set by the program when there is no configuration")
    home: Path = Field(CHECKOUT / "var", description="set from NOBET_HOME")
    store_url: str = Field("", description="set from NOBET_STORE_URL; SQLite in the home folder when empty")
    file: Path | None = Field(None, description="set by the program: where this was read from")

    @field_validator("agents")
    @classmethod
    def _somebody_is_in_charge(cls, value: tuple[Agent, ...]) -> tuple[Agent, ...]:
        if wrong := agent_problems(value):
            raise ValueError("; ".join(wrong))
        return with_somebody_in_charge(value)

    @field_validator("assignment")
    @classmethod
    def _somebody_is_meant(cls, value: tuple[Rule, ...], info: ValidationInfo) -> tuple[Rule, ...]:
        if "agents" in info.data and (wrong := rule_problems(value, info.data["agents"])):
            raise ValueError("; ".join(wrong))
        return value

    @field_validator("reports")
    @classmethod
    def _each_has_its_name(cls, value: tuple[ReportMail, ...]) -> tuple[ReportMail, ...]:
        names = [one.name for one in value]
        if double := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two reports are called {double!r}; each is sent once a period by its name")
        return value

    @field_validator("sources", mode="before")
    @classmethod
    def _each_has_a_kind(cls, value: Any) -> Any:
        if not isinstance(value or (), list | tuple):
            raise ValueError("sources are a list; begin each with '- kind: …'")
        for at, source in enumerate(value or ()):
            if not isinstance(source, dict) or not source.get("kind"):
                raise ValueError(f"source {at + 1} names no 'kind', such as feed, reddit, x or forum")
        return value or ()

    @field_validator("senders", mode="before")
    @classmethod
    def _each_says_its_kind(cls, value: Any) -> Any:
        if not isinstance(value or (), list | tuple):
            raise ValueError("senders are a list; begin each with '- kind: …'")
        for at, sender in enumerate(value or ()):
            if not isinstance(sender, dict) or not sender.get("kind"):
                raise ValueError(f"sender {at + 1} names no 'kind', such as smtp, x or trendyol")
        return value or ()

    @model_validator(mode="after")
    def _a_drill_stays_in_the_house(self) -> Settings:
        if self.drill is not None:
            outward = ("sources", "senders", "orders", "acknowledge", "reports")
            reaching = [name for name in outward if getattr(self, name)]
            reaching += ["agents.alerts"] if any(agent.alerts for agent in self.agents) else []
            if reaching:
                raise ValueError(f"this is a drill, and nothing may leave it; take out {', '.join(reaching)}")
        return self

    def moment(self, real: datetime) -> datetime:
        """What the desk's clock shows at a real moment (aware): that moment, but in a drill the drill's."""
        return real if self.drill is None else self.drill.at(real)

    @property
    def playbook_folder(self) -> Path | None:
        """The brand's own playbooks: the folder that is configured, else `playbooks` in the home folder, where the
        board puts them at the first change; None while the shipped ones are used."""
        if self.playbooks:
            return CHECKOUT / self.playbooks
        own = self.home / OWN_PLAYBOOKS
        return own if own.is_dir() else None

    @property
    def url(self) -> str:
        """The database URL."""
        return self.store_url or f"sqlite:///{self.home / 'nobet.db'}"


_SET_BY_PROGRAM = ("demo", "home", "store_url", "file")

# The demo is staffed around the clock, so that it is alive whenever somebody looks at it; the promises are the usual.
_WHOLE_WEEK = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
DEMO: dict[str, Any] = {
    "brand": {"name": "Çınar Ev", "slug": "demo", "handles": ["cinarev"], "contact": "destek@cinarev.example"},
    "desk": {"hours": _WHOLE_WEEK, "holidays": None},
    "agents": [{"name": "Elif"}, {"name": "Mert"}],
    "sources": [{"kind": "demo", "every": 2}],
}


def load_settings(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings from `path`, else from `nobet.yaml` in NOBET_HOME, else the demo brand; then the environment.

    Raises SettingsError with the file, the field and the nearest known name for every mistake found.
    """
    env = os.environ if environ is None else environ
    home = Path(env.get("NOBET_HOME") or CHECKOUT / "var").expanduser().absolute()
    if environ is None:
        fill_environment(home)
    file = path if path is not None else home / CONFIG_NAME
    data: dict[str, Any]
    if path is None and not file.exists():
        data, found = {**DEMO, "demo": True}, None
    else:
        data, found = read_yaml(file), file
    settings = validate(data, found)
    update: dict[str, Any] = {"home": home, "store_url": env.get("NOBET_STORE_URL", ""), "file": found}
    if settings.drill is not None and found is not None:
        # Whatever the environment says: a drill that opened the brand's own store would write made-up mentions into it.
        update |= {"home": found.absolute().parent, "store_url": ""}
    if env.get("NOBET_PORT"):
        try:
            port = int(env["NOBET_PORT"])
            board = BoardSettings(**(settings.board.model_dump() | {"port": port}))
        except ValueError:
            raise SettingsError(f"NOBET_PORT is {env['NOBET_PORT']!r}; it must be a port between 1 and 65535") from None
        update["board"] = board
    return settings.model_copy(update=update)


def library_of(settings: Settings) -> Library:
    """The shipped playbooks, or the brand's own where it has some. Raises playbooks.shelf.LibraryError."""
    return load_library(settings.playbook_folder)


def playbooks_written_at(settings: Settings) -> tuple[tuple[str, int, int], ...]:
    """Name, time and size of every file of the brand's own playbooks and plans: another value says that they changed.

    It costs a look at some thirty files; nothing while the shipped ones are used.
    """
    folder = settings.playbook_folder
    if folder is None:
        return ()
    found = []
    for place in (folder, folder / "plans"):
        try:
            with os.scandir(place) as files:
                for file in files:
                    if file.name.endswith((".yaml", ".yml")):
                        stat = file.stat()
                        found.append((file.path, stat.st_mtime_ns, stat.st_size))
        except OSError:
            continue  # no plans of its own, or a file that was just being replaced
    return tuple(sorted(found))


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML carries no types
    """YAML that says where a key is given twice or a date is impossible, instead of taking the last or failing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
            seen.add(str(key.value))
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        try:
            return super().construct_yaml_timestamp(node)
        except (ValueError, AttributeError):
            raise ConstructorError(None, None, f"{node.value!r} is not a date", node.start_mark) from None


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def read_yaml(file: Path) -> dict[str, Any]:
    """The mapping in a YAML file; an empty file is an empty mapping. Raises SettingsError with the line."""
    try:
        text = file.read_text(encoding="utf-8")
        data = yaml.load(text, _Loader)  # a SafeLoader of ours
    except FileNotFoundError:
        raise SettingsError(f"{file}: there is no such configuration file") from None
    except IsADirectoryError:
        raise SettingsError(f"{file} is a folder; name the configuration file in it") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read ({error.strerror})") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise SettingsError(f"{file}{where}: not valid YAML ({problem})") from None
    except RecursionError:
        raise SettingsError(f"{file}: nested too deeply") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise SettingsError(f"{file}: the file must be a mapping such as 'brand: …', not a {type(data).__name__}")
    return data


def validate(data: dict[str, Any], file: Path | None) -> Settings:
    """Settings from a decoded mapping. Raises SettingsError with one sentence per mistake, at most ten."""
    where = str(file) if file else "configuration"
    if file is not None:
        for name in _SET_BY_PROGRAM:
            if name in data:
                raise SettingsError(f"{where}: {name!r} is not a setting; it comes from the environment")
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise SettingsError("; ".join(f"{where}: {item.sentence}" for item in _mistakes(error)[:10])) from None


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong in a configuration: the field with dots (`desk.hours.mon`), and what is wrong with it."""

    field: str
    said: str
    known: bool = True
    """Whether the field is a setting at all."""

    @property
    def sentence(self) -> str:
        """Field and mistake, as the command line says it."""
        return f"{self.field}: {self.said}" if self.known else self.said


def mistakes(data: dict[str, Any]) -> list[Mistake]:
    """Everything that `validate` would refuse in a decoded mapping, field by field; empty for a good one."""
    try:
        Settings.model_validate({name: value for name, value in data.items() if name not in _SET_BY_PROGRAM})
    except ValidationError as error:
        return _mistakes(error)
    return []


def _mistakes(error: ValidationError) -> list[Mistake]:
    return [_mistake(item) for item in _own(error)]


def _own(error: ValidationError) -> list[Any]:
    """The mistakes, without "too short" of a list whose items were refused for reasons of their own."""
    found = error.errors()
    lists = {item["loc"][:-depth] for item in found for depth in range(1, len(item["loc"]))}
    return [item for item in found if item["type"] != "too_short" or item["loc"] not in lists]


def _mistake(error: Any) -> Mistake:
    loc = [str(part) for part in error["loc"]]
    field = ".".join(loc)
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(loc[-1], known_names(loc[:-1]), n=1, cutoff=0.6)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return Mistake(field, f"unknown setting {field!r}{hint}", known=False)
    return Mistake(field, error["msg"].removeprefix("Value error, "))


def known_names(path: list[str]) -> list[str]:
    """The settings known inside a part of the form, for the hint after a typing mistake."""
    form: type[BaseModel] = Settings
    for part in path:
        info = form.model_fields.get(part)
        inner = info.annotation if info else None
        args = [inner, *getattr(inner, "__args__", ())]
        forms = [a for a in args if isinstance(a, type) and issubclass(a, BaseModel)]
        if part.isdigit():
            continue
        if not forms:
            return []
        form = forms[0]
    return [name for name in form.model_fields if form is not Settings or name not in _SET_BY_PROGRAM]
