"""`finetune`: from a model and data of one's own to an adapter, or to a model."""

from __future__ import annotations

import argparse

from backends.checkpoint.folder import Checkpoint
from backends.errors import LicenceNotAcceptedError
from backends.policy.decisions import require
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from baichuan_desktop.cli.arguments import Commands
from baichuan_desktop.cli.library import model_store, print_notes
from baichuan_desktop.cli.licences.asking import is_accepted_now
from baichuan_desktop.cli.verbs.finetuning.asking import Asked, Base, asked
from baichuan_desktop.cli.verbs.finetuning.flags import add_finetune_flags
from baichuan_desktop.cli.verbs.finetuning.projects import RULE
from baichuan_desktop.cli.verbs.finetuning.running import run_training
from baichuan_desktop.cli.verbs.finetuning.trying import try_training
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.training.rehearsal import own_answers
from baichuan_desktop.services.training.tuner import own_tuner


def add_to(commands: Commands) -> None:
    """Add `finetune`."""
    parser = commands.add_parser(
        "finetune",
        help="train an adapter, or a model, on data of your own",
        description="Trains on this machine, with the flags of the published projects: in a "
        "command line of theirs, write baichuan-desktop finetune in place of deepspeed "
        "fine-tune.py or python src/train_bash.py. Ctrl+C keeps a checkpoint and ends; --resume "
        "goes on.",
        usage="%(prog)s --model MODEL --data FILE ... --output FOLDER [--FLAG VALUE ...]",
        epilog=RULE,
        allow_abbrev=False,  # of a flag that is unknown, the near ones are told
    )
    add_finetune_flags(parser)
    parser.set_defaults(run=_run, words=())


def _run(arguments: argparse.Namespace) -> int:
    require(site_policy(), Feature.FINE_TUNING)
    store = model_store()

    def base_of(name: str) -> Base:
        folder = store.model(name).path
        return Base(Checkpoint.open(folder).config, own_answers(folder))

    wanted = asked(arguments, base_of)
    print_notes(wanted.notes)
    try:
        return _do(arguments, store, wanted)
    except LicenceNotAcceptedError:
        if not is_accepted_now(store, store.model(wanted.request.model)):
            raise
        return _do(arguments, store, wanted)


def _do(arguments: argparse.Namespace, store: ModelStore, wanted: Asked) -> int:
    tuner = own_tuner()
    if arguments.dry_run:
        return try_training(tuner, wanted.request, as_json=arguments.json)
    return run_training(tuner, store, wanted, arguments.words, as_json=arguments.json)
