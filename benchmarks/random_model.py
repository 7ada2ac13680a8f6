"""Models of random weights, made where they will run: no file of 26 GB is written for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

from backends.interface import LayerDevices
from backends.model_config import ModelConfig
from backends.modeling.baichuan import BaichuanForCausalLM, NormHead
from backends.precision import Precision
from backends.torch_backend.cuda import CudaModel, DecodeGraph, chunk_of

_SEED: Final = 20230613
_STD: Final = 0.02  # `initializer_range` of the released models


def build(config: ModelConfig, precision: Precision, device: str) -> BaichuanForCausalLM:
    """A model as `weights.load_model` would leave it, at most one matrix more in memory.

    Raises ImportError if the precision needs bitsandbytes and it is not installed.
    """
    dtype = _dtype(precision, device)
    quantizer = None
    if precision.is_quantized:
        from backends.torch_backend.low_bits import BnbQuantizer  # needs bitsandbytes

        quantizer = BnbQuantizer(precision, dtype)
    generator = torch.Generator(device).manual_seed(_SEED)
    with torch.device("meta"):
        model = BaichuanForCausalLM(config)
    model.requires_grad_(False)
    for name, shape in config.tensor_shapes().items():
        weight = torch.empty(shape, dtype=dtype, device=device)
        if len(shape) == 1:
            weight.fill_(1)  # a norm
        else:
            weight.normal_(0, _STD, generator=generator)
        module = name.removesuffix(".weight")
        if quantizer is not None and module.startswith("model.layers.") and len(shape) == 2:
            model.set_submodule(module, quantizer.build(weight, torch.device(device)))
        else:
            _set_weight(model, module, weight)
    if isinstance(model.lm_head, NormHead):
        model.lm_head.fold()
    return model.eval()


def _dtype(precision: Precision, device: str) -> torch.dtype:
    match precision:
        case Precision.FP32:
            return torch.float32
        case Precision.BF16:
            return torch.bfloat16
        case Precision.FP16:
            return torch.float16
    from backends.torch_backend.low_bits import _dtype as activations

    return activations(precision, device)


def _set_weight(model: nn.Module, module: str, weight: Tensor) -> None:
    model.get_submodule(module).weight = nn.Parameter(weight, requires_grad=False)


def wrap(
    model: BaichuanForCausalLM, precision: Precision, device: str, context_length: int
) -> CudaModel:
    """The app's model over it, with a KV cache of its own.

    On a processor, where nothing can be recorded, the steps of the graph are computed each time:
    a dry run then goes the same way through the code.
    """
    devices = LayerDevices((device,) * model.config.num_layers)
    recordable = precision is not Precision.INT8  # as `torch_backend.low_bits.load` decides
    wrapped = CudaModel(
        model,
        devices=devices,
        context_length=context_length,
        prefill_chunk=chunk_of(devices),
        use_graph=recordable,
    )
    if recordable and not device.startswith("cuda"):
        for keys_and_values in map(wrapped._cache.layer, range(model.config.num_layers)):
            for slots in keys_and_values:
                slots.zero_()  # as on a card; a step over fixed keys reads unwritten ones
        wrapped._graph = _UnrecordedGraph(model, wrapped._cache)
    return wrapped


class _UnrecordedGraph(DecodeGraph):
    """Computes the steps of a graph anew each time, where none can be recorded."""

    def _record(self, keys: int) -> Any:
        logits = self._step.step(keys)

        class Replayed:
            def replay(_) -> None:  # noqa: N805
                logits.copy_(self._step.step(keys))

        return Replayed(), logits


def llama_twin(model: BaichuanForCausalLM, device: str) -> Any:
    """A LlamaForCausalLM of transformers over the very weights of an unquantised RoPE model.

    Baichuan-7B is a Llama whose q, k and v are stacked, so its logits must be the same too.
    """
    from transformers import LlamaConfig, LlamaForCausalLM
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    config = model.config
    llama_config = LlamaConfig(
        vocab_size=config.vocab_size,
        hidden_size=config.hidden_size,
        intermediate_size=config.intermediate_size,
        num_hidden_layers=config.num_layers,
        num_attention_heads=config.num_heads,
        num_key_value_heads=config.num_heads,
        max_position_embeddings=config.context_length,
        rms_norm_eps=config.rms_norm_eps,
        tie_word_embeddings=False,
    )
    with torch.device("meta"):
        llama: Any = LlamaForCausalLM(llama_config)
    llama.requires_grad_(False)
    for name, tensor in _llama_tensors(model.state_dict(), config):
        _set_weight(llama, name, tensor)
    llama.model.rotary_emb = LlamaRotaryEmbedding(llama_config).to(device)
    left = [name for name, t in llama.state_dict().items() if t.is_meta]
    if left:
        raise RuntimeError(f"transformers' Llama has tensors that Baichuan has not: {left[:3]}")
    llama.generation_config.eos_token_id = None  # a random model shall not stop
    llama.generation_config.pad_token_id = 0
    return llama.eval()


def _llama_tensors(tensors: dict[str, Tensor], config: ModelConfig) -> Sequence[tuple[str, Tensor]]:
    found: list[tuple[str, Tensor]] = []
    for name, tensor in tensors.items():
        module = name.removesuffix(".weight")
        if module.endswith(".W_pack"):
            parts = tensor.split(config.hidden_size)  # views
            stem = module.removesuffix("W_pack")
            found += zip((f"{stem}{p}_proj" for p in "qkv"), parts, strict=True)
        else:
            found.append((module, tensor))
    return found
