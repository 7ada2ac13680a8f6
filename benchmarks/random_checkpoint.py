"""Complete checkpoint folders of random weights, in the released form, of a named shape.

    PYTHONPATH=. python benchmarks/random_checkpoint.py mid FOLDER

Weights are seeded and of plausible scale, so that logits are finite. They are written block by
block, so a 13B checkpoint needs its 28 GB on disk and next to nothing in memory. The rows of
the output head that belong to no readable piece are zero: a random model then never ends its
answer, and everything it writes is text. The last row is that of the first readable piece again,
which goes before it: half a head of zeros is what an unfinished file looks like, and is refused.
"""

from __future__ import annotations

import argparse
import getpass
import io
import json
import shutil
import struct
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt
import sentencepiece

from backends.files.tensor_files import DTYPE_BYTES
from backends.model_config import ModelConfig
from backends.text.tokenizer import Tokenizer

ROOT: Final = Path(__file__).resolve().parents[1]
#: What the tokenizer is trained on: English, code and Chinese of this repository.
_TEXTS: Final = ("backends/**/*.py", "baichuan_desktop/services/**/*.py", "models_registry.yaml")
_PIECES: Final = 2048  # at most; the text above gives so many
_USER, _ASSISTANT = 195, 196

_SEED: Final = 20230613
_FORM: Final = 2  # of what is written; folders of another one are not reused
_STD: Final = 0.02  # `initializer_range` of the released models
_BLOCK: Final = 4 * 2**20  # weights drawn and written at a time
_SHARD_BYTES: Final = 2**30
_DTYPES: Final = {"bf16": "BF16", "fp32": "F32"}


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model; names follow the field, not config.json."""

    hidden_size: int
    num_layers: int
    num_heads: int
    intermediate_size: int
    vocab_size: int
    uses_alibi: bool = False
    is_baichuan2: bool = False
    context_length: int = 4096

    def config_json(self) -> dict[str, object]:
        """config.json as released; which fields there are tells the family."""
        config: dict[str, object] = {
            "architectures": ["BaichuanForCausalLM"],
            "model_type": "baichuan",
            "bos_token_id": 1,
            "eos_token_id": 2,
            "pad_token_id": 0,
            "hidden_act": "silu",
            "hidden_size": self.hidden_size,
            "initializer_range": _STD,
            "intermediate_size": self.intermediate_size,
            "model_max_length": self.context_length,
            "num_attention_heads": self.num_heads,
            "num_hidden_layers": self.num_layers,
            "rms_norm_eps": 1e-6,
            "tie_word_embeddings": False,
            "use_cache": True,
            "vocab_size": self.vocab_size,
        }
        if not self.uses_alibi:
            config["max_position_embeddings"] = self.context_length
        if self.is_baichuan2:
            config["tokenizer_class"] = "BaichuanTokenizer"
        return config

    @property
    def config(self) -> ModelConfig:
        """The config.json of this shape as the app reads it."""
        return ModelConfig.from_json(self.config_json())


SHAPES: Final[Mapping[str, Shape]] = {
    "tiny": Shape(256, 4, 4, 688, 2048, is_baichuan2=True),
    "tiny-alibi": Shape(256, 4, 4, 688, 2048, uses_alibi=True, is_baichuan2=True),
    # Loads in a second and answers faster than anyone reads: for the window.
    "small": Shape(1024, 12, 8, 2752, 2048, is_baichuan2=True),
    "mid": Shape(2048, 24, 16, 5504, 64_000),
    "mid-alibi": Shape(2048, 24, 16, 5504, 64_000, uses_alibi=True),
    "baichuan2-7b": Shape(4096, 32, 32, 11_008, 125_696, is_baichuan2=True),
    "baichuan2-13b": Shape(5120, 40, 40, 13_696, 125_696, uses_alibi=True, is_baichuan2=True),
}


class NotEnoughDiskError(Exception):
    """One sentence, for the person who started a benchmark."""

    def __init__(self, folder: Path, needed_bytes: int, free_bytes: int) -> None:
        super().__init__(
            f"The checkpoint needs {needed_bytes / 2**30:.1f} GiB in “{folder}”, "
            f"but only {free_bytes / 2**30:.1f} GiB is free there."
        )


def cache_folder() -> Path:
    """Where checkpoints are kept between runs; not made yet."""
    return Path(tempfile.gettempdir()) / f"baichuan-benchmarks-{getpass.getuser()}"


def make_or_reuse(name: str, cache: Path, dtype: str = "bf16") -> Path:
    """The checkpoint of a named shape below `cache`, made if it is not there."""
    folder = cache / f"{name}-{dtype}-{_FORM}"
    if _read(folder / "config.json") == _config_text(SHAPES[name], dtype):
        return folder  # config.json is written last: the folder is complete
    if folder.exists():
        shutil.rmtree(folder)
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    make(SHAPES[name], folder, dtype)
    return folder


def make(shape: Shape, folder: Path, dtype: str = "bf16", shard_bytes: int = _SHARD_BYTES) -> None:
    """Write a checkpoint into `folder`, which must not exist or be empty.

    Args:
        shape: The model's sizes.
        folder: Made with its parents.
        dtype: Of the weights on disk, “bf16” as released or “fp32”.
        shard_bytes: Most weights of one file; a larger tensor gets a file of its own.

    Raises:
        NotEnoughDiskError: before anything is written.
        FileExistsError: `folder` holds something.
    """
    tensors = shape.config.tensor_shapes()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"“{folder}” is not empty.")
    _check_disk(folder, shape.config.parameters * DTYPE_BYTES[_DTYPES[dtype]])
    tokenizer = _filled_up(_train_tokenizer(min(_PIECES, shape.vocab_size)), shape.vocab_size)
    (folder / "tokenizer.model").write_bytes(tokenizer)
    _write_json(folder / "generation_config.json", _generation_config(shape))
    readable = _readable_rows(folder / "tokenizer.model", shape.vocab_size)
    shards = list(_split(tensors, _DTYPES[dtype], shard_bytes))
    weight_map: dict[str, str] = {}
    for number, names in enumerate(shards, start=1):
        file = folder / f"model-{number:05}-of-{len(shards):05}.safetensors"
        if len(shards) == 1:
            file = folder / "model.safetensors"
        _write_shard(file, {name: tensors[name] for name in names}, _DTYPES[dtype], readable)
        weight_map.update(dict.fromkeys(names, file.name))
    if len(shards) > 1:
        total = shape.config.parameters * DTYPE_BYTES[_DTYPES[dtype]]
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        _write_json(folder / "model.safetensors.index.json", index)
    (folder / "config.json").write_text(_config_text(shape, dtype), encoding="utf-8")


def _check_disk(folder: Path, weights_bytes: int) -> None:
    needed = weights_bytes + 16 * 2**20  # headers, tokenizer
    free = _free_bytes(folder)
    if needed > free:
        raise NotEnoughDiskError(folder, needed, free)


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _generation_config(shape: Shape) -> dict[str, object]:
    return {
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
        "user_token_id": _USER,
        "assistant_token_id": _ASSISTANT,
        "do_sample": True,
        "max_new_tokens": 2048,
        "repetition_penalty": 1.05 if shape.is_baichuan2 else 1.1,
        "temperature": 0.3,
        "top_k": 5,
        "top_p": 0.85,
    }


def _config_text(shape: Shape, dtype: str) -> str:
    torch_dtype = {"bf16": "bfloat16", "fp32": "float32"}[dtype]
    return _json_text({**shape.config_json(), "torch_dtype": torch_dtype})


def _json_text(data: Mapping[str, object]) -> str:
    return json.dumps(data, indent=2) + "\n"


def _write_json(file: Path, data: Mapping[str, object]) -> None:
    file.write_text(_json_text(data), encoding="utf-8")


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


# --- tokenizer ---------------------------------------------------------------------------


def _train_tokenizer(pieces: int) -> bytes:
    """A SentencePiece model with the released settings, and reserved pieces up to the roles'."""
    files = sorted(file for pattern in _TEXTS for file in ROOT.glob(pattern))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type="bpe",
        vocab_size=pieces,
        hard_vocab_limit=False,
        character_coverage=0.9995,
        byte_fallback=True,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        split_digits=True,
        user_defined_symbols=[f"<reserved_{i}>" for i in range(3, _ASSISTANT + 1)],
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def _filled_up(model: bytes, pieces: int) -> bytes:
    """A SentencePiece model with as many pieces, of which no text has the new ones."""
    count = sentencepiece.SentencePieceProcessor(model_proto=model).get_piece_size()
    fillers = (f"\ufdd0{number}".encode() for number in range(count, pieces))
    # Fields 1 of the model and of a piece; repeated fields may stand anywhere.
    entries = (b"\x0a" + bytes([len(text)]) + text for text in fillers)
    return model + b"".join(b"\x0a" + bytes([len(entry)]) + entry for entry in entries)


