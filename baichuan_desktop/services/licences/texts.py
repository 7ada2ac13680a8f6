"""What must be accepted before a model is loaded.

The folder's own files come first: they are what the model came with. Where there is none, it is
what the registry says of the released model. The guide ships with the app, under its licence, and
asks nothing; neither does a folder that is no released model and has no licence file, for nobody
could say what one would accept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from backends.licences.licence_files import is_notice
from backends.policy.values import Policy
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import Licence
from baichuan_desktop.services.library.variants import Variant
from baichuan_desktop.services.licences.folder_files import LicenceFile, folder_licences
from baichuan_desktop.services.licences.values import LicenceText


def licences_of(
    model: InstalledModel, variant: Variant | None, policy: Policy
) -> Sequence[LicenceText]:
    """Every text that is to be accepted before `model` is loaded, in the order to show them.

    `variant` is the released model that it is a copy of. The folder is read: not for the window's
    thread. What cannot be read in it, `folder_licences` says.
    """
    return (*_of_model(model, variant), *_of_site(policy))


def _of_model(model: InstalledModel, variant: Variant | None) -> Sequence[LicenceText]:
    if model.bundled or (variant is not None and variant.bundled):  # the guide, or a copy of it
        return ()
    known = None if variant is None else variant.licence
    files = folder_licences(model.path).files
    texts = [_of_file(file, known) for file in files]
    is_licensed = any(not is_notice(file.path.name) for file in files)
    if known is not None and not is_licensed:
        return (registry_text(known), *texts)
    return texts


def _of_file(file: LicenceFile, known: Licence | None) -> LicenceText:
    name = file.path.name
    if file.text is not None:
        return LicenceText(name, file.text, file.text, file.sha256, file.path)
    beside = registry_text(known) if known is not None else None
    return LicenceText(
        name=name,
        text=beside.text if beside else "",
        text_zh=beside.text_zh if beside else "",
        sha256=file.sha256,
        file=file.path,
        is_read=False,
    )


def registry_text(licence: Licence) -> LicenceText:
    """What the registry says of a licence: its conditions and the publisher's disclaimer."""
    parts = (licence.conditions, licence.disclaimer)
    parts_zh = (licence.conditions_zh, licence.disclaimer_zh)
    text, text_zh = ("\n\n".join(filter(None, said)) for said in (parts, parts_zh))
    digest = _sha256("\n\n".join((licence.name, text, text_zh)))
    return LicenceText(licence.name, text, text_zh, digest, None)


def carried_text(licence: Licence) -> str:
    """The same in both languages, to go with a copy of the model."""
    known = registry_text(licence)
    return "\n\n".join((known.name, known.text, known.text_zh))


def _of_site(policy: Policy) -> Sequence[LicenceText]:
    text = policy.licence_text
    if not text:
        return ()
    return (LicenceText("", text, text, _sha256(text), policy.file, is_site=True),)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
