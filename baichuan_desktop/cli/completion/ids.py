"""The ids that a shell proposes, read in a tenth of a second and from the lists alone.

No path of a model is touched: a drive that does not answer would stop the shell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from backends.files.plain_file import read_plain
from backends.files.strict_yaml import MAX_FILE_BYTES, YamlError, read_mapping
from baichuan_desktop.services.app_paths import usual_paths

#: What the script of a shell asks the program with; a word behind it says of what.
OPTION = "--listed-ids"
MODELS, ADAPTERS = "models", "adapters"
#: By word, the sections of a list.
_SECTIONS = {MODELS: "installed", ADAPTERS: "adapters"}

_GUIDE = "baichuan-guide"  #: it is on every machine


def print_listed_ids(words: Sequence[str]) -> None:
    """Print the ids of what is on this machine, a line each: of models, of adapters, or of both."""
    paths = usual_paths()
    files = (paths.site_registry, paths.user_registry)
    sections = [section for word, section in _SECTIONS.items() if word in (words or (MODELS,))]
    listed = [one for section in sections for file in files for one in _ids(file, section)]
    own = (_GUIDE,) if _SECTIONS[MODELS] in sections else ()
    for listed_id in dict.fromkeys((*own, *listed)):
        print(listed_id)


def _ids(file: Path, section: str) -> Iterator[str]:
    """The ids of a list, but for those that no shell could be given; none of a broken one."""
    try:
        content = read_mapping(read_plain(file, MAX_FILE_BYTES).decode("utf-8-sig"))
    except (OSError, ValueError, YamlError):  # `models list` says what is wrong with it
        return
    entries = content.get(section)
    for entry in entries if isinstance(entries, list) else ():
        model_id = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(model_id, str) and is_plain(model_id):
            yield model_id


def is_plain(word: str) -> bool:
    """Whether a word is made of letters, digits, points and hyphens, as ids are."""
    return word.isascii() and word.replace("-", "").replace(".", "").isalnum()
