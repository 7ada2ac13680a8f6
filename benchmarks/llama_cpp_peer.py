"""llama.cpp on the weights of a checkpoint: what our speed on a processor is compared with.

Needs llama-cpp-python and gguf, which are no part of the app. The checkpoint is written as GGUF
once, as the architecture of llama.cpp that computes the same: “llama”, or “refact” with linear
biases (its “baichuan” has those with 40 layers only); and quantised by llama.cpp itself. Rows of q
and k are not reordered for its way of rotating pairs: its answers are other ones, and take as long.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from typing_extensions import override

from backends.checkpoint.folder import Checkpoint
from backends.interface import LoadedModel, Loading, LoadOptions, Logits
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
    import llama_cpp

    file = _converted(checkpoint, options.precision)
    yield from ()
    return _LlamaCppModel(llama_cpp, file, checkpoint, options)


class _LlamaCppModel(LoadedModel):
    def __init__(
        self, llama_cpp: Any, file: Path, checkpoint: Checkpoint, options: LoadOptions
    ) -> None:
        self.vocab_size = checkpoint.config.vocab_size
        self.context_length = options.context_length
        self.prefill_chunk = 512  # as llama.cpp splits by itself
        self._ids: list[int] = []
        self._library = llama_cpp
        self._llama = llama_cpp.Llama(
            str(file),
            n_ctx=options.context_length,
            n_batch=512,
            n_ubatch=512,
            n_threads=options.threads,
            n_threads_batch=options.threads,
            verbose=False,
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
    import gguf

    config = checkpoint.config
    uses_alibi = config.family.uses_alibi
    writer = gguf.GGUFWriter(out, "refact" if uses_alibi else "llama", use_temp_file=True)
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
    for name, tensor in _tensors(checkpoint):
        writer.add_tensor(name, tensor)
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
