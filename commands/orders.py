"""`nobet orders find` and `nobet orders check`: trying the order sources of a configuration. Stores nothing."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from commands.options import Config, Failure, Language, language, utc_now
from desk.orders.keys import OrderKeyError, read_key
from desk.orders.look_up import OrderDesk
from desk.settings import Settings, load_settings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(
        help="Look orders up, and test the systems in which they stand.", no_args_is_help=True, rich_markup_mode=None
    )
    group.command()(find)
    group.command()(check)
    app.add_typer(group, name="orders")


def find(
    key: Annotated[str, typer.Argument(help="order number, phone or e-mail; order:…, phone:… or email:… to say which")],
    public: Annotated[
        bool, typer.Option("--public", help="as for a number that a stranger wrote: personal details hidden")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for a program")] = False,
    lang: Language = "en",
    config: Config = None,
) -> None:
    """The order card as an agent would see it; phone and e-mail are masked."""
    say = language(lang)
    settings, desk = _desk(config)
    try:
        wanted = read_key(key, "weak" if public else "strong", settings.brand.region)
    except OrderKeyError as error:
        raise typer.BadParameter(str(error), param_hint="KEY") from None
    card = desk.look_up([wanted], utc_now())
    if as_json:
        print(json.dumps(card.as_data(say), ensure_ascii=False, indent=1))
    else:
        print("\n".join(card.as_lines(say)))
    raise typer.Exit(0 if card.state == "found" else 1)


def check(config: Config = None) -> None:
    """Test every order source: reached or not, which fields it has, what is to be mended."""
    _, desk = _desk(config)
    failed = 0
    for name, told in desk.check().items():
        failed += not told.reached
        print(f"{'ok    ' if told.reached else 'FAILED'} {name}: {told.said}")
        if told.fields:
            print(f"       fields: {', '.join(told.fields)}")
        for note in told.notes:
            print(f"       {note}")
    raise typer.Exit(1 if failed else 0)


def _desk(config: Config) -> tuple[Settings, OrderDesk]:
    settings = load_settings(config)
    desk = OrderDesk(settings)
    if not desk.configured:
        raise Failure("no order source is configured; see `orders` in the settings")
    return settings, desk
