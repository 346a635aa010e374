"""From a trained net to what ships: one ONNX graph in int8, run one text at a time."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from nlp.backend import HEADS
from nlp.training.net import Net


class Shipped(nn.Module):
    """Pieces of one text (1 x length) to logits (1 x labels), what each piece gave (1 x length x labels), embedding."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net
        hidden = net.encoder.config.hidden_size
        weight = torch.cat([net.heads[head].weight for head in HEADS])
        self.mean = nn.Linear(hidden, weight.shape[0])
        self.most = nn.Linear(hidden, weight.shape[0], bias=False)
        with torch.no_grad():
            self.mean.weight.copy_(weight[:, :hidden])
            self.most.weight.copy_(weight[:, hidden:])
            self.mean.bias.copy_(torch.cat([net.heads[head].bias for head in HEADS]))

    def forward(self, pieces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A piece gives its share of the mean, and of the maximum those places where it is the largest."""
        states = self.net.encoder(input_ids=pieces).last_hidden_state
        mean = states.mean(1)
        most = states.max(1).values
        logits = self.mean(mean) + self.most(most)
        largest = torch.where(states >= most[:, None], states, torch.zeros_like(states))
        given = (self.mean(states) - self.mean.bias) / states.shape[1] + self.most(largest)
        embedding = self.net.project(mean)
        return logits, given, embedding / embedding.norm(dim=1, keepdim=True)


def export(net: Net, path: Path) -> None:
    """Write the net as int8 ONNX (weights per output channel, activations as each text needs)."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    net = net.cpu().eval()
    net.encoder.set_attn_implementation("eager")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            Shipped(net).eval(),
            (torch.tensor([[0, 5, 6, 7, 2]]),),
            str(whole),
            input_names=["pieces"],
            output_names=["logits", "given", "embedding"],
            dynamic_axes={"pieces": {1: "length"}, "given": {1: "length"}},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(whole, path, weight_type=QuantType.QInt8, per_channel=True)
