"""The same modules as a transformers `PreTrainedModel`: the bridge to PEFT, Trainer and exporters.

    model = PretrainedBaichuan.from_pretrained(folder)

The app itself loads checkpoints by `weights.load_model`, which checks them first and does not
import transformers (three seconds of every start). Here `from_pretrained` does what it always
does; give it only folders that `Checkpoint.open` accepts. Nothing of a checkpoint is executed:
the class is ours, `trust_remote_code` plays no part.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

from ..model_config import ModelConfig
from .baichuan import BaichuanModel, RMSNorm, make_head


class BaichuanConfig(PretrainedConfig):  # type: ignore[no-untyped-call]
    """config.json as transformers holds it; `shapes` is how this package reads it."""

    model_type = "baichuan"

    @property
    def shapes(self) -> ModelConfig:
        """Read strictly. Raises ConfigError."""
        return ModelConfig.from_json(self.to_dict())


class PretrainedBaichuan(PreTrainedModel):
    """Baichuan for transformers. Names of tensors are the released ones."""

    config_class = BaichuanConfig
    base_model_prefix = "model"
    _no_split_modules = ["DecoderLayer"]  # noqa: RUF012  transformers has an attribute here
    _keys_to_ignore_on_load_unexpected = [r"self_attn\.rotary_emb\.inv_freq"]  # noqa: RUF012

    def __init__(self, config: BaichuanConfig) -> None:
        super().__init__(config)
        shapes = config.shapes
        self.model = BaichuanModel(shapes)
        self.lm_head = make_head(shapes)
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        """As published: normal with `initializer_range`, norms one."""
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=getattr(self.config, "initializer_range", 0.02))
        elif isinstance(module, RMSNorm):
            nn.init.ones_(module.weight)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        **_: Any,
    ) -> CausalLMOutput:
        """Logits [B, T, V] of ids [B, T], and the loss of the next tokens if `labels` are given.

        Positions with the label -100 count nothing. Pads may stand on the right only, where a
        causal model does not see them; a mask with pads on the left raises ValueError.
        """
        if attention_mask is not None and not bool(attention_mask[:, 0].all()):
            raise ValueError("pad on the right: positions count from the first token")
        logits = self.lm_head(self.model(input_ids))
        loss = None
        if labels is not None:
            loss = F.cross_entropy(
                logits[:, :-1].float().flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100
            )
        return CausalLMOutput(loss=loss, logits=logits)
