"""Which quantisation a checkpoint is in, of those that this app does not run. Imports no torch.

The tensors decide, because config.json is often that of another copy; its `quant_method` only
chooses between methods that write tensors of the same names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..files.tensor_files import TensorRecord
from ..model_config import ModelConfig

#: `quant_method` of config.json, as a person reads it.
_NAMES = {
    "aqlm": "AQLM", "auto-round": "AutoRound", "awq": "AWQ", "bitnet": "BitNet",
    "bitsandbytes": "bitsandbytes", "compressed-tensors": "compressed-tensors", "eetq": "EETQ",
    "exl2": "EXL2", "exl3": "EXL3", "fbgemm_fp8": "FP8", "fp8": "FP8", "gptq": "GPTQ",
    "higgs": "HIGGS", "hqq": "HQQ", "modelopt": "ModelOpt", "mxfp4": "MXFP4", "quanto": "Quanto",
    "quark": "Quark", "sinq": "SINQ", "spqr": "SpQR", "torchao": "torchao", "vptq": "VPTQ",
}  # fmt: skip

#: Endings of names that only one method writes.
_ENDINGS = {
    ".g_idx": "GPTQ", ".codebooks": "AQLM", ".W_q": "HQQ", ".q_invperm": "EXL2",
    ".q_groups": "EXL2", ".trellis": "EXL3", ".Qidxs": "QuIP#",
    ".weight_packed": "compressed-tensors", ".weight._data": "Quanto",
    ".weight_qdata": "torchao", ".dense_weights": "SpQR",
}  # fmt: skip
_FLOATS = ("F64", "F32", "F16", "BF16")


def foreign_quantisation(
    records: Mapping[str, TensorRecord], config: ModelConfig, quantization: object
) -> str | None:
    """The name of the quantisation method; None if the matrices are plain, or nothing names it.

    `quantization` is `quantization_config` of config.json.
    """
    layer = _matrices(records, config)
    parts = {part for names in layer.values() for part in names}
    weights = {names[".weight"].dtype for names in layer.values() if ".weight" in names}
    word = _word(quantization)
    for ending, method in _ENDINGS.items():
        if ending in parts:
            return method
    if ".qweight" in parts:
        return word if word in ("GPTQ", "AWQ", "AutoRound") else _packed_along(layer, config)
    if any(dtype.startswith("F8") for dtype in weights):
        return "FP8" if word in (None, "bitsandbytes") else word
    if "U32" in weights and ".scales" in parts:
        return "MLX"
    if "I8" in weights and ".weight_scales" in parts:
        return "EETQ"
    if "I32" in weights and ".scale" in parts:
        return "Baichuan-13B's own 4 bits"
    is_plain = not parts or any(dtype in _FLOATS for dtype in weights)
    return None if is_plain or word == "bitsandbytes" else word


def _matrices(
    records: Mapping[str, TensorRecord], config: ModelConfig
) -> dict[str, dict[str, TensorRecord]]:
    """The records of each matrix of the layers, by its name and a suffix such as “.qweight”."""
    found: dict[str, dict[str, TensorRecord]] = {}
    names = sorted(config.layer_matrices(), key=len, reverse=True)
    for key, record in records.items():
        if key.startswith("model.layers."):
            for name in names:
                stem, middle, part = key.partition(f".{name}.")
                if middle:
                    found.setdefault(f"{stem}.{name}", {})[f".{part}"] = record
                    break
    return found


def _word(quantization: object) -> str | None:
    method = quantization.get("quant_method") if isinstance(quantization, dict) else None
    if not isinstance(method, str) or not method:
        return None
    method = method.lower().rpartition("/")[2]  # “intel/auto-round”
    return _NAMES.get(method, method[:40])


def _packed_along(layer: Mapping[str, Mapping[str, TensorRecord]], config: ModelConfig) -> str:
    """Whether packed matrices are GPTQ's, which packs their inputs, or AWQ's, their outputs."""
    for shape, expected in _shapes(layer, config):
        rows, columns = expected
        if shape[0] == columns and shape[1] < rows:
            return "AWQ"
        if shape[1] == rows and shape[0] < columns:
            return "GPTQ"
    return "GPTQ or AWQ"


def _shapes(
    layer: Mapping[str, Mapping[str, TensorRecord]], config: ModelConfig
) -> Iterator[tuple[tuple[int, ...], tuple[int, int]]]:
    sizes = config.layer_matrices()
    for name, parts in layer.items():
        shape = parts[".qweight"].shape if ".qweight" in parts else ()
        suffix = ".".join(name.split(".")[-2:])
        if len(shape) == 2 and suffix in sizes:
            yield shape, sizes[suffix]
