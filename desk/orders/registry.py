"""The order sources that the configuration names, made ready to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from desk.orders.csv_folder import CsvFolder
from desk.orders.mapping import Mapper
from desk.orders.settings import CsvSettings, HttpSettings, SqlSettings
from desk.orders.source import OrderSource


def source_for(
    settings: CsvSettings | SqlSettings | HttpSettings,
    *,
    home: Path,
    zone: ZoneInfo,
    region: str,
    environ: Mapping[str, str],
) -> OrderSource:
    """One source. `home` holds relative folders, `zone` is that of times without an offset, `region` of phones.

    Nothing is opened or asked yet, so this raises nothing for a system that is down.
    """
    mapper = Mapper(settings, zone, region)
    if isinstance(settings, CsvSettings):
        folder = settings.folder.expanduser()
        return CsvFolder(settings, folder if folder.is_absolute() else home / folder, mapper, region)
    if isinstance(settings, SqlSettings):
        from desk.orders.sql import SqlOrders  # here: a desk without a database of orders starts without it

        return SqlOrders(settings, mapper, environ)
    from desk.orders.http_json import HttpOrders

    return HttpOrders(settings, mapper, environ)


def sources_for(
    records: Sequence[CsvSettings | SqlSettings | HttpSettings],
    *,
    home: Path,
    zone: ZoneInfo,
    region: str,
    environ: Mapping[str, str],
) -> tuple[OrderSource, ...]:
    """All of them, in the order of the configuration: what the first one says wins."""
    return tuple(source_for(one, home=home, zone=zone, region=region, environ=environ) for one in records)