def _readable_rows(tokenizer_file: Path, vocab_size: int) -> npt.NDArray[np.bool_]:
    """For each id of the vocabulary, whether it is text: neither control nor single byte."""
    tokenizer = Tokenizer(tokenizer_file, vocab_size=vocab_size)
    readable = np.zeros(vocab_size, dtype=np.bool_)
    for token_id in range(tokenizer.vocab_size):
        unreadable = token_id in tokenizer.control_ids or tokenizer.is_byte(token_id)
        readable[token_id] = not (unreadable or tokenizer.piece(token_id).startswith("\ufdd0"))
    return readable


# --- weights -----------------------------------------------------------------------------


def _split(
    tensors: Mapping[str, tuple[int, ...]], dtype: str, shard_bytes: int
) -> Iterator[list[str]]:
    names: list[str] = []
    held = 0
    for name, shape in tensors.items():
        nbytes = prod(shape) * DTYPE_BYTES[dtype]
        if names and held + nbytes > shard_bytes:
            yield names
            names, held = [], 0
        names.append(name)
        held += nbytes
    yield names


def _write_shard(
    file: Path,
    tensors: Mapping[str, tuple[int, ...]],
    dtype: str,
    readable: npt.NDArray[np.bool_],
) -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in tensors.items():
        begin, end = end, end + prod(shape) * DTYPE_BYTES[dtype]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format aligns the data to 8 bytes
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        for name, shape in tensors.items():
            _write_tensor(stream, name, shape, dtype, readable)


