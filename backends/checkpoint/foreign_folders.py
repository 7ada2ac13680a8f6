"""Errors for folders and files that hold something else than a checkpoint this app runs."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import CheckpointError, DamagedCheckpointError, ForeignModelError, NotACheckpointError
from ..files.downloads import half_download, is_there, names_in, require_file
from ..files.plain_file import open_plain
from ..files.small_files import is_folder, read_json
from ..phrases import Phrase
from .quantized_layout import PLAIN_HINT
from .weight_files import has_tensors

_ADAPTER_FILES = ("adapter_model.safetensors", "adapter_model.bin")

#: First bytes of files that other programs run.
_MAGICS = {
    b"GGUF": "GGUF", b"lmgg": "GGML", b"fmgg": "GGML", b"tjgg": "GGML", b"algg": "GGML",
}  # fmt: skip
#: Files that only other programs write.
_FOREIGN_FILES = {
    "tf_model.h5": "TensorFlow", "flax_model.msgpack": "Flax", "openvino_model.xml": "OpenVINO",
    "weights.npz": "MLX", "rust_model.ot": "rust-bert", "consolidated.00.pth": "Llama's own code",
}  # fmt: skip
#: What AutoGPTQ and AutoAWQ wrote before config.json said it.
_QUANTISED_FILES = {"quantize_config.json": "GPTQ", "quant_config.json": "AWQ"}
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".xz", ".zst", ".bz2")
_MOST_FOLDERS = 300  # that are looked into for a config.json


def refuse_file(file: Path) -> CheckpointError:
    """The error for a single file that was chosen instead of a folder."""
    try:
        require_file(file)
    except CheckpointError as error:
        return error
    if (kind := _magic(file)) is not None:
        return _foreign_file(file, kind)
    if file.suffix.lower() in _ARCHIVES:
        return ForeignModelError(
            file,
            "is an archive and not a folder",
            hint="Unpack it, and choose the folder that holds config.json.",
        )
    if file.name in ("adapter_config.json", *_ADAPTER_FILES):
        return _adapter(file.parent)
    if is_there(file.parent / "config.json"):
        return NotACheckpointError(
            file,
            Phrase(
                "it is one file of a model, which is the folder “{folder}”", folder=str(file.parent)
            ),
        )
    return NotACheckpointError(file, "it is a file and not a folder")


def other_form(folder: Path) -> CheckpointError | None:
    """The error for a folder that holds another form of a model; None if nothing tells its form."""
    if has_tensors(folder):
        return None
    if is_adapter(folder):
        return _adapter(folder)
    names = names_in(folder)
    for name in names:
        if name.lower().endswith((".gguf", ".ggml")) or name.lower().startswith("ggml"):
            file = folder / name
            kind = _magic(file) or ("GGUF" if name.lower().endswith(".gguf") else None)
            if kind is not None:
                return _foreign_file(file, kind)
    for name, method in _QUANTISED_FILES.items():
        if name in names:
            return quantised(folder, method)
    for name, program in _FOREIGN_FILES.items():
        if name in names:
            return ForeignModelError(
                folder / name,
                Phrase("holds weights for {program}, which this app does not run", program=program),
                hint="Take the model as safetensors or PyTorch files.",
            )
    if "zero_to_fp32.py" in names or any(name.startswith("global_step") for name in names):
        return ForeignModelError(
            folder,
            "is a DeepSpeed checkpoint, whose weights lie in parts",
            hint="Run its zero_to_fp32.py, and open the folder that it writes.",
        )
    return None


def quantised(folder: Path, method: str) -> CheckpointError:
    """The error for a model that is quantised with a method of other programs."""
    return ForeignModelError(
        folder,
        Phrase("is quantised with {method}, which this app does not run", method=method),
        hint=PLAIN_HINT,
    )


def is_adapter(folder: Path) -> bool:
    """Whether the folder holds an adapter, with a model beside it or without."""
    return any(is_there(folder / name) for name in ("adapter_config.json", *_ADAPTER_FILES))


def without_config(folder: Path) -> CheckpointError:
    """The error for a folder that has no config.json."""
    file = folder / "config.json"
    if (half := half_download(file)) is not None:
        return half
    found = list(itertools.islice(_folders_with_config(folder), 4))
    if len(found) == 1:
        what = Phrase("it has no config.json, but “{folder}” in it has one", folder=found[0])
    elif found:
        what = Phrase(
            "it has no config.json, but folders in it have one, such as “{folder}”",
            folder=found[0],
        )
    elif is_there(folder.parent / "config.json"):
        what = Phrase(
            "it has no config.json, but the folder above it, “{folder}”, has one",
            folder=str(folder.parent),
        )
    else:
        return NotACheckpointError(folder, "it has no config.json")
    return NotACheckpointError(folder, what)


def _folders_with_config(folder: Path) -> Iterator[str]:
    """The names of folders that hold a config.json, down to two levels below `folder`."""
    level: Sequence[str] = ("",)
    seen = 0
    for _ in range(2):
        below: list[str] = []
        for parent in level:
            for name in names_in(folder / parent):
                inner = os.path.join(parent, name) if parent else name  # noqa: PTH118  relative
                if name.startswith(".") or not is_folder(folder / inner):
                    continue
                seen += 1
                if seen > _MOST_FOLDERS:
                    return
                if is_there(folder / inner / "config.json"):
                    yield inner
                else:
                    below.append(inner)
        level = below


def _adapter(folder: Path) -> CheckpointError:
    file = folder / "adapter_config.json"
    for name in ("adapter_config.json", *_ADAPTER_FILES):
        if is_there(folder / name):
            try:
                require_file(folder / name)
            except CheckpointError as error:
                return error
    data: dict[str, object] = {}
    if is_there(file):
        try:
            data = read_json(file)
        except DamagedCheckpointError as error:
            return error
    base, kind = data.get("base_model_name_or_path"), data.get("peft_type")
    what = Phrase("is an adapter and no model by itself")
    hint = (
        "Merge it into that model (merge_and_unload in PEFT), and open the folder that this writes."
    )
    if kind in (None, "LORA"):
        hint = (
            "Open the model that it was made for, and add the adapter to that one: "
            "baichuan-desktop models add FOLDER."
        )
    if kind in (None, "LORA", "ADALORA"):
        what = Phrase("is a LoRA adapter and no model by itself")
        if isinstance(base, str) and base:
            what = Phrase("is a LoRA adapter for “{base}” and no model by itself", base=base[:200])
    elif isinstance(base, str) and base:
        what = Phrase("is an adapter for “{base}” and no model by itself", base=base[:200])
    return ForeignModelError(
        folder,
        what,
        hint=hint,
    )


def _foreign_file(file: Path, kind: str) -> CheckpointError:
    return ForeignModelError(
        file,
        Phrase("is a {kind} file, for llama.cpp, which this app does not run", kind=kind),
        hint=PLAIN_HINT,
    )


def _magic(file: Path) -> str | None:
    try:
        with open_plain(file) as stream:  # a pipe would be waited for
            return _MAGICS.get(stream.read(4))
    except (OSError, ValueError):  # ValueError: no file can have this name
        return None
