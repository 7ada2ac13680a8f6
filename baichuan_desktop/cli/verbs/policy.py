"""`policy`: what this machine's administrator allows, and whether a file of theirs is right."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from backends.errors import PolicyFileError
from backends.files.plain_file import absolute_path
from backends.policy import site_policy as site
from backends.policy.schema import parse_policy
from backends.policy.site_policy import Place, entries_beside, read_text, require_trusted
from backends.policy.values import Policy
from backends.precision import Precision
from baichuan_desktop.cli.arguments import Commands, add_debug_to, add_json, path
from baichuan_desktop.cli.tables import print_json, say
from baichuan_desktop.services.admission.told import sentences


def add_to(commands: Commands) -> None:
    """Add `policy` and its verbs."""
    parser = commands.add_parser("policy", help="what this machine's administrator allows")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = verbs.add_parser("check", help="whether a policy file is right, and what it says")
    check.add_argument("file", type=path, metavar="FILE")
    check.set_defaults(run=_check)
    show = verbs.add_parser("show", help="what is in force here")
    show.set_defaults(run=_show)
    for verb in (check, show):
        add_json(verb)
    add_debug_to(verbs)


def _check(arguments: argparse.Namespace) -> int:
    """Tell what a file says; 1 if it is wrong, or lies in its place and would not be obeyed."""
    file = absolute_path(arguments.file)
    place = site.fixed_place()
    try:
        policy = parse_policy(read_text(file), file)
    except PolicyFileError as error:
        if arguments.json:
            print_json({"file": str(file), "is_valid": False, "error": str(error.facts["wrong"])})
        else:
            _print_wrong(file, error)
        return 1
    policy = replace(
        policy, entries=entries_beside(place), adapter_entries=entries_beside(place, "adapters")
    )
    checked = place if file == place.file else replace(place, file=file)
    untrusted = _untrusted(checked)
    is_refused = untrusted is not None and file == place.file
    if arguments.json:
        facts = {"file": str(file), "is_valid": True, "place": str(place.file)}
        trust = {"is_trusted": untrusted is None, "untrusted": untrusted}
        print_json({**facts, **trust, **_json(policy)})
        return 1 if is_refused else 0
    say(f"{file} is a policy that can be read. It says:")
    _print(policy)
    if untrusted is None:
        say("Its owner and its rights are as they must be.")
    elif is_refused:
        say(f"It is refused where it is: {untrusted}.", sys.stderr)
        say("As long as that is so, everything that a policy can turn off is off.", sys.stderr)
    else:
        say(f"Where it is now, it would be refused: {untrusted}.")
    if file != place.file:
        say(f"It is in force only as {place.file}, where the administrator alone can write it.")
    return 1 if is_refused else 0


def _show(arguments: argparse.Namespace) -> int:
    """Tell what is in force; raises PolicyFileError where a policy is there that closes."""
    policy, place = site.site_policy(), site.fixed_place().file
    if arguments.json:
        file = str(policy.file) if policy.file else None
        print_json({"file": file, "place": str(place), **_json(policy)})
    elif policy.file is None:
        say(f"There is no policy on this machine ({place}): everything is allowed.")
    else:
        say(f"The policy of this machine, {policy.file}, says:")
        _print(policy)
    return 0


def _print_wrong(file: Path, error: PolicyFileError) -> None:
    """Say what keeps a file from being a policy; where there is none, nothing would be off."""
    if not os.path.lexists(file):
        say(f"There is no file {file}.", sys.stderr)
        return
    say(f"{file} is wrong: {error.facts['wrong']}.", sys.stderr)
    say("In its place, it would turn off everything that a policy can.", sys.stderr)


def _untrusted(place: Place) -> str | None:
    """Why a policy is refused for who may write it, as a part of a sentence; None: it is not."""
    try:
        require_trusted(place)
    except PolicyFileError as error:
        return str(error.facts["wrong"])
    return None


def _print(policy: Policy) -> None:
    for sentence in sentences(policy):
        say(f"- {sentence}")


def _json(policy: Policy) -> Mapping[str, Any]:
    def names(values: frozenset[str] | frozenset[Precision] | None) -> list[str] | None:
        return None if values is None else sorted(values)

    return {
        "contact": policy.contact,
        "models": names(policy.models),
        "precisions": names(policy.precisions),
        "folders": None if policy.folders is None else list(map(str, policy.folders)),
        "adapters": names(policy.adapters),
        "import": policy.imports,
        "export_conversations": policy.exports_of_conversations,
        "server": policy.server,
        "remote_engines": policy.remote_engines,
        "code_execution": policy.code_execution,
        "retention_days": policy.retention_days,
        "licence_text": policy.licence_text,
        "require_verification": policy.required_verification,
        "sentences": list(map(str, sentences(policy))),
    }
