"""Fine-tuning in two stages: what the licensed sets tell, then the project's own mentions with a part of those again.

The same data, seed and number of threads give the same weights on a CPU.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nlp.backend import HEADS
from nlp.training.examples import Example, typed
from nlp.training.net import PLACES, Net

Cutter = Callable[[Sequence[str]], list[list[int]]]
"""Read texts to pieces, special ones included, at most PLACES each."""

SMOOTHING = 0.05
HEAD_WEIGHT = {"sentiment": 1.0, "urgency": 1.0, "intent": 0.3, "emotions": 0.5}
MATTER_WEIGHT, MATTER_TEMPERATURE, PAIRS = 0.5, 0.06, 32


@dataclass(frozen=True)
class Stage:
    """How long and how fast one stage learns. `own` and `borrowed` are passes over each part per round."""

    rounds: int
    rate: float
    own: int
    borrowed: float
    longest: int
    """Pieces of a text that are read while learning."""
    batch: int = 32
    averaging: float = 0.0
    """Weight of the running mean of the weights, per step; 0 keeps the last weights."""
    topic: float = 0.7
    """What the topic counts against sentiment and urgency; the slowest to be learnt."""
    matter_every: int = 0
    """Every so many steps one on which texts are of one matter (see `_matter_loss`); 0: never."""


def device() -> torch.device:
    """The accelerator where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def seeded(seed: int) -> None:
    """All of torch's draws from `seed`, and deterministic arithmetic."""
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)


def fit(
    net: Net,
    cut: Cutter,
    own: Sequence[Example],
    borrowed: Sequence[Example],
    stage: Stage,
    seed: int,
    weights: dict[str, Tensor] | None = None,
    matters: Sequence[Sequence[Example]] = (),
) -> None:
    """Teach `net` in place.

    `weights` has, per head, what a label counts (by place); what is not named counts 1. `matters` are groups of texts
    of one matter, for the embedding; neighbours in the list should be alike, they are what must be told apart.
    """
    where = device()
    net.to(where).train()
    dice = random.Random(seed)
    trained = [parameter for parameter in net.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=stage.rate, weight_decay=0.01)
    mean = [parameter.detach().clone() for parameter in trained] if stage.averaging else []
    per_round = len(own) * stage.own + int(len(borrowed) * stage.borrowed)
    total = max(1, stage.rounds * math.ceil(per_round / stage.batch))
    step, begun = 0, time.monotonic()
    for round_ in range(stage.rounds):
        order = list(own) * stage.own + dice.sample(list(borrowed), int(len(borrowed) * stage.borrowed))
        losses: list[float] = []
        for batch in _batches(order, cut, stage, dice):
            rate = stage.rate * min(1.0, (step + 1) / (0.06 * total), max(0.02, (total - step) / (0.94 * total)))
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss = _loss(net, batch, where, weights or {}, {**HEAD_WEIGHT, "topic": stage.topic})
            if matters and stage.matter_every and step % stage.matter_every == 0:
                loss = loss + MATTER_WEIGHT * _matter_loss(net, cut, matters, stage, dice, where)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            losses.append(float(loss.detach()))
            if mean:
                share = min(stage.averaging, step / (step + 10))
                with torch.no_grad():
                    for kept, parameter in zip(mean, trained, strict=True):
                        kept.lerp_(parameter, 1 - share)
            if step % 200 == 0:
                speed = step * stage.batch / (time.monotonic() - begun)
                print(f"round {round_ + 1}, step {step} of {total}, loss {np.mean(losses[-200:]):.3f}, "
                      f"{speed:.0f} texts/s", file=sys.stderr, flush=True)  # fmt: skip
    if mean:
        with torch.no_grad():
            for kept, parameter in zip(mean, trained, strict=True):
                parameter.copy_(kept)
    net.eval()


_Batch = tuple[list[list[int]], list[Example]]


