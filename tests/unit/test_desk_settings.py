"""nobet.yaml and the environment: what they may say, and the sentence that every mistake gets."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from desk.policy import Policy
from desk.settings import CHECKOUT, DEMO, Settings, SettingsError, known_names, load_settings, read_yaml, validate

WHOLE = """
brand: {name: Çınar Ev, slug: cinar, languages: [tr], handles: [cinarev, cinardestek]}
desk:
  timezone: Europe/Berlin
  holidays: DE-BY
  hours: {mon: ["09:00-18:00"]}
  exceptions: {2026-12-31: ["09:00-13:00"]}
  promises:
    urgent: {within: 1h, clock: always, resolution: {within: 2d}}
agents: [{name: Elif}, {name: Mert}]
sources:
  - {kind: feed, name: news, url: "https://example.com/feed", every: 10}
board: {language: en, port: 9000}
join_within: 7
playbooks: /srv/playbooks
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "nobet.yaml"


def load(file: Path, text: str, **env: str) -> Settings:
    file.write_text(text, encoding="utf-8")
    return load_settings(file, env)


def refused(file: Path, text: str, **env: str) -> str:
    with pytest.raises(SettingsError) as error:
        load(file, text, **env)
    return str(error.value)


def test_everything_at_once(file: Path) -> None:
    settings = load(file, WHOLE)
    assert settings.brand.key == "cinar" and settings.brand.languages == ("tr",)
    assert settings.desk.timezone == "Europe/Berlin" and settings.desk.hours.mon == ((540, 1080),)
    assert [agent.name for agent in settings.agents] == ["Elif", "Mert"]
    assert settings.sources[0]["every"] == 10
    assert (settings.board.language, settings.board.port) == ("en", 9000)
    assert (settings.join_within, settings.playbooks) == (7, "/srv/playbooks")
    assert (settings.file, settings.demo) == (file, False)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "desk:\n  # timezone: UTC\n", "{}"])
def test_what_is_left_out_keeps_its_default(file: Path, text: str) -> None:
    settings = load(file, text)
    assert settings.desk == Policy() and settings.agents[0].name and settings.sources == ()
    assert not settings.demo


def test_without_a_file_it_is_the_demo_brand(tmp_path: Path) -> None:
    settings = load_settings(None, {"NOBET_HOME": str(tmp_path)})
    assert settings.demo and settings.file is None
    assert [source["kind"] for source in settings.sources] == ["demo"]
    assert Settings.model_validate(DEMO).brand == settings.brand
    assert settings.desk.promises == Policy().promises


def test_the_file_in_the_home_is_found(tmp_path: Path) -> None:
    (tmp_path / "nobet.yaml").write_text("brand: {name: Ours}", encoding="utf-8")
    settings = load_settings(None, {"NOBET_HOME": str(tmp_path)})
    assert (settings.brand.name, settings.demo, settings.file) == ("Ours", False, tmp_path / "nobet.yaml")


