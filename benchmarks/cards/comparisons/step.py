"""Choices within the step of a token: norms, the MLP, the row of the embedding, the candidates."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from backends.modeling.baichuan import MLP, RMSNorm
from backends.modeling.lean.host_embedding import HostEmbedding
from backends.torch_backend.logits import CandidateChooser, to_numpy
from benchmarks.cards import speed
from benchmarks.cards.comparisons.setting import Row, Setting


def norms(setting: Setting) -> list[Row]:
    """All norms of a step: one operation each, or the six that it stands for."""
    config = setting.config
    norm = setting.made(lambda: RMSNorm(config.hidden_size, config.rms_norm_eps))
    x = setting.random(1, 1, config.hidden_size)
    count = range(2 * config.num_layers + 1)
    fused = setting.replayed(lambda: [norm(x) for _ in count])
    composed = setting.replayed(lambda: [composed_norm(x, norm.weight, norm.eps) for _ in count])
    return [Row("RMSNorm", setting.token, "fused", {"fused": fused, "composed": composed})]


def composed_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """What `RMSNorm` computes, operation by operation."""
    wide = x.float()
    normed = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)
    return weight * normed.to(weight.dtype)


def gate_and_up(setting: Setting) -> list[Row]:
    """The MLP of all layers, with gate and up apart, and then as one product."""
    layers = [setting.made(lambda: MLP(setting.config)) for _ in range(setting.sizes.layers)]
    for layer in layers:
        for parameter in layer.parameters():
            parameter.data.normal_(0, 0.02)
    x = setting.random(1, 1, setting.config.hidden_size)

    def step() -> None:
        for layer in layers:
            layer(x)

    apart = setting.replayed(step) * setting.all_layers
    for layer in layers:
        layer.join()
    joined = setting.replayed(step) * setting.all_layers
    return [Row("gate and up", setting.token, "joined", {"joined": joined, "apart": apart})]


def candidates(setting: Setting) -> list[Row]:
    """Choosing a token with the chat defaults: among candidates, or in the whole row."""
    vocabulary = setting.config.vocab_size
    device = torch.device(setting.device)
    logits = torch.randn(vocabulary, device=device).mul(2)
    sampler = speed.chat_sampler(vocabulary)
    request = sampler.request()
    assert request is not None, "the chat defaults need a few logits only"
    chooser = CandidateChooser(request, vocabulary, device)

    def on_card() -> None:
        chooser.see(7)
        sampler.sample(chooser.choose(logits))

    ways = {
        "on the card": setting.by_the_clock(on_card),
        "whole row": setting.by_the_clock(lambda: sampler.sample(to_numpy(logits))),
    }
    return [Row("candidates", f"{vocabulary:,} logits", "on the card", ways)]


def embeddings(setting: Setting) -> list[Row]:
    """The row of a token, from the card's memory or from the machine's."""
    config = setting.config
    table = setting.random(config.vocab_size, config.hidden_size)
    device = torch.device(setting.device)
    host = HostEmbedding(table.cpu(), device, setting.dtype)
    card = nn.Embedding.from_pretrained(table)
    target = torch.empty(1, 1, config.hidden_size, dtype=setting.dtype, device=device)
    token = torch.tensor([[7]])

    def on_card() -> None:
        target.copy_(card(token.to(device)))

    ways = {
        "on the host": setting.by_the_clock(lambda: target.copy_(host(token))),
        "on the card": setting.by_the_clock(on_card),
    }
    return [Row("embedding", setting.token, "on the card", ways, saves_bytes=table.nbytes)]
