"""The site's list of models and adapters, as far as a policy asks it: where an id's entry lies."""

from __future__ import annotations

from pathlib import Path


def site_entries(text: str, section: str = "installed") -> tuple[tuple[str, Path], ...]:
    """Id and folder of each entry that the text of a registry file has in a section.

    An id that is there twice, and what is no entry, are left out: it allows nothing.
    """
    from ..files.strict_yaml import YamlError, read_mapping

    try:
        entries = read_mapping(text).get(section)
    except YamlError:
        return ()
    found: dict[str, list[Path]] = {}
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        model_id, folder = entry.get("id"), entry.get("path")
        if not isinstance(model_id, str) or not isinstance(folder, str):
            continue
        if "\0" not in folder and Path(folder).is_absolute():
            found.setdefault(model_id, []).append(Path(folder))
    return tuple((model_id, folders[0]) for model_id, folders in found.items() if len(folders) == 1)