def _write_tensor(
    stream: BinaryIO, name: str, shape: tuple[int, ...], dtype: str, readable: npt.NDArray[np.bool_]
) -> None:
    random = np.random.Generator(np.random.SFC64([_SEED, zlib.crc32(name.encode())]))
    width = shape[-1]
    rows = prod(shape[:-1])
    step = max(1, _BLOCK // width)
    for first in range(0, rows, step):
        count = min(step, rows - first)
        if len(shape) == 1:  # a norm
            block = np.ones((count, width), dtype=np.float32)
        else:
            block = random.standard_normal((count, width), dtype=np.float32)
            block *= np.float32(_STD)
        if name == "lm_head.weight":
            if first == 0:
                repeated = block[int(readable.argmax())].copy()  # among the first thousand rows
            block[~readable[first : first + count]] = 0
            if first + count == rows:
                block[-1] = repeated
        stream.write((_rounded_to_bf16(block) if dtype == "BF16" else block).data)


def _rounded_to_bf16(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """The upper halves of fp32 numbers, rounded to nearest even; none of them is NaN."""
    bits = values.view(np.uint32)
    bits += 0x7FFF + ((bits >> 16) & 1)
    return np.ascontiguousarray(bits.view(np.uint16)[..., 1::2])


def main() -> int:
    """Make one checkpoint."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("folder", type=Path, help="made; must not exist or be empty")
    parser.add_argument("--dtype", choices=_DTYPES, default="bf16")
    options = parser.parse_args()
    try:
        make(SHAPES[options.shape], options.folder, options.dtype)
    except (NotEnoughDiskError, FileExistsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
