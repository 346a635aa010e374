"""The text of `nobet.yaml` with fields changed: comments, order and the way it is written stay as they are.

The text is changed by ruamel.yaml, which keeps comments, or by its lines where ruamel would take comments along; it is
then read again by what reads it at every start (PyYAML), and the two must agree that exactly the change was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from itertools import pairwise
from typing import Any, Final

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from desk.settings import SettingsError

LEFT_OUT: Final = object()
"""The value of a field that is taken out of the file, so that its default holds."""

Path_ = tuple[str | int, ...]
Changes = Mapping[Path_, Any]
"""New values by the way to their field: `("brand", "name")`, `("agents", 0, "role")`; the place after the last adds."""

_STYLES = tuple((indent, width) for indent in ((2, 4, 2), (2, 2, 0)) for width in (120, 4096))
"""How people indent lists and how wide they write; the one that leaves most of a file as it is, is taken."""


def changed(text: str, changes: Changes) -> str:
    """A configuration's text with fields changed, comments and order kept. Raises SettingsError where that fails."""
    wanted = yaml.safe_load(text) or {}
    put_in = {path: _plain(value) for path, value in changes.items() if value is not LEFT_OUT}
    # What is taken out of a list goes last and from its end, so that places keep their meaning until then.
    out = sorted((path for path in changes if path not in put_in), key=lambda path: [_place(part) for part in path])
    out.reverse()
    for path, value in put_in.items():
        _set(wanted, path, value)
    for path in out:
        _set(wanted, path, LEFT_OUT)
    # By lines first: what ruamel takes out goes with every comment that follows it.
    for take in (_without_lines, _without):
        made, left = text, dict(put_in)
        if take is _without_lines:
            for path, value in put_in.items():
                if isinstance(path[-1], int) and (longer := _with_item(made, path, value)) != made:
                    made = longer
                    del left[path]
        made = _dumped(made, left) if left else made
        for path in out:
            made = take(made, path)
        try:
            if (yaml.safe_load(made) or {}) == wanted:
                return made
        except yaml.YAMLError:
            continue
    raise SettingsError("the file cannot be changed without changing something else; change it by hand")


def _place(part: str | int) -> tuple[int, str]:
    return (part, "") if isinstance(part, int) else (-1, part)


def _dumped(text: str, put_in: Changes) -> str:
    data, form = _loaded(text)
    for path, value in put_in.items():
        _set(data, path, _item(value) if isinstance(path[-1], int) else _noted(value))
    out = StringIO()
    form.dump(data, out)
    return out.getvalue()


def _with_item(text: str, path: Path_, value: Any) -> str:
    """The text with one more item after the last of a list; unchanged where the list does not stand on lines."""
    node = yaml.compose(text)
    for part in path[:-1]:
        if isinstance(node, yaml.MappingNode):
            node = next((found for key, found in node.value if str(key.value) == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or not node.value or path[-1] != len(node.value):
        return text
    out, form = StringIO(), YAML()
    form.width = 4096
    item = (
        CommentedMap((key, _noted(part)) for key, part in value.items()) if isinstance(value, dict) else _noted(value)
    )
    form.dump(CommentedSeq([item]), out)
    indent, lines = " " * node.start_mark.column, text.splitlines(keepends=True)
    at = _last_line(node) + 1
    if lines[at - 1][-1:] != "\n":
        lines[at - 1] += "\n"
    return "".join([*lines[:at], *(indent + line for line in out.getvalue().splitlines(keepends=True)), *lines[at:]])


def _without(text: str, path: Path_) -> str:
    data, form = _loaded(text)
    _set(data, path, LEFT_OUT)
    out = StringIO()
    form.dump(data, out)
    return out.getvalue()


def _without_lines(text: str, path: Path_) -> str:
    """The text without the lines of a field; unchanged where it does not stand on lines of its own."""
    node, first = yaml.compose(text), 0
    for part in path:
        if getattr(node, "flow_style", True):
            return text
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            first = node.start_mark.line
        elif isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if str(key.value) == str(part)), None)
            if found is None:
                return text
            first, node = found[0].start_mark.line, found[1]
        else:
            return text
    lines = text.splitlines(keepends=True)
    return "".join(lines[:first] + lines[_last_line(node) + 1 :])


