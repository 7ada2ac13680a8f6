"""No changed policy is misread: it is refused by name, or says what it allows in so many words."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from backends.errors import PolicyFileError
from backends.policy.schema import parse_policy
from backends.policy.site_entries import site_entries
from backends.policy.site_policy import read_text, site_policy
from backends.policy.values import Policy
from backends.precision import Precision
from tests.fuzz.mutate_policy import BASES, mutated
from tests.helpers.policies import write_policy
from tests.helpers.sentences import assert_one_sentence

_COUNT = 3000


def said(text: str, file: Path) -> Policy:
    """What a policy says as another reader understands it, for whom every scalar is a text."""
    content: Mapping[str, Any] = yaml.load(text, yaml.BaseLoader)

    def among(key: str) -> frozenset[str] | None:
        return frozenset(content[key]) if key in content else None

    def is_on(key: str) -> bool:
        return {"true": True, "false": False}[content.get(key, "true")]

    precisions = among("precisions")
    return Policy(
        file,
        content.get("contact"),
        among("models"),
        None if precisions is None else frozenset(map(Precision, precisions)),
        tuple(map(Path, content["folders"])) if "folders" in content else None,
        among("adapters"),
        is_on("import"),
        is_on("export_conversations"),
        is_on("server"),
        is_on("fine_tuning"),
        is_on("remote_engines"),
        is_on("code_execution"),
        int(content["retention_days"]) if "retention_days" in content else None,
        content.get("licence_text"),
        content.get("require_verification", "false") == "true",
    )


def require_named(error: PolicyFileError, file: Path) -> None:
    """One sentence, which names the file."""
    assert_one_sentence(error)
    assert str(file) in error.message


def looser(policy: Policy, than: Policy) -> bool:
    """Whether something is allowed that was not."""

    def more(now: Iterable[object] | None, before: Iterable[object] | None) -> bool:
        return before is not None and (now is None or not set(now) <= set(before))

    return (
        more(policy.models, than.models)
        or more(policy.precisions, than.precisions)
        or more(policy.folders, than.folders)
        or more(policy.adapters, than.adapters)
        or (policy.imports and not than.imports)
        or (policy.server and not than.server)
        or (policy.remote_engines and not than.remote_engines)
        or (policy.code_execution and not than.code_execution)
        or (policy.exports_of_conversations and not than.exports_of_conversations)
        or (than.required_verification and not policy.required_verification)
        or (than.licence_text is not None and policy.licence_text != than.licence_text)
    )


def test_a_changed_policy_is_refused_or_says_what_it_allows(tmp_path: Path) -> None:
    rng, file = random.Random(14), tmp_path / "policy.yaml"
    originals = [parse_policy(yaml.safe_dump(base), file) for base in BASES]
    refused = accepted = loosened = 0
    for _ in range(_COUNT):
        base, data = mutated(rng)
        file.write_bytes(data)
        try:
            text = read_text(file)
            policy = parse_policy(text, file)
        except PolicyFileError as error:
            refused += 1
            require_named(error, file)
            continue
        accepted += 1
        assert policy == said(text, file), data
        loosened += looser(policy, originals[BASES.index(base)])

    assert refused > _COUNT // 3, "the changes are too tame to tell anything"
    assert accepted > _COUNT // 10
    assert loosened > 20, "of those that say so, some allow more"


def test_what_is_in_force_is_a_policy_or_everything_is_closed(tmp_path: Path) -> None:
    rng = random.Random(5)
    file = write_policy(tmp_path, "")
    for _ in range(300):
        _, data = mutated(rng)
        file.write_bytes(data)
        try:
            policy = site_policy()
        except PolicyFileError:
            continue
        assert replace(policy, entries=(), adapter_entries=()) == said(read_text(file), file)


def test_a_changed_registry_of_the_site_lists_nothing_that_does_not_stand_in_it() -> None:
    rng = random.Random(3)
    base = {
        "schema_version": 1,
        "installed": [
            {"id": "ours", "path": "/srv/models/ours", "family": "baichuan2-7b"},
            {"id": "theirs", "path": "/srv/models/theirs", "files": {"config.json": {"size": 1}}},
        ],
    }
    listed = 0
    for _ in range(2000):
        text = yaml.safe_dump(base)
        for _ in range(rng.randrange(1, 4)):
            place = rng.randrange(len(text) + 1)
            what = rng.choice(
                ["", "\n", "- ", ": ", "/", "&a ", "*a", "{", "\0", "ours", "\ud800", "  "]
            )
            text = text[:place] + what + text[place + rng.randrange(3) :]
        for model_id, folder in site_entries(text):
            listed += 1
            assert model_id in text
            assert folder.is_absolute()
            assert folder.name in text
    assert listed > 500
