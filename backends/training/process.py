"""Starts the process of a training: `python -m backends.training.process`.

It asks the system to end it with whoever started it, and takes the network away from the libraries
that it imports, before it imports any.
"""

from __future__ import annotations

import os
from typing import Final

from ..operating_system import die_with_parent, lower_priority

#: With it the app's own program is this process, where it is frozen and there is no other Python.
OPTION: Final = "--train"

#: What keeps libraries from reaching out, and from printing between the frames.
_QUIET: Final = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "DO_NOT_TRACK": "1",
}
#: By such variables a person tells other programs how to train; this one is told by its request.
_OF_OTHERS: Final = ("ACCELERATE_", "FSDP_", "WANDB_", "TRAINER_")
#: What launchers of several processes tell each; it is torch's that tells ours.
_OF_LAUNCHERS: Final = (
    "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT",
    "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE",
)  # fmt: skip


def prepare_environment() -> None:
    """Take a low priority, and set what the libraries read when they are imported."""
    # They import more, which a shell need not wait for that asks the app for something else.
    from ..machine.card_order import number_cards_by_slot
    from ..machine.hardware import with_short_waits
    from .several import launching

    for name in [name for name in os.environ if name.startswith(_OF_OTHERS)]:
        del os.environ[name]
    if not launching.is_rank():  # which has its priority from the process that started it
        lower_priority()
        for name in _OF_LAUNCHERS:
            os.environ.pop(name, None)
    os.environ.update(_QUIET)
    # At low priority a thread that spins waits for one that has no core: a tenth of the speed.
    os.environ.update(with_short_waits(os.environ, spins=0))
    number_cards_by_slot()


def main() -> None:
    """Train as the request on stdin asks, and tell of it on stdout; ends with it."""
    die_with_parent()
    prepare_environment()
    from . import served  # which imports more

    served.main()


if __name__ == "__main__":
    main()
