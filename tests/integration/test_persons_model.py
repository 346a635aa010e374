"""Whatever is linked, undone, rejected, written and replayed in whatever order: authors and cases stand where a model
says, and when the last link is undone nothing tells that there was one."""

from __future__ import annotations

from itertools import count
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from desk import persons
from store import Store
from store.tables import cases
from tests.integration.person_world import World, decided, state

AUTHORS = 5
brands = count(1)

who = st.integers(0, AUTHORS - 1)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), who, st.booleans()),
        st.tuples(st.just("link"), who, who),
        st.tuples(st.just("link"), who, who),
        st.tuples(st.just("unlink"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("reject"), who, who),
        st.tuples(st.just("rebuild"), st.just(0), st.just(0)),
    ),
    max_size=12,
)


class Model:
    """What must be true: each author's own person, each case's author, and the links that stand."""

    def __init__(self) -> None:
        self.homes: list[int] = []
        self.cases: dict[int, int] = {}
        self.links: list[tuple[int, int]] = []

    def person(self, author: int) -> int:
        together, grew = {author}, True
        while grew:
            more = {end for link in self.links if together & set(link) for end in link}
            grew = not more <= together
            together |= more
        return min(self.homes[each] for each in together)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.randoms(use_true_random=False))
def test_persons_stand_where_a_model_says(store: Store, todo: list[tuple[str, int, int]], chance: Random) -> None:
    world, model = World(store, f"marka{next(brands)}"), Model()
    for author in range(AUTHORS):
        _, case_id = world.write(f"a{author}", ("order", f"SN-471{author % 2}9"))
        model.homes.append(world.home(f"a{author}"))
        model.cases[case_id] = author
    for step, one, other in todo:
        if step == "write":
            _, case_id = world.write(f"a{one}", learn=bool(other))
            model.cases[case_id] = one
        elif step == "link":
            do(world, model, one, other)
        elif step == "unlink" and model.links:
            world_parts(world, model, model.links[one % len(model.links)])
        elif step == "reject" and model.person(one) != model.person(other):
            world.reject(model.homes[one], model.homes[other])
        elif step == "rebuild":
            replayed(world)
        stands(world, model)
    replayed(world)
    links = list(model.links)
    chance.shuffle(links)
    for link in links:
        world_parts(world, model, link)
        stands(world, model)
    with store.read() as tx:
        left = state(tx, world.brand)
    assert left["author homes"] == left["case homes"] == []
    assert [person for _, _, person in left["authors"]] == model.homes
    assert {case: person for case, person in left["cases"]} == {c: model.homes[a] for c, a in model.cases.items()}


def do(world: World, model: Model, one: int, other: int) -> None:
    try:
        person = world.link(model.homes[one], model.homes[other])
    except persons.PersonError:
        assert model.person(one) == model.person(other)
        return
    assert model.person(one) != model.person(other)
    model.links.append((one, other))
    assert person == model.person(one)


def world_parts(world: World, model: Model, link: tuple[int, int]) -> None:
    parted = world.unlink(*(model.homes[each] for each in link))
    model.links.remove(link)
    assert {parted.one, parted.other} == {model.person(each) for each in link}
    assert parted.mixed == ()


def replayed(world: World) -> None:
    with world.store.write() as tx:
        before, said = state(tx, world.brand), decided(tx, world.brand)
        persons.rebuild(tx, world.brand, world.tick())
        assert decided(tx, world.brand) == said
        after = state(tx, world.brand)
        assert [after[name] for name in ("authors", "cases", "traits")] == [
            before[name] for name in ("authors", "cases", "traits")
        ]


def stands(world: World, model: Model) -> None:
    with world.store.read() as tx:
        rows = tx.execute(select(cases.c.id, cases.c.person_id).where(cases.c.brand == world.brand))
        found = {row.id: row.person_id for row in rows}
    assert found == {case: model.person(author) for case, author in model.cases.items()}
    everybody = range(AUTHORS)
    assert [world.home(f"a{author}") for author in everybody] == [model.person(author) for author in everybody]
