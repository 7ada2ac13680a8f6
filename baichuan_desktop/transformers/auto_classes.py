"""Has transformers' Auto classes look for published models on this machine, and nowhere else."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any, TypeGuard

from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from backends.bridge.registration import register

#: How the argument is called that may be the name of a published model.
_NAMES = ("pretrained_model_name_or_path", "pretrained_model_name")


def register_models() -> None:
    """Have the Auto classes make our classes, of a folder and of the name of a published model.

    A name that the library or its registry knows stands for the folder that lies here; other names
    are left to transformers. Calling it again changes nothing.
    """
    if hasattr(AutoModelForCausalLM, "_finds_published_folders"):
        return
    register()
    for auto in (AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig):
        _find_published(auto)
    AutoModelForCausalLM._finds_published_folders = True  # type: ignore[attr-defined]


def _find_published(auto: Any) -> None:
    plain = auto.from_pretrained.__func__

    @functools.wraps(plain)
    def from_pretrained(cls: Any, *inputs: Any, **kwargs: Any) -> Any:
        named = next((name for name in _NAMES if name in kwargs), None)
        asked = inputs[0] if inputs else kwargs.get(named or "")
        if auto is AutoModelForCausalLM and _is_adapter(asked) and "config" not in kwargs:
            base = _base(asked)
            if base is not None:
                inputs = (base, *inputs[1:]) if inputs else ()
                kwargs |= {} if named is None else {named: base}
                model = plain(cls, *inputs, **kwargs)
                model.load_adapter(asked)
                return model
        if isinstance(asked, str) and not os.path.isdir(asked):  # noqa: PTH112  as transformers asks
            folder = _folder(asked, kwargs.get("revision"))
            if folder is not None:
                kwargs.pop("revision", None)  # of a repository; the folder is the one
                inputs = (folder, *inputs[1:]) if inputs else ()
                kwargs |= {} if named is None else {named: folder}
        return plain(cls, *inputs, **kwargs)

    auto.from_pretrained = classmethod(from_pretrained)


def _is_adapter(asked: object) -> TypeGuard[str | os.PathLike[str]]:
    """Whether what is to be loaded is an adapter's folder, and no model's."""
    if not isinstance(asked, str | os.PathLike):
        return False
    folder = Path(asked)
    return (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file()


def _base(adapter: str | os.PathLike[str]) -> str | None:
    """The folder of the model that an adapter is for; None of one that is left to transformers."""
    from baichuan_desktop.transformers.published_folders import base_folder

    folder = base_folder(Path(adapter))
    return None if folder is None else str(folder)


def _folder(name: str, revision: str | None) -> str | None:
    """The folder of a published model; None of a name that nobody here knows."""
    # A second of imports, which those who name folders are spared.
    from baichuan_desktop.services.library.registry import NotInstalledError, UnknownModelError
    from baichuan_desktop.transformers.published_folders import published_folder

    try:
        return str(published_folder(name, revision))
    except NotInstalledError:
        raise
    except UnknownModelError:
        return None
