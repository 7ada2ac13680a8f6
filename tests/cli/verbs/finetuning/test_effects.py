"""What flags do together: what contradicts, and what has no effect."""

from __future__ import annotations

import pytest

from backends.errors import TrainingSettingsError
from tests.cli.verbs.finetuning.asked_of import FINE_TUNE, OWN, asked_of
from tests.helpers.sentences import assert_one_sentence


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"{OWN} --finetuning_type full --qlora", "--finetuning_type full and --qlora"),
        (f"{OWN} --finetuning_type full --use_lora", "--finetuning_type full and --use_lora"),
        (f"{OWN} --use_lora False --qlora", "--use_lora False and --qlora"),
        (f"{OWN} --use_lora False --finetuning_type lora", "--finetuning_type lora"),
        (f"{OWN} --use_lora False --lora_rank 8", "--use_lora False and --lora_rank"),
        (f"{FINE_TUNE} --lora_rank 8", "“--lora_rank” is of an adapter"),
        (f"{OWN} --preset baichuan2-full --qlora", "--preset baichuan2-full and --qlora"),
        (f"{OWN} --preset baichuan2-lora --use_lora False", "--preset baichuan2-lora and"),
        (f"{OWN} --preset baichuan2-qlora --qlora False", "and --qlora False"),
        (f"{OWN} --bf16 --fp16", "--bf16 and --fp16"),
        (f"{OWN} --eval_data e.json --dev_ratio 0.1", "--eval_data and --dev_ratio"),
        (f"{OWN} --stage dpo", "The stage “dpo” is none here"),
        (f"{OWN} --report_to wandb", "Nothing is reported to “wandb”"),
    ],
)
def test_what_contradicts_is_refused_in_a_sentence(line: str, told: str) -> None:
    with pytest.raises(TrainingSettingsError) as caught:
        asked_of(line)

    assert told in caught.value.message
    assert_one_sentence(caught.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"{OWN} --do_train False", "--do_train False has no effect: this command trains."),
        (f"{OWN} --dataset_dir d", "--dataset_dir has no effect: no name was given by --dataset."),
        (f"{OWN} --finetuning_type full --lora_rank 8",
         "--lora_rank has no effect: every weight is trained, and no adapter."),
        (f"{OWN} --max_steps 5 --num_train_epochs 2",
         "--num_train_epochs has no effect: --max_steps says when the training ends."),
        (f"{OWN} --save_steps 5 --save_strategy epoch",
         "--save_steps has no effect: checkpoints are kept by --save_strategy epoch."),
        (f"{OWN} --save_strategy no --save_total_limit 1",
         "--save_total_limit has no effect: no checkpoint is kept before the end."),
        (f"{OWN} --eval_steps 5",
         "--eval_steps has no effect: nothing is evaluated without --evaluation_strategy."),
        (f"{OWN} --dev_ratio 0.1 --eval_steps 5 --evaluation_strategy epoch",
         "--eval_steps has no effect: it is evaluated at the end of each epoch."),
        (f"{FINE_TUNE} --per_device_eval_batch_size 2",
         "--per_device_eval_batch_size has no effect: nothing is evaluated"),
    ],
)  # fmt: skip
def test_what_has_no_effect_is_named_with_its_reason(line: str, told: str) -> None:
    [note] = map(str, asked_of(line).notes)

    assert note.startswith(told)


@pytest.mark.parametrize("flags", ["--do_train", "--overwrite_cache False", "--report_to none",
                                   "--stage sft", "--do_train True --bf16 False"])  # fmt: skip
def test_what_is_so_anyway_needs_no_word(flags: str) -> None:
    assert asked_of(f"{OWN} {flags}").notes == ()
