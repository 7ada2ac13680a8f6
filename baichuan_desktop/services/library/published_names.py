"""The names that models were published under, and which models here they name.

People know `baichuan-inc/Baichuan2-7B-Chat` from Hugging Face, the same with `@v1.0.2` from
ModelScope, and the address of a page. Both hubs take no note of the case of letters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from backends.errors import UserFacingError
from baichuan_desktop.services.library.registry import (
    InstalledModel,
    NotInstalledError,
    UnknownModelError,
)
from baichuan_desktop.services.library.registry_schema import RegistryError
from baichuan_desktop.services.library.variants import Variant

_REPOSITORY = r"(?P<repository>[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}?)"
_NAME = re.compile(rf"{_REPOSITORY}(?:@(?P<revision>[\w./-]{{1,100}}))?", re.ASCII)
#: As it is pasted from a browser, from `git clone`, or with the prefix that programs give it.
_ADDRESS = re.compile(
    r"(?:(?:https?://|ssh://)?(?:git@|www\.)?"
    r"(?:huggingface\.co|hf\.co|hf-mirror\.com|modelscope\.cn|modelscope\.ai)[/:](?:models/)?"
    r"|(?:hf|huggingface|ms|modelscope):(?://)?(?:models/)?)"
    rf"{_REPOSITORY}(?:\.git)?(?:@(?P<revision>[\w./-]{{1,100}}))?"
    r"(?:/(?:tree|blob|resolve|raw|commits?)/(?P<branch>[\w.-]{1,100}))?(?:/[^?#\s]*)?"
    r"(?:\?(?P<query>[^#\s]*))?(?:#\S*)?",
    re.ASCII | re.IGNORECASE,
)
#: The branch that both hubs give where none is named.
_FIRST_BRANCHES = ("main", "master")
_MOST_LETTERS = 1000


class AmbiguousNameError(RegistryError):
    """A published name that several models on this machine have."""

    def __init__(self, name: str, ids: Sequence[str]) -> None:
        UserFacingError.__init__(
            self,
            "{count} models on this machine are “{name}”: {ids}.",
            hint="Name one of them by its id.",
            count=len(ids),
            name=name,
            ids=", ".join(ids),
        )


@dataclass(frozen=True, slots=True)
class PublishedName:
    """What a model was published as. Two that differ in case are equal."""

    repository: str  #: owner/name, in lower case
    revision: str | None  #: branch, tag or commit; None: the first one
    is_address: bool  #: of a page, or with a hub's prefix: it can be no path here

    @classmethod
    def parse(cls, text: str) -> PublishedName | None:
        """The name that a text is; None if it is none.

        >>> PublishedName.parse("https://huggingface.co/baichuan-inc/Baichuan2-7B-Chat/tree/v2.0")
        PublishedName(repository='baichuan-inc/baichuan2-7b-chat', revision='v2.0', is_address=True)
        """
        text = text.strip()
        if len(text) > _MOST_LETTERS:
            return None
        if (plain := _NAME.fullmatch(text)) is not None:
            return cls(plain["repository"].lower(), _revision(plain["revision"]), False)
        if (found := _ADDRESS.fullmatch(text)) is None:
            return None
        asked = parse_qs(found["query"] or "", max_num_fields=100) if found["query"] else {}
        stated = [*asked.get("revision", []), *asked.get("version", [])]
        revision = found["revision"] or found["branch"] or next(iter(stated), None)
        return cls(found["repository"].lower(), _revision(revision), True)


def _revision(text: str | None) -> str | None:
    return None if text in _FIRST_BRANCHES else text


def variants_of(name: PublishedName, variants: Sequence[Variant]) -> Sequence[Variant]:
    """The released models that a name may mean.

    A revision that nobody describes, as ModelScope's are, is taken for one of the first branch.
    Where nothing lies in the first branch, and none is named, all are meant.
    """
    same = [one for one in variants if name.repository in _repositories(one)]
    exact = [one for one in same if one.sources.revision == name.revision]
    first = [one for one in same if one.sources.revision is None]
    return exact or first or same


def _repositories(variant: Variant) -> set[str]:
    named = (variant.sources.huggingface, variant.sources.modelscope)
    return {one.lower() for one in named if one is not None}


def one_of(
    text: str,
    name: PublishedName,
    installed: Sequence[InstalledModel],
    variants: Sequence[Variant],
) -> InstalledModel:
    """The model on this machine that a published name means; `text` is how a person gave it.

    A folder that was recorded as this revision comes first, then those recorded as the same
    repository, then those that were recognised as what was published there.

    Raises:
        AmbiguousNameError: Several are equally meant.
        NotInstalledError: It is a released model, of which nothing is here.
        UnknownModelError: Nobody describes it, and nothing here was recorded as it.
    """
    meant = variants_of(name, variants)
    ids = {variant.id for variant in meant}
    recorded, exact = [], []
    for model in installed:
        own = PublishedName.parse(model.repository) if model.repository else None
        if own is None or own.repository != name.repository:
            continue
        if name.revision is not None and own.revision == name.revision:
            exact.append(model)
        elif model.variant is None or model.variant in ids or not ids:
            recorded.append(model)
    found = exact or recorded or [model for model in installed if model.variant in ids]
    if len(found) == 1:
        return found[0]
    if found:
        raise AmbiguousNameError(text, [model.id for model in found])
    if meant:
        raise NotInstalledError(meant[0].id)
    known = [one.sources.huggingface for one in variants if one.sources.huggingface]
    raise UnknownModelError(text, known)
