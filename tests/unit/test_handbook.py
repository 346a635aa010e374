"""The printed plan holds what people need who have no screen: names, lines for numbers, times, branches, texts."""

from __future__ import annotations

import io
from datetime import date

import pypdf
import pytest

from desk.handbook import LINE, handbook
from desk.paper import Bullets, Facts, Grid, Heading, PageBreak, Paper, Text, to_html, to_pdf
from desk.team import Agent
from mention import FAMILIES, LANGUAGES
from playbooks.crisis.plan import written_out
from playbooks.crisis.shelf import PLANS, load_plans
from playbooks.shelf import load_library
from playbooks.words import name_of, say_duration

LIBRARY = load_library()
PLAN = load_plans(PLANS / "any_crisis.yaml")["any_crisis"]
LEAK = LIBRARY["data_leak_or_fraud"]
AGENTS = (
    Agent(name="Elif Şahin", role="team_lead", deputy="Mert"), Agent(name="Mert"),
    Agent(name="Deniz", role="crisis_manager", also=("pr_lead",)),
)  # fmt: skip


def made(language: str = "tr", brand: str = "Çınar Ev") -> Paper:
    return handbook(brand, AGENTS, (LEAK, LIBRARY["praise"]), (PLAN,), date(2026, 11, 22), language)


def texts(paper: Paper) -> str:
    found = [paper.title, paper.subtitle]
    for block in paper.blocks:
        match block:
            case Heading(_, text) | Text(text):
                found.append(text)
            case Bullets(items):
                found += items
            case Facts(pairs):
                found += [part for pair in pairs for part in pair]
            case Grid(header, rows):
                found += [*header, *(cell for row in rows for cell in row)]
    return " ".join(" ".join(found).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_tells_people_deputies_times_branches_and_consequences(language):
    said = texts(made(language))
    for step in written_out(PLAN).steps:
        assert step.title.say(language) in said and say_duration(step.box, language) in said
        for option in step.options:
            assert f"{option.title.say(language)}: {option.means.say(language)}" in said
    for part in (*PLAN.evidence, *PLAN.decides):
        assert part.what.say(language) in said
    for entry in PLAN.do_not_say:
        assert entry.say.say(language) in said and entry.why.say(language) in said


def test_a_step_says_which_steps_follow_by_their_numbers():
    whole = written_out(PLAN)
    numbers = {step.id: n for n, step in enumerate(whole.steps, start=1)}
    grid = next(b for b in made().blocks if isinstance(b, Grid) and b.header[0] == "No" and len(b.rows) == len(numbers))
    for step, row in zip(whole.steps, grid.rows, strict=True):
        assert row[0] == str(numbers[step.id])
        for way in step.exits:
            arrow = "› " + (", ".join(str(numbers[one]) for one in way) if way else "bu kol biter")
            assert arrow in row[1], step.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_playbook_page_has_every_step_limit_and_template(language):
    said = texts(made(language))
    for step in LEAK.steps:
        assert step.title.say(language) in said and " ".join(step.text.say(language).split()) in said
    for solution in LEAK.solutions:
        assert solution.title.say(language) in said
    for family in FAMILIES:
        assert name_of("family", family, language) in said
    assert "{{" not in said and "{%" not in said


def test_the_telephone_tree_has_names_deputies_and_a_line_for_each_number():
    grid = next(block for block in made().blocks if isinstance(block, Grid))
    rows = {(row[0], row[1]): row for row in grid.rows}
    assert rows["ekip lideri", "Elif Şahin"][2:] == ("Mert", LINE)
    assert rows["kurumsal iletişim lideri", "Deniz"][3] == LINE
    assert rows["hukuk", LINE][2:] == (LINE, LINE), "a role that nobody has is left to be written in"
    assert rows["Genel müdür ya da nöbetçi yönetici", LINE]


def test_every_scenario_begins_on_a_page_of_its_own_and_is_in_the_contents():
    paper = made()
    blocks = paper.blocks
    starts = [i for i, block in enumerate(blocks) if isinstance(block, Heading) and block.level == 1]
    for title in (f"Kriz planı: {PLAN.title.tr}", LEAK.title.tr, LIBRARY["praise"].title.tr):
        at = next(i for i in starts if blocks[i].text == title)
        assert isinstance(blocks[at - 1], PageBreak)
        assert title in paper.chapters


def test_it_becomes_a_pdf_and_a_page_and_a_hostile_brand_stays_text():
    paper = made(brand="<img src=x onerror=alert(1)>")
    assert "<img" not in to_html(paper)
    reader = pypdf.PdfReader(io.BytesIO(to_pdf(paper)))
    words = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for said in ("Elif Şahin", "Roller ve telefon zinciri", LEAK.title.tr, "Söylenmeyecekler", "<img src=x"):
        assert said in words
