"""`nobet playbooks` as a user runs it: out as one document, out and in again as YAML."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf

from tests.acceptance.command import nobet


def test_the_plan_goes_out_as_pdf(tmp_path: Path) -> None:
    out = tmp_path / "plan.pdf"
    answer = nobet(tmp_path, "playbooks", "export", "--format", "pdf", "--out", str(out), "praise")
    assert answer.status == 0 and "1 playbook(s)" in answer.out
    words = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(out.read_bytes())).pages)
    assert "Teşekkür ve övgü" in words and "Roller ve telefon zinciri" in words and "Elif" in words


def test_what_goes_out_as_yaml_comes_in_again_and_is_refused_whole_when_it_is_wrong(tmp_path: Path) -> None:
    file, folder = tmp_path / "plan.yaml", tmp_path / "own"
    nobet(tmp_path, "playbooks", "export", "--format", "yaml", "--out", str(file), "praise", "any_crisis")
    answer = nobet(tmp_path, "playbooks", "import", str(file), "--into", str(folder))
    assert answer.status == 0 and (folder / "praise.yaml").exists() and (folder / "plans" / "any_crisis.yaml").exists()
    file.write_text(file.read_text(encoding="utf-8").replace("kind: review", "kind: revew"), encoding="utf-8")
    answer = nobet(tmp_path, "playbooks", "import", str(file), "--into", str(tmp_path / "other"))
    assert answer.status == 1 and "did you mean 'review'" in answer.err and not (tmp_path / "other").exists()
