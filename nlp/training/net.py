"""The transformer: the first layers of the encoder, mean and maximum over its pieces, one linear head per judgement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from nlp.backend import HEADS
from nlp.training.base import Base
from nlp.training.examples import EMOTIONS

EMBEDDING = 128
"""Numbers of a text's embedding."""
_ATTENTION: dict[str, Any] = {"attn_implementation": "sdpa"}  # the configuration's signature does not name it
PLACES = 160
"""Positions kept: the longest text in pieces."""


class Net(nn.Module):
    """Pieces to logits. In the first stage with the helper heads, in the second with the embedding instead."""

    def __init__(self, words: int, base_sizes: tuple[int, int, int, int], intents: int = 0) -> None:
        """`base_sizes`: hidden, layers, attention heads, inner; `intents`: how many the helper head tells apart."""
        super().__init__()
        hidden, layers, heads, inner = base_sizes
        config = BertConfig(
            vocab_size=words,
            hidden_size=hidden,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=inner,
            max_position_embeddings=PLACES,
            layer_norm_eps=1e-12,
            hidden_dropout_prob=0.1,
            attention_probs_dropout_prob=0.05,
            **_ATTENTION,
        )
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        self.dropout = nn.Dropout(0.15)
        self.heads = nn.ModuleDict({name: nn.Linear(2 * hidden, len(labels)) for name, labels in HEADS.items()})
        if intents:
            self.heads["intent"] = nn.Linear(2 * hidden, intents)
            self.heads["emotions"] = nn.Linear(2 * hidden, EMOTIONS)
        else:
            self.project = nn.Linear(hidden, EMBEDDING, bias=False)

    def states(self, pieces: Tensor, mask: Tensor) -> Tensor:
        """The last layer: texts x pieces x hidden."""
        found: Tensor = self.encoder(input_ids=pieces, attention_mask=mask).last_hidden_state
        return found

    def embedding(self, pieces: Tensor, mask: Tensor) -> Tensor:
        """Of unit length, near for texts of one matter: texts x EMBEDDING."""
        weights = mask[:, :, None].to(torch.float32)
        mean = (self.states(pieces, mask) * weights).sum(1) / weights.sum(1).clamp(min=1.0)
        return nn.functional.normalize(self.project(mean), dim=1)

    def pooled(self, pieces: Tensor, mask: Tensor) -> Tensor:
        """Mean and maximum over the pieces of each text: texts x 2 hidden."""
        states = self.states(pieces, mask)
        weights = mask[:, :, None].to(states.dtype)
        mean = (states * weights).sum(1) / weights.sum(1).clamp(min=1.0)
        most = (states - (1.0 - weights) * 1e4).max(1).values
        return torch.cat([mean, most], dim=1)

    def forward(self, pieces: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Logits per head, texts x labels."""
        pooled = self.dropout(self.pooled(pieces, mask))
        return {name: head(pooled) for name, head in self.heads.items()}


def start(base: Base, kept: Sequence[int], intents: int) -> Net:
    """A net with the encoder's weights, its table cut to the `kept` pieces, and heads that know nothing yet."""
    net = Net(len(kept), (base.hidden, base.layers, base.heads, base.inner), intents)
    own = net.encoder.state_dict()
    tensors = base.tensors
    names = {
        "embeddings.word_embeddings.weight": tensors["emb.word"][np.asarray(kept)],
        "embeddings.position_embeddings.weight": tensors["emb.pos"][:PLACES],
        "embeddings.token_type_embeddings.weight": tensors["emb.type"],
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    parts = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
        "aln": "attention.output.LayerNorm",
        "fi": "intermediate.dense",
        "fo": "output.dense",
        "oln": "output.LayerNorm",
    }
    for layer in range(base.layers):
        for short, long in parts.items():
            for end, name in (("w", "weight"), ("b", "bias")):
                names[f"encoder.layer.{layer}.{long}.{name}"] = tensors[f"l{layer}.{short}.{end}"]
    with torch.no_grad():
        for name, tensor in names.items():
            own[name].copy_(torch.from_numpy(np.ascontiguousarray(tensor)).reshape(own[name].shape))
    return net