def _last_line(node: Any) -> int:
    """The line on which the words of a node end, without the comments that follow it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        end = node.end_mark
        return int(end.line if end.column else max(node.start_mark.line, end.line - 1))
    parts = [part for item in node.value for part in (item if isinstance(item, tuple) else (item,))]
    return max((_last_line(part) for part in parts), default=int(node.start_mark.line))


def different(one: str, other: str) -> tuple[str, ...]:
    """The fields in which two configurations differ, with dots."""
    return tuple(_different(yaml.safe_load(one) or {}, yaml.safe_load(other) or {}, ""))


def _different(one: Any, other: Any, at: str) -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        names = dict.fromkeys([*one, *other])
        found = [_different(one.get(name), other.get(name), f"{at}.{name}" if at else str(name)) for name in names]
        return [field for fields in found for field in fields]
    return [] if one == other else [at]


def _loaded(text: str) -> tuple[Any, YAML]:
    best: tuple[int, Any, YAML] | None = None
    for (mapping, sequence, offset), width in _STYLES:
        form = YAML()  # round trip
        form.preserve_quotes = True
        form.width = width
        form.indent(mapping=mapping, sequence=sequence, offset=offset)
        out = StringIO()
        try:
            data = form.load(text)
            form.dump(data, out)
        except YAMLError as error:
            raise SettingsError(f"the file cannot be read ({type(error).__name__}); nothing was written") from None
        moved = sum(a != b for a, b in zip(text.splitlines(), out.getvalue().splitlines(), strict=False))
        moved += abs(len(text.splitlines()) - len(out.getvalue().splitlines()))
        if best is None or moved < best[0]:
            best = (moved, data, form)
        if not moved:
            break
    assert best is not None
    return (CommentedMap() if best[1] is None else best[1]), best[2]


def _set(data: Any, path: Path_, value: Any) -> None:
    at = data
    for part, after in pairwise(path):
        there = at.get(part) if isinstance(at, dict) else at[int(part)]
        if not isinstance(there, dict | list):
            if value is LEFT_OUT:
                return
            ours = isinstance(data, CommentedMap)
            there = (CommentedSeq() if ours else []) if isinstance(after, int) else (CommentedMap() if ours else {})
            at[part] = there
        at = there
    last = path[-1]
    if value is LEFT_OUT:
        if isinstance(at, dict):
            at.pop(last, None)
        elif isinstance(last, int) and last < len(at):
            del at[last]
    elif isinstance(at, list) and isinstance(last, int) and last >= len(at):
        if isinstance(at, CommentedSeq) and not at:
            at.fa.set_block_style()
        at.append(value)
    else:
        at[last] = value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def _item(value: Any) -> Any:
    """An item of a list for ruamel: a field a line."""
    return (
        CommentedMap((key, _noted(part)) for key, part in value.items()) if isinstance(value, dict) else _noted(value)
    )


def _noted(value: Any) -> Any:
    """A value for ruamel: short lists and mappings on one line, and quotes where PyYAML would read another thing."""
    if isinstance(value, dict):
        made = CommentedMap((_noted(key), _noted(part)) for key, part in value.items())
        if not any(isinstance(part, dict | list) and part and isinstance(part, dict) for part in value.values()):
            made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        row = CommentedSeq(_noted(part) for part in value)
        if not any(isinstance(part, dict) for part in value):
            row.fa.set_flow_style()
        return row
    if isinstance(value, str):
        try:
            same = yaml.safe_load(value) == value and value[2:3] != ":"  # 09:00-18:00 is quoted by custom
        except yaml.YAMLError:
            same = False
        return value if same else DoubleQuotedScalarString(value)
    return value