def test_a_named_file_comes_before_the_one_in_the_home(tmp_path: Path) -> None:
    (tmp_path / "nobet.yaml").write_text("brand: {name: Ours}", encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text("brand: {name: Other}", encoding="utf-8")
    assert load_settings(other, {"NOBET_HOME": str(tmp_path)}).brand.name == "Other"


# The environment


def test_the_home_holds_the_store(tmp_path: Path, file: Path) -> None:
    settings = load(file, "", NOBET_HOME=str(tmp_path / "home"))
    assert settings.home == tmp_path / "home" and settings.url == f"sqlite:///{tmp_path / 'home' / 'nobet.db'}"
    assert load(file, "").home == CHECKOUT / "var" == load(file, "", NOBET_HOME="").home


def test_a_home_is_made_absolute(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert load(file, "", NOBET_HOME="here").home == tmp_path / "here"
    assert load(file, "", NOBET_HOME="~/nobet").home == tmp_path / "me" / "nobet"


def test_the_database_of_the_environment(file: Path) -> None:
    url = "postgresql+psycopg://nobet@localhost/nobet"
    assert load(file, "", NOBET_STORE_URL=url).url == url


def test_the_port_of_the_environment_comes_first(file: Path) -> None:
    settings = load(file, "board: {port: 9000, language: en}", NOBET_PORT="9100")
    assert (settings.board.port, settings.board.language) == (9100, "en")
    assert load(file, "board: {port: 9000}", NOBET_PORT="").board.port == 9000
    assert load(file, "").board.port is None


@pytest.mark.parametrize("port", ["x", "0", "-1", "65536", "80.5", "٣x"])
def test_a_port_that_is_none(file: Path, port: str) -> None:
    assert refused(file, "", NOBET_PORT=port) == f"NOBET_PORT is {port!r}; it must be a port between 1 and 65535"


def test_nothing_of_the_environment_is_read_behind_the_callers_back(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOBET_PORT", "9100")
    assert load(file, "").board.port is None
    file.write_text("")
    assert load_settings(file).board.port == 9100  # without an environment passed in, it is the process's own


def test_no_secret_is_in_a_sentence(file: Path) -> None:
    url = "postgresql+psycopg://nobet:hunter2@localhost/nobet"
    for text in ("brnad: {}", "desk: {timezone: X}", "- a"):
        assert "hunter2" not in refused(file, text, NOBET_STORE_URL=url)
    assert "hunter2" not in refused(file, "", NOBET_STORE_URL=url, NOBET_PORT="x")
    assert not any("secret" in name or "token" in name or "password" in name for name in known_names([]))


# Mistakes: each sentence names the file and the field

MISTAKES = [  # what is written, the sentence after the file's name
    ("brnad: {}", "unknown setting 'brnad'; did you mean 'brand'?"),
    ("zzz: {}", "unknown setting 'zzz'"),
    ("desk: {timzone: UTC}", "unknown setting 'desk.timzone'; did you mean 'timezone'?"),
    ("desk: {hours: {monday: []}}", "unknown setting 'desk.hours.monday'; did you mean 'mon'?"),
    ("desk: {promises: {sameday: {}}}", "unknown setting 'desk.promises.sameday'; did you mean 'same_day'?"),
    (
        "desk: {promises: {urgent: {within: 1h, graec: 1h}}}",
        "unknown setting 'desk.promises.urgent.graec'; did you mean 'grace'?",
    ),
    (
        "desk: {promises: {urgent: {within: 1h, resolution: {within: 1d, clok: always}}}}",
        "unknown setting 'desk.promises.urgent.resolution.clok'; did you mean 'clock'?",
    ),
    ("board: {langauge: tr}", "unknown setting 'board.langauge'; did you mean 'language'?"),
    ("agents: [{name: Elif, rle: agent}]", "unknown setting 'agents.0.rle'; did you mean 'role'?"),
    ("agents: [{name: Elif, role: boss}]", "agents.0.role: 'boss' is not a known role; known are agent, team_lead"),
    ("agents: [{name: Elif}, {name: Elif}]", "agents: the agent 'Elif' is named twice"),
    ("agents: [{name: A, deputy: B}]", "agents: the deputy of 'A' must be another agent, not 'B'"),
    ("agents: [{name: A, away: [{from: 2026-12-05, to: 2026-12-01}]}]", "the absence ends on 2026-12-01, before"),
    ("agents: [{name: A, alerts: [xoxb-secret]}]", "agents.0.alerts.0: String should match pattern"),
    ("assignment: [{to: {agent: Ali}}]", "assignment: rule 1 gives cases to 'Ali', who is not on the desk"),
    ("assignment: [{to: {team: iade}}]", "assignment: rule 1 gives cases to the team 'iade', which nobody is in"),
    ("assignment: [{to: {team: a, role: agent}}]", "assignment.0.to: name exactly one of team, role and agent"),
    ("approvals: {rules: [{by: agent}]}", "approvals.rules.0: the role 'agent' may not approve a reply"),
    ("approvals: {rules: [{by: legal, deputy: legal}]}", "the deputy must be another role than the one that approves"),
    ("concessions: {budget: [{amount: 5, currency: TRY}]}", "write the amount in quotes, such as '5'"),
    ("concessions: {budget: [{amount: '5', currency: TRL}]}", "concessions.budget: 'TRL' is no currency in use"),
    (
        "concessions: {limits: [{role: agent, kind: voucher, per_case: {count: 1}}]}",
        "concessions.limits.0: a limit of voucher is an amount with its currency",
    ),
    ("brand: {}", "brand.name: Field required"),
    ("brand: {name: ''}", "brand.name: String should have at least 1 character"),
    ("brand: {name: X, slug: Ç}", "brand.slug: String should match pattern"),
    ("brand: {name: X, languages: [de]}", "brand.languages.0: Input should be 'tr' or 'en'"),
    ("desk: {timezone: Mars/X}", "desk.timezone: 'Mars/X' is not an IANA time zone such as Europe/Istanbul"),
    ("desk: {holidays: XX}", "desk.holidays: 'XX' is not a country with a known holiday calendar"),
    ("desk: {holidays: NO}", 'desk.holidays: an unquoted NO is YAML for false; write "NO" for Norway'),
    ("desk: {hours: {mon: ['9:00-18:00']}}", "desk.hours.mon: '9:00-18:00' is not an interval such as '09:00-18:00'"),
    ("desk: {hours: {mon: ['09:00-18:00', '17:00-20:00']}}", "desk.hours.mon: two intervals of one day overlap"),
    ("desk: {exceptions: {31.12.2026: []}}", "'31.12.2026' is not a date such as 2026-12-31"),
    ("desk: {exceptions: {'2026-02-30': []}}", "'2026-02-30' is not a date such as 2026-12-31"),
    (
        "desk: {promises: {urgent: {within: 2 hours}}}",
        "desk.promises.urgent.within: '2 hours' is not a duration such as 30m, 2h or 1h30m",
    ),
    ("desk: {promises: {urgent: {clock: always}}}", "desk.promises.urgent: a promise has either 'within' or"),
    ("desk: 9-18", "desk: Input should be a valid dictionary"),
    ("agents: []", "agents: Tuple should have at least 1 item"),
    ("agents: Elif", "agents: Input should be a valid tuple"),
    ("board: {port: 0}", "board.port: Input should be greater than or equal to 1"),
    ("board: {language: de}", "board.language: Input should be 'tr' or 'en'"),
    ("join_within: 400", "join_within: Input should be less than or equal to 365"),
    ("sources: [{name: x}]", "sources: source 1 names no 'kind', such as feed, reddit, x or forum"),
    ("sources: [{kind: feed}, feed]", "sources: source 2 names no 'kind'"),
    ("sources: 5", "sources: sources are a list; begin each with '- kind: …'"),
    ("sources: {kind: feed}", "sources: sources are a list; begin each with '- kind: …'"),
    ("home: /x", "'home' is not a setting; it comes from the environment"),
    ("store_url: sqlite://", "'store_url' is not a setting; it comes from the environment"),
    ("demo: true", "'demo' is not a setting; it comes from the environment"),
    ("- a", "the file must be a mapping such as 'brand: …', not a list"),
    ("just text", "the file must be a mapping such as 'brand: …', not a str"),
    ("1: 2", "1: Keys should be strings"),
]


@pytest.mark.parametrize(("text", "sentence"), MISTAKES, ids=[text for text, _ in MISTAKES])
def test_a_mistake_is_named_with_file_and_field(file: Path, text: str, sentence: str) -> None:
    said = refused(file, text)
    assert said.startswith(f"{file}: ") and sentence in said
    assert "\n" not in said


NOT_YAML = [
    ("brand: [", ", line 1, column 9: not valid YAML"),
    ("brand:\n\tname: x", ", line 2, column 1: not valid YAML"),
    ("a: 1\n b: 2", ", line 2, column 3: not valid YAML"),
    ("brand: {name: !!python/object:os.system x}", ", line 1, column 15: not valid YAML"),
    ("? [1, 2]\n: 3", ", line 1, column 3: not valid YAML"),
    ("brand: {name: X}\nbrand: {name: Y}", ", line 2, column 1: not valid YAML ('brand' is given twice)"),
    ("desk: {exceptions: {2026-02-30: []}}", ", line 1, column 21: not valid YAML ('2026-02-30' is not a date)"),
    ("brand: !!timestamp x", ", line 1, column 8: not valid YAML ('x' is not a date)"),
    ("brand: " + "[" * 5000, ": nested too deeply"),
]


@pytest.mark.parametrize(("text", "sentence"), NOT_YAML)
def test_what_is_not_yaml_is_named_with_its_line(file: Path, text: str, sentence: str) -> None:
    assert refused(file, text).startswith(f"{file}{sentence}")


def test_a_refused_item_does_not_make_its_list_too_short(file: Path) -> None:
    assert refused(file, "agents: [{nme: Elif}]").count("agents") == 2  # the name is missing, 'nme' is unknown


def test_all_mistakes_are_told_at_once_but_no_more_than_ten(file: Path) -> None:
    said = refused(file, "brnd: 1\ndesk: {timezone: Y}\nboard: {port: 0}")
    assert all(part in said for part in ("'brnd'", "desk.timezone", "board.port"))
    assert refused(file, "\n".join(f"x{n}: 1" for n in range(50))).count("unknown setting") == 10


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    missing = tmp_path / "none.yaml"
    with pytest.raises(SettingsError, match="there is no such configuration file"):
        load_settings(missing, {})
    with pytest.raises(SettingsError, match="is a folder; name the configuration file in it"):
        load_settings(tmp_path, {})
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("brand: {name: Çınar}".encode("cp1254"))
    with pytest.raises(SettingsError, match="not UTF-8 at byte 14; save the file as UTF-8"):
        load_settings(latin, {})


def test_a_byte_order_mark_is_no_mistake(file: Path) -> None:
    file.write_bytes("brand: {name: Çınar}".encode("utf-8-sig"))
    assert load_settings(file, {}).brand.name == "Çınar"


def test_a_file_is_only_read(file: Path) -> None:
    assert load(file, WHOLE).file == file
    assert file.read_text(encoding="utf-8") == WHOLE and list(file.parent.iterdir()) == [file]
    assert read_yaml(file) == yaml.safe_load(WHOLE)


@pytest.mark.parametrize(
    ("name", "key"),
    [("Çınar Ev", "cinar-ev"), ("IŞIK", "isik"), ("日本", "brand"), ("  A  B ", "a-b"), ("x" * 90, "x" * 50)],
)
def test_a_brands_key_is_made_of_its_name(name: str, key: str) -> None:
    assert validate({"brand": {"name": name}}, None).brand.key == key


def test_the_hint_knows_the_settings_of_every_part() -> None:
    assert "desk" in known_names([]) and not {"home", "store_url", "demo", "file"} & set(known_names([]))
    assert known_names(["desk", "promises", "urgent"]) == [
        "within", "clock", "same_day", "cutoff_before_close", "grace", "resolution",
    ]  # fmt: skip
    assert known_names(["agents", "0"])[:3] == ["name", "role", "also"]
    assert known_names(["concessions"]) == ["limits", "budget", "hand_over_after", "warn_below"]
    assert known_names(["desk", "nothing"]) == [] == known_names(["sources", "0"])