def _batches(order: list[Example], cut: Cutter, stage: Stage, dice: random.Random) -> list[_Batch]:
    """The examples in batches of like length, in random order, each text typed anew."""
    texts = [typed(example.read(), example.language, dice) for example in order]
    pieces = [found[: stage.longest - 1] + found[-1:] if len(found) > stage.longest else found for found in cut(texts)]
    by_length = sorted(range(len(order)), key=lambda place: (len(pieces[place]) // 3, dice.random()))
    groups = [by_length[at : at + stage.batch] for at in range(0, len(order), stage.batch)]
    dice.shuffle(groups)
    return [([pieces[place] for place in group], [order[place] for place in group]) for group in groups]


def padded(pieces: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Pieces and mask, texts x longest; 1 is the padding piece."""
    longest = max(len(text) for text in pieces)
    rows = np.full((len(pieces), longest), 1, dtype=np.int64)
    mask = np.zeros((len(pieces), longest), dtype=np.int64)
    for row, text in enumerate(pieces):
        rows[row, : len(text)] = text
        mask[row, : len(text)] = 1
    return torch.from_numpy(rows), torch.from_numpy(mask)


def _loss(net: Net, batch: _Batch, where: torch.device, weights: dict[str, Tensor], counts: dict[str, float]) -> Tensor:
    pieces, examples = batch
    rows, mask = padded(pieces)
    logits = net(rows.to(where), mask.to(where))
    total = torch.zeros((), device=where)
    for head in HEADS:
        labels = torch.tensor([example.labels.get(head, -1) for example in examples], device=where)
        known = labels >= 0
        if not known.any():
            continue
        found = logits[head][known]
        if head == "sentiment":
            could_be = torch.tensor([example.could_be for example in examples], device=where)[known]
            found = found.masked_fill(~could_be, -30.0)
        each = functional.cross_entropy(found, labels[known], reduction="none")
        if head != "sentiment":
            smooth = -functional.log_softmax(found, dim=1).mean(1)
            each = (1 - SMOOTHING) * each + SMOOTHING * smooth
        if head in weights:
            each = each * weights[head].to(where)[labels[known]]
        total = total + counts[head] * each.sum() / len(examples)
    if "intent" in logits:
        intents = torch.tensor([example.intent for example in examples], device=where)
        if (intents >= 0).any():
            found = functional.cross_entropy(logits["intent"], intents.clamp(min=0), reduction="none")
            total = total + counts["intent"] * (found * (intents >= 0)).sum() / len(examples)
        felt = [example.emotions for example in examples]
        if any(felt):
            truth = torch.tensor([told or (0,) * 8 for told in felt], dtype=torch.float32, device=where)
            there = torch.tensor([told is not None for told in felt], device=where)
            found = functional.binary_cross_entropy_with_logits(logits["emotions"], truth, reduction="none").sum(1)
            total = total + counts["emotions"] * (found * there).sum() / len(examples)
    return total


def _matter_loss(
    net: Net, cut: Cutter, matters: Sequence[Sequence[Example]], stage: Stage, dice: random.Random, where: torch.device
) -> Tensor:
    """InfoNCE over pairs of texts of one matter: each must be nearer to its pair than to every other text.

    van den Oord et al., "Representation Learning with Contrastive Predictive Coding", 2018. Half of the matters of a
    batch are drawn with their neighbours in the list, so that what is alike on the surface is told apart.
    """
    starts = [dice.randrange(len(matters)) for _ in range(PAIRS // 4)]
    chosen = {place % len(matters) for start in starts for place in (start, start + 1)}
    while len(chosen) < min(PAIRS, len(matters)):
        chosen.add(dice.randrange(len(matters)))
    pairs = [dice.sample(list(matters[place]), 2) for place in sorted(chosen)]
    sides = []
    for side in (0, 1):
        texts = [typed(pair[side].read(), pair[side].language, dice) for pair in pairs]
        rows, mask = padded([found[: stage.longest] for found in cut(texts)])
        sides.append(net.embedding(rows.to(where), mask.to(where)))
    near = sides[0] @ sides[1].T / MATTER_TEMPERATURE
    truth = torch.arange(len(pairs), device=where)
    return (functional.cross_entropy(near, truth) + functional.cross_entropy(near.T, truth)) / 2


@torch.no_grad()
def judge(net: Net, cut: Cutter, texts: Sequence[str], batch: int = 64) -> dict[str, NDArray[np.float64]]:
    """Logits per head of read texts, in their order (texts x labels)."""
    net.eval()
    where = device()
    pieces = cut(texts)
    order = sorted(range(len(texts)), key=lambda place: len(pieces[place]))
    found = {head: np.zeros((len(texts), len(labels))) for head, labels in HEADS.items()}
    for at in range(0, len(order), batch):
        places = order[at : at + batch]
        rows, mask = padded([pieces[place] for place in places])
        logits = net(rows.to(where), mask.to(where))
        for head, values in found.items():
            values[places] = logits[head].cpu().numpy()
    return found


def cutter(tokenizer: object) -> Cutter:
    """Pieces of texts by a `tokenizers.Tokenizer` of ours (see vocabulary.trim), with <s> and </s> around them."""

    def cut(texts: Sequence[str]) -> list[list[int]]:
        found: list[list[int]] = []
        for at in range(0, len(texts), 2_000):
            for encoded in tokenizer.encode_batch(list(texts[at : at + 2_000]), add_special_tokens=False):  # type: ignore[attr-defined]
                found.append([0, *encoded.ids[: PLACES - 2], 2])
        return found

    return cut
