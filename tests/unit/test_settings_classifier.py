"""`classifier` in nobet.yaml: which backend judges, and the sentence for one that is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer

from commands.options import scorer_of
from desk.settings import Settings, SettingsError, known_names, load_settings
from nlp import Scorer, backends
from nlp.linear import ModelError


def load(folder: Path, text: str) -> Settings:
    file = folder / "nobet.yaml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, {})


def refused(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as error:
        load(folder, text)
    return str(error.value)


def test_it_is_the_programs_default_when_left_out(tmp_path: Path) -> None:
    settings = load(tmp_path, "")
    assert settings.classifier.backend == backends.DEFAULT == "cascade" and settings.classifier.labels == {}


@pytest.mark.parametrize("name", [*backends.NAMES, "hub:org/model", "hub:/srv/model", "hub: /srv/my model"])
def test_every_backend_can_be_configured(tmp_path: Path, name: str) -> None:
    assert load(tmp_path, f"classifier: {{backend: '{name}'}}").classifier.backend == name == backends.check(name)


@pytest.mark.parametrize("name", ["", "lnear", "Linear", "hub:", "hub:  ", "hub", "linear ", "cascade,linear", "ağ"])
def test_what_is_no_backend_is_none_for_settings_and_classifier(tmp_path: Path, name: str) -> None:
    said = refused(tmp_path, f"classifier: {{backend: '{name}'}}")
    assert said.startswith(f"{tmp_path / 'nobet.yaml'}: classifier.backend: {name!r} is no backend; there are linear,")
    with pytest.raises(ModelError):
        backends.check(name)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("classifier: {backend: lineer}", "hub:<folder or hub id>; did you mean 'linear'?"),
        ("classifier: {backend: 3}", "classifier.backend: Input should be a valid string"),
        ("classifier: linear", "classifier: Input should be a valid dictionary"),
        ("classifier: {bakend: linear}", "unknown setting 'classifier.bakend'; did you mean 'backend'?"),
        ("clasifier: {backend: linear}", "unknown setting 'clasifier'; did you mean 'classifier'?"),
        ("classifier: {labels: [negative]}", "classifier.labels: Input should be a valid dictionary"),
        (
            "classifier: {backend: 'hub:x/y', labels: {LABEL_0: bad}}",
            "classifier.labels: 'bad', given for 'LABEL_0', is no label of ours such as negative or urgent",
        ),
    ],
)
def test_a_mistake_is_named_with_file_and_field(tmp_path: Path, text: str, sentence: str) -> None:
    said = refused(tmp_path, text)
    assert said.startswith(f"{tmp_path / 'nobet.yaml'}: ") and sentence in said


def test_labels_of_a_foreign_model(tmp_path: Path) -> None:
    settings = load(tmp_path, "classifier: {backend: 'hub:x/y', labels: {LABEL_0: negative, LABEL_1: urgent}}")
    assert settings.classifier.labels == {"LABEL_0": "negative", "LABEL_1": "urgent"}
    assert known_names(["classifier"]) == ["backend", "labels"]


# From the settings to the scorer


def test_the_scorer_is_the_configured_one_unless_the_command_line_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(tmp_path, "classifier: {backend: 'hub:x/y', labels: {LABEL_0: negative}}")
    asked = []
    linear = Scorer.of("linear")
    monkeypatch.setattr(Scorer, "of", lambda *given: asked.append(given) or linear)
    scorer_of(settings)
    scorer_of(settings, "linear")
    assert asked == [("hub:x/y", {"LABEL_0": "negative"}), ("linear", {"LABEL_0": "negative"})]


def test_a_wrong_name_on_the_command_line_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="'neural' is no backend; there are linear, cascade, transformer"):
        scorer_of(load(tmp_path, ""), "neural")


def test_the_linear_backend_is_loaded_by_its_name(tmp_path: Path) -> None:
    assert scorer_of(load(tmp_path, "classifier: {backend: linear}")).model.startswith("linear-")


def test_a_backend_whose_files_are_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no model in"):
        Scorer.of("linear", models=tmp_path)
    for name in ("cascade", "transformer", "hub:x/y"):
        with pytest.raises(ModelError, match=f"There is no (cascade|transformer) in {tmp_path}"):
            Scorer.of(name, models=tmp_path)


@pytest.mark.parametrize("name", ["cascade", "transformer", "hub:x/y"])
def test_without_onnxruntime_the_sentence_names_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match="needs onnxruntime, which cannot be loaded here") as error:
        Scorer.of(name, models=tmp_path)
    assert "`pip install -r requirements.txt`" in str(error.value) and "`backend: linear`" in str(error.value)
    assert Scorer.of("linear").model.startswith("linear-")


def test_a_default_backend_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from nlp import cascade

    if not cascade.SHIPPED.is_dir():
        pytest.skip("the cascade is not trained in this checkout yet")
    monkeypatch.setattr(cascade, "SHIPPED", tmp_path / "cascade")
    with pytest.raises(ModelError, match="There is no cascade"):
        Scorer.load()
