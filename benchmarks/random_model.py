"""Models of random weights, made where they will run: no file of 26 GB is written for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import torch
from torch import Tensor, nn

from backends.interface import LayerDevices
from backends.model_config import ModelConfig
from backends.modeling.baichuan import (
    BaichuanForCausalLM,
    DecoderLayer,
    NormHead,
    make_unfilled,
)
from backends.precision import Precision
from backends.torch_backend import card_setup
from backends.torch_backend.cuda import CudaModel, chunk_of
from backends.torch_backend.decode_graph import DecodeGraph
from backends.torch_backend.low_bits import activation_dtype, is_llm_int8, layer_builder

_SEED: Final = 20230613
_STD: Final = 0.02  # `initializer_range` of the released models


def build(config: ModelConfig, precision: Precision, device: str) -> BaichuanForCausalLM:
    """A model as `weights.load_model` would leave it, at most one matrix more in memory.

    Raises BackendUnavailableError if it needs bitsandbytes, which is not installed.
    """
    dtype = _dtype(precision, device)
    quantizer = None
    if precision.is_quantized:
        quantizer = layer_builder(precision, dtype)
    generator = torch.Generator(device).manual_seed(_SEED)
    model = make_unfilled(config)
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
    if device.startswith("cuda"):
        for layer in model.model.layers:
            cast("DecoderLayer", layer).mlp.join()
    return model.eval()


def _dtype(precision: Precision, device: str) -> torch.dtype:
    match precision:
        case Precision.FP32:
            return torch.float32
        case Precision.BF16:
            return torch.bfloat16
        case Precision.FP16:
            return torch.float16
    return activation_dtype(LayerDevices((device,)), is_llm=is_llm_int8(precision))


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
    card_setup.prepare(devices, model.model.norm.weight.dtype)
    wrapped = CudaModel(
        model,
        devices=devices,
        context_length=context_length,
        prefill_chunk=chunk_of(devices),
    )
    if is_llm_int8(precision):  # it looks for outliers on the host in each step
        return wrapped
    if device.startswith("cuda"):
        deque(wrapped.record_graphs(), maxlen=0)
        return wrapped
    for slots in map(wrapped._cache.layer, range(model.config.num_layers)):
        slots.zero_()  # as on a card; a step over fixed keys reads unwritten ones
    wrapped._graph = graph(model, wrapped)
    deque(wrapped._graph.record(), maxlen=0)
    return wrapped


def graph(model: BaichuanForCausalLM, wrapped: CudaModel) -> DecodeGraph:
    """The steps of a model over the cache of `wrapped`, nothing of them recorded yet."""
    kind = DecodeGraph if wrapped._devices.kind.uses_cards else _UnrecordedGraph
    return kind(model, wrapped._cache, wrapped._devices)


class _UnrecordedGraph(DecodeGraph):
    """Computes the steps of a graph anew each time, where none can be recorded."""

    def _captured(self, keys: int) -> Any:
        logits = self._step.step(keys)

        class Replayed:
            def replay(_) -> None:  # noqa: N805
                logits.copy_(self._step.step(keys))

        return Replayed(), logits


def llama_twin(model: BaichuanForCausalLM, device: str) -> Any:
    """A LlamaForCausalLM of transformers over the very weights of an unquantised RoPE model.

    Baichuan-7B is a Llama whose q, k and v are stacked, so its logits must be the same too.
    """
    config = model.config
    llama, finished = _empty_llama(config)
    for name, tensor in _llama_tensors(model.state_dict(), config):
        _set_weight(llama, name, tensor)
    return finished(device)


def llama(config: ModelConfig, precision: Precision, device: str) -> Any:
    """A LlamaForCausalLM of random weights, its layers' matrices held as the app holds them.

    Raises BackendUnavailableError if it needs bitsandbytes, which is not installed.
    """
    dtype = _dtype(precision, device)
    builder = layer_builder(precision, dtype) if precision.is_quantized else None
    made, finished = _empty_llama(config)
    for name, tensor in list(made.state_dict().items()):
        weight = torch.empty(tensor.shape, dtype=dtype, device=device)
        if tensor.dim() == 1:
            weight.fill_(1)
        else:
            weight.normal_(0, _STD)
        module = name.removesuffix(".weight")
        if builder is not None and module.startswith("model.layers.") and tensor.dim() == 2:
            made.set_submodule(module, builder.build(weight, torch.device(device)))
        else:
            _set_weight(made, module, weight)
    return finished(device)


def _empty_llama(config: ModelConfig) -> tuple[Any, Callable[[str], Any]]:
    """A Llama without weights, and what makes it ready once it has them."""
    from transformers import LlamaConfig, LlamaForCausalLM
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

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

    def finished(device: str) -> Any:
        llama.model.rotary_emb = LlamaRotaryEmbedding(llama_config).to(device)
        left = [name for name, t in llama.state_dict().items() if t.is_meta]
        if left:
            raise RuntimeError(f"transformers' Llama has tensors that Baichuan has not: {left[:3]}")
        llama.generation_config.eos_token_id = None  # a random model shall not stop
        llama.generation_config.pad_token_id = 0
        return llama.eval()

    return llama, finished


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
