"""llama.cpp on the weights of a checkpoint, or on random ones: what our speed is compared with.

Needs llama-cpp-python and gguf, which are no part of the app. A checkpoint is written as GGUF
once, as the architecture of llama.cpp that computes the same: “llama”, or “refact” with linear
biases (its “baichuan” has those with 40 layers only); and quantised by llama.cpp itself. Rows of q
and k are not reordered for its way of rotating pairs: its answers are other ones, and take as long.
"""

from __future__ import annotations

import ctypes
import importlib.util
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from typing_extensions import override

from backends.checkpoint.folder import Checkpoint
from backends.interface import LoadedModel, Loading, LoadOptions, Logits
from backends.model_config import ModelConfig
from backends.operating_system import resident_peak
from backends.precision import Precision

#: Of llama.cpp's enum of file types, and the name in the file's name.
_FORMATS: Final = {
    Precision.ONNX_INT4: ("LLAMA_FTYPE_MOSTLY_Q4_0", "q4_0"),
    Precision.ONNX_INT8: ("LLAMA_FTYPE_MOSTLY_Q8_0", "q8_0"),
    Precision.BF16: ("LLAMA_FTYPE_MOSTLY_F16", "f16"),
    Precision.FP32: ("LLAMA_FTYPE_ALL_F32", "f32"),
}
_NAMES: Final = {
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def load(checkpoint: Checkpoint, options: LoadOptions) -> Loading:
    """Load the model in llama.cpp. See `Backend.load`."""
    file = _converted(checkpoint, options.precision)
    yield from ()
    return _LlamaCppModel(
        file, checkpoint.config.vocab_size, options.context_length, _threads(options.threads)
    )


def _threads(count: int) -> dict[str, Any]:
    return {"n_threads": count, "n_threads_batch": count}


def why_not(*, on_card: bool) -> str:
    """Why llama.cpp cannot be measured here; "" if it can."""
    missing = [name for name in ("llama_cpp", "gguf") if importlib.util.find_spec(name) is None]
    if missing:
        return f"{' and '.join(missing)} cannot be imported"
    import llama_cpp

    if on_card and not llama_cpp.llama_supports_gpu_offload():
        return "the installed llama.cpp has no CUDA"
    return ""


def open_file(file: Path, config: ModelConfig, context_length: int, device: str) -> LoadedModel:
    """A file in llama.cpp, all of it on one card, or on the processor."""
    import llama_cpp

    options: dict[str, Any] = {}
    if device != "cpu":
        options = {
            "n_gpu_layers": -1,
            "split_mode": llama_cpp.LLAMA_SPLIT_MODE_NONE,
            "main_gpu": int(device.partition(":")[2] or 0),
            "flash_attn": True,
        }
    return _LlamaCppModel(file, config.vocab_size, context_length, options)


class _LlamaCppModel(LoadedModel):
    def __init__(
        self, file: Path, vocab_size: int, context_length: int, options: dict[str, Any]
    ) -> None:
        """`options` are those of llama.cpp for a device."""
        import llama_cpp

        self.vocab_size = vocab_size
        self.context_length = context_length
        self.prefill_chunk = 512  # as llama.cpp splits by itself
        self._ids: list[int] = []
        self._library = llama_cpp
        self._llama = llama_cpp.Llama(
            str(file),
            n_ctx=context_length,
            n_batch=self.prefill_chunk,
            n_ubatch=self.prefill_chunk,
            verbose=False,
            **options,
        )

    @property
    @override
    def cached_ids(self) -> Sequence[int]:
        return self._ids

    @override
    def prefill(self, token_ids: Sequence[int]) -> Logits:
        self._llama.eval(list(token_ids))
        self._ids.extend(token_ids)
        pointer = self._library.llama_get_logits_ith(self._llama.ctx, -1)
        return np.array(np.ctypeslib.as_array(pointer, shape=(self.vocab_size,)))

    @override
    def decode(self, token_id: int) -> Logits:
        return self.prefill((token_id,))

    @override
    def truncate(self, length: int) -> None:
        self._llama.n_tokens = length  # what is behind it is dropped by the next eval
        del self._ids[length:]

    @override
    def peak_bytes(self) -> int:
        return resident_peak()

    @override
    def close(self) -> None:
        self._llama.close()


def _converted(checkpoint: Checkpoint, precision: Precision) -> Path:
    """The file, made in a process of its own, so that the peak of this one is llama.cpp's."""
    out = checkpoint.folder.with_name(f"{checkpoint.folder.name}-{_FORMATS[precision][1]}.gguf")
    if not out.exists():
        command = [sys.executable, "-m", "benchmarks.llama_cpp_peer", str(checkpoint.folder)]
        subprocess.run([*command, precision.value, str(out)], check=True, stdout=sys.stderr)
    return out


def _convert(checkpoint: Checkpoint, precision: Precision, out: Path) -> None:
    import llama_cpp

    ftype, _ = _FORMATS[precision]
    plain = checkpoint.folder.with_name(f"{checkpoint.folder.name}-f32.gguf")
    if not plain.exists():
        _write_gguf(checkpoint, plain)
    if out == plain:
        return
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = getattr(llama_cpp, ftype)
    params.nthread = os.cpu_count() or 1
    part = out.with_suffix(".part")
    code = llama_cpp.llama_model_quantize(
        str(plain).encode(), str(part).encode(), ctypes.byref(params)
    )
    if code:
        raise ValueError(f"llama.cpp cannot quantise “{plain}”")
    part.rename(out)
    plain.unlink()


def _write_gguf(checkpoint: Checkpoint, out: Path) -> None:
    writer = _described(checkpoint.config, out, use_temp_file=True)
    for name, tensor in _tensors(checkpoint):
        writer.add_tensor(name, tensor)
    _finish(writer)


def write_random(config: ModelConfig, kind: str, out: Path) -> None:
    """Write a GGUF of random blocks, in “q4_0”, “q8_0” or “f16”; its head in 8 bits at least.

    The blocks of all tensors are the same bytes: nothing larger than the largest tensor is made.
    """
    import gguf

    kinds = {name: getattr(gguf.GGMLQuantizationType, name.upper()) for name in _BLOCKS}
    blocks = {name: _random_blocks(name, config) for name in {kind, "q8_0"}}
    writer = _described(config, out, use_temp_file=False)
    for name, shape in _gguf_shapes(config):
        if len(shape) == 1:
            writer.add_tensor(name, np.ones(shape, np.float32))
            continue
        held = "q8_0" if name == "output.weight" and kind == "q4_0" else kind
        weights, block = _BLOCKS[held]
        if shape[1] % weights:
            raise ValueError(f"rows of {shape[1]} weights are no whole blocks of {held}")
        row = shape[1] // weights * block.itemsize
        values = blocks[held][: shape[0] * row].reshape(shape[0], row)
        writer.add_tensor(name, values, raw_dtype=kinds[held])
    _finish(writer)


#: Weights of a block, and how it lies in a file. Source: ggml-common.h.
_BLOCKS: Final = {
    "q4_0": (32, np.dtype([("scale", np.float16), ("values", np.uint8, 16)])),
    "q8_0": (32, np.dtype([("scale", np.float16), ("values", np.int8, 32)])),
    "f16": (1, np.dtype([("scale", np.float16)])),
}


def _random_blocks(kind: str, config: ModelConfig) -> npt.NDArray[np.uint8]:
    """Bytes of the blocks of the largest tensor."""
    weights, block = _BLOCKS[kind]
    largest = max(math.prod(shape) for _, shape in _gguf_shapes(config))
    generator = np.random.default_rng(_SEED)
    made = np.frombuffer(generator.bytes(largest // weights * block.itemsize), block).copy()
    made["scale"] = np.float16(_SCALES[kind])
    return made.view(np.uint8)


#: Of a block, so that weights have the size that those of a model have.
_SCALES: Final = {"q4_0": 0.004, "q8_0": 0.0003, "f16": 0.02}
_SEED: Final = 20230613


def _gguf_shapes(config: ModelConfig) -> list[tuple[str, tuple[int, ...]]]:
    """Every tensor by llama.cpp's name, with its shape [rows, columns]."""
    h, ffn, vocabulary = config.hidden_size, config.intermediate_size, config.vocab_size
    found: list[tuple[str, tuple[int, ...]]] = [
        ("token_embd.weight", (vocabulary, h)),
        ("output_norm.weight", (h,)),
        ("output.weight", (vocabulary, h)),
    ]
    for layer in range(config.num_layers):
        parts = {f"attn_{part}": (h, h) for part in ("q", "k", "v", "output")}
        parts |= {"ffn_gate": (ffn, h), "ffn_up": (ffn, h), "ffn_down": (h, ffn)}
        norms = dict.fromkeys(("attn_norm", "ffn_norm"), (h,))
        found += [(f"blk.{layer}.{n}.weight", shape) for n, shape in (parts | norms).items()]
    return found


def _described(config: ModelConfig, out: Path, *, use_temp_file: bool) -> Any:
    """A writer that knows the model's sizes."""
    import gguf

    uses_alibi = config.family.uses_alibi
    writer = gguf.GGUFWriter(out, "refact" if uses_alibi else "llama", use_temp_file=use_temp_file)
    writer.add_context_length(config.context_length)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_heads)
    if not uses_alibi:
        writer.add_rope_dimension_count(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_tokenizer_model("no_vocab")
    return writer


def _finish(writer: Any) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _tensors(checkpoint: Checkpoint) -> Iterator[tuple[str, Any]]:
    """Every weight under llama.cpp's name, in fp32; W_pack as its three parts."""
    from backends.modeling.weights import map_tensor

    outer = {
        "model.embed_tokens.weight": "token_embd.weight",
        "model.norm.weight": "output_norm.weight",
        "lm_head.weight": "output.weight",
    }
    for name, record in checkpoint.tensors.items():
        values = map_tensor(record).float().numpy()
        if name in outer:
            yield outer[name], values
            continue
        _, _, layer, rest = name.split(".", 3)
        module = rest.removesuffix(".weight")
        if module == "self_attn.W_pack":
            for part, rows in zip("qkv", np.split(values, 3), strict=True):
                yield f"blk.{layer}.attn_{part}.weight", rows
        else:
            yield f"blk.{layer}.{_NAMES[module]}.weight", values


if __name__ == "__main__":
    _convert(Checkpoint.open(Path(sys.argv[1])), Precision(sys.argv[2]), Path(sys.argv[3]))
