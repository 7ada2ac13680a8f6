"""`models licence`: what is to be accepted before a model is loaded, and what was."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from backends.errors import InvalidRequestError
from backends.policy.site_policy import site_policy
from backends.printable import one_line
from baichuan_desktop.cli.arguments import Commands, add_dry_run, add_json
from baichuan_desktop.cli.library import model_store
from baichuan_desktop.cli.licences.asking import accept, acceptances
from baichuan_desktop.cli.licences.showing import print_licences, title
from baichuan_desktop.cli.tables import print_json, print_table, say
from baichuan_desktop.services.library.registry import NotInstalledError
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.licences.folder_files import folder_licences
from baichuan_desktop.services.licences.texts import licences_of, registry_text
from baichuan_desktop.services.licences.values import LicenceText

_COMING = (
    "This is what is known of it. The model is not on this machine; before it is first loaded, "
    "the licence in its folder is shown, and asked about."
)


def add_to(verbs: Commands) -> None:
    """Add `licence`."""
    parser = verbs.add_parser("licence", help="show the licence of a model, and accept it")
    parser.add_argument(
        "id", nargs="?", metavar="ID", help="a model on this machine, or a released one"
    )
    parser.add_argument(
        "--accept", action="store_true", help="accept what is shown; it is written down with date"
    )
    parser.add_argument("--list", action="store_true", help="list what was accepted so far")
    parser.set_defaults(run=_run)
    add_dry_run(parser)
    add_json(parser)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.list:
        if arguments.id is not None or arguments.accept:
            raise InvalidRequestError(
                "--list shows every acceptance, and takes no model and no --accept."
            )
        return _list(arguments.json)
    if arguments.id is None:
        raise InvalidRequestError(
            "A model is missing, whose licence is to be shown.",
            hint="“baichuan-desktop models list” shows every id; --list, what was accepted.",
        )
    return _show(arguments)


def _list(as_json: bool) -> int:
    rows = [
        {
            "licence": one.name,
            "model": one.model_id,
            "user": one.user,
            "when": one.when.isoformat(),
            "sha256": one.sha256,
        }
        for one in acceptances().all()
    ]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(rows, ("licence", "model", "user", "when", "sha256"))
    else:
        print("No licence was accepted so far.")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    store, kept = model_store(), acceptances()
    try:
        model = store.model(arguments.id)
    except NotInstalledError:
        if arguments.accept:
            raise
        variant = store.variant(arguments.id)
        texts: Sequence[LicenceText] = () if variant.bundled else [registry_text(variant.licence)]
        return _tell(variant.id, texts, kept, arguments, unread=(), is_here=False)
    texts = licences_of(model, store.variant_of(model), site_policy())
    unread = [str(one) for one in folder_licences(model.path).unread]
    if arguments.accept and not arguments.dry_run:
        accept([text for text in texts if not kept.is_accepted(text)], model, kept)
    return _tell(model.id, texts, kept, arguments, unread=unread, is_here=True)


def _tell(
    model_id: str,
    texts: Sequence[LicenceText],
    kept: Acceptances,
    arguments: argparse.Namespace,
    *,
    unread: Sequence[str],
    is_here: bool,
) -> int:
    if arguments.json:
        facts = [_text_json(text, kept) for text in texts]
        print_json({"model": model_id, "licences": facts, "unread": list(unread)})
        return 0
    print_licences(texts)
    for sentence in unread:
        say(sentence)
    if not texts:
        say(f"No licence of {one_line(model_id)} has to be accepted: {_why_none(unread)}")
    for text in texts:
        say(_state(text, kept, arguments) if is_here else _COMING)
    return 0


def _why_none(unread: Sequence[str]) -> str:
    if unread:
        return "what its folder has cannot be read, and it is no released model."
    return (
        "it is a part of the app, or a folder without a licence file that is no released model; "
        "who gave it to you knows under which licence it may be used."
    )


def _state(text: LicenceText, kept: Acceptances, arguments: argparse.Namespace) -> str:
    found = [one for one in kept.all() if one.sha256 == text.sha256]
    if found:
        when = found[-1].when.isoformat()
        return f"{title(text)}: accepted by {one_line(found[-1].user)} on {when}"
    if arguments.accept:  # with --dry-run
        return f"{title(text)}: would be accepted"
    return f"{title(text)}: not accepted yet; accept it with --accept"


def _text_json(text: LicenceText, kept: Acceptances) -> dict[str, Any]:
    found = [one for one in kept.all() if one.sha256 == text.sha256]
    return {
        "name": text.name,
        "text": text.text,
        "text_zh": text.text_zh,
        "sha256": text.sha256,
        "file": str(text.file) if text.file else None,
        "is_read": text.is_read,
        "is_site": text.is_site,
        "accepted": bool(found),
        "user": found[-1].user if found else None,
        "when": found[-1].when.isoformat() if found else None,
    }
