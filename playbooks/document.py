"""A YAML file as values, with the line of every field, so that a finding can say where.

Read with care: a playbook folder may hold anything. Nothing is constructed but text, numbers, lists and mappings;
aliases (which let a small file grow without bound), doubled fields and second documents are refused with their line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 512 * 1024
"""The longest playbook here has about 20 kB; a file 25 times as large is something else."""

MAX_DEPTH = 20
"""A playbook is 5 deep; 100,000 brackets took the reader 38 seconds."""

Path_ = tuple[str | int, ...]

# The C reader is about ten times as fast and gives the same nodes and lines.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_PLAIN = {
    "tag:yaml.org,2002:null": lambda text: None,
    "tag:yaml.org,2002:bool": lambda text: text.lower() in ("yes", "true", "on"),
}


class DocumentError(Exception):
    """A file that holds no readable document: `line` from 1, `field` where known, the message is a sentence."""

    def __init__(self, line: int, sentence: str, where: str = "") -> None:
        super().__init__(sentence)
        self.line = line
        self.field = where


@dataclass
class Document:
    """The values of a file; `lines` maps each field's path to its line, `blocks` those whose text starts one below."""

    value: Any
    lines: dict[Path_, int] = field(default_factory=dict)
    blocks: set[Path_] = field(default_factory=set)

    def line(self, path: Path_) -> int:
        """The line of a field, or of the nearest part around it that is in the file (a missing field has no line)."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def text_line(self, path: Path_, inner: int) -> int:
        """The file's line of line `inner` (from 1) of a text."""
        return self.line(path) + inner - (0 if path in self.blocks else 1)


def spell(path: Path_) -> str:
    """A field's path as people write it: `steps[2].within`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_document(path: Path) -> Document:
    """The document in a file. Raises DocumentError with the line when there is none; OSError is left to the caller."""
    raw = path.read_bytes()
    if len(raw) > MAX_BYTES:
        raise DocumentError(1, f"the file has {len(raw)} bytes; a playbook has at most {MAX_BYTES}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DocumentError(line, "the file is not UTF-8 text; save it as UTF-8") from None
    return parse_document(text)


def parse_document(text: str) -> Document:
    """The document in a text; raises DocumentError as `read_document` does."""
    try:
        _refuse_bombs(text)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "it cannot be read"
        raise DocumentError(mark.line + 1 if mark else 1, f"this is not YAML: {problem}") from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0) or 0
        line = text.count("\n", 0, position) + 1
        raise DocumentError(line, f"this is not YAML: {' '.join(str(error).split())[:120]}") from None
    if node is None:
        raise DocumentError(1, "the file is empty")
    if not isinstance(node, yaml.MappingNode):
        raise DocumentError(node.start_mark.line + 1, "a playbook is a mapping of fields, such as 'id: late_delivery'")
    document = Document(None)
    document.lines[()] = node.start_mark.line + 1
    document.value = _read(node, (), document)
    return document


def _refuse_bombs(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise DocumentError(line, f"the alias *{event.anchor} is not read; write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise DocumentError(line, "the file is nested too deeply to be a playbook")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _read(node: Any, path: Path_, document: Document) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document)
    if isinstance(node, yaml.SequenceNode):
        return [_read(child, (*path, index), document) for index, child in enumerate(node.value)]
    if node.style in ("|", ">"):
        document.blocks.add(path)
    return _scalar(node)


def _mapping(node: Any, path: Path_, document: Document) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, child in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise DocumentError(line, "a field's name must be plain text", spell(path))
        where = (*path, key.value)
        if key.value in values:
            first = document.lines[where]
            raise DocumentError(line, f"{key.value!r} is written twice; it is already on line {first}", spell(where))
        document.lines[where] = line
        values[key.value] = _read(child, where, document)
    return values


def _scalar(node: Any) -> Any:
    if node.style:  # quoted or a block: text, whatever it looks like
        return node.value
    if node.tag in _PLAIN:
        return _PLAIN[node.tag](node.value)
    if node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float"):
        # Python's own reading, not YAML 1.1's, in which 1:30 is ninety and 010 is eight.
        for kind in (int, float):
            try:
                return kind(node.value)
            except ValueError:
                continue
    return node.value
