"""The flags of `finetune`: how each is written, and what it cannot be."""

from __future__ import annotations

import argparse

import pytest

from tests.cli.verbs.finetuning.asked_of import OWN, parsed

#: A value for each flag that the published projects have, and what it becomes.
PUBLISHED = {
    # Baichuan 2's fine-tune.py
    "report_to": ("none", "none"),
    "model_name_or_path": ("baichuan-inc/Baichuan2-7B-Base", None),
    "output_dir": ("output", None),
    "model_max_length": ("512", 512),
    "num_train_epochs": ("4", 4.0),
    "per_device_train_batch_size": ("16", 16),
    "gradient_accumulation_steps": ("1", 1),
    "save_strategy": ("epoch", "epoch"),
    "learning_rate": ("2e-5", 2e-5),
    "lr_scheduler_type": ("constant", "constant"),
    "adam_beta1": ("0.9", 0.9),
    "adam_beta2": ("0.98", 0.98),
    "adam_epsilon": ("1e-8", 1e-8),
    "max_grad_norm": ("1.0", 1.0),
    "weight_decay": ("1e-4", 1e-4),
    "warmup_ratio": ("0.0", 0.0),
    "logging_steps": ("1", 1),
    "hostfile": ("hosts", "hosts"),
    # LLaMA-Efficient-Tuning
    "stage": ("sft", "sft"),
    "finetuning_type": ("lora", "lora"),
    "lora_rank": ("8", 8),
    "lora_target": ("W_pack,o_proj", ("W_pack", "o_proj")),
    "per_device_eval_batch_size": ("4", 4),
    "preprocessing_num_workers": ("16", 16),
    "save_steps": ("100", 100),
    "eval_steps": ("100", 100),
    "dev_ratio": ("0.01", 0.01),
    "evaluation_strategy": ("steps", "steps"),
    # this app's own
    "lora_alpha": ("16", 16.0),
    "lora_dropout": ("0", 0.0),
    "seed": ("7", 7),
    "masking": ("chat", "chat"),
    "nproc_per_node": ("2", 2),
    "max_steps": ("-1", -1),
    "save_total_limit": ("3", 3),
    "device": ("cpu", "cpu"),
}
#: Those that are true or false.
TRUTHS = (
    "gradient_checkpointing", "bf16", "fp16", "tf32", "use_lora", "qlora", "do_train",
    "overwrite_cache", "load_best_model_at_end", "plot_loss", "resume",
)  # fmt: skip
ALIASES = {"model_name_or_path": "model", "output_dir": "output"}


def value(arguments: argparse.Namespace, name: str) -> object:
    return getattr(arguments, ALIASES.get(name, name))


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_flag_is_taken_in_each_of_its_spellings(name: str) -> None:
    text, meant = PUBLISHED[name]
    hyphens = name.replace("_", "-")

    found = [
        value(parsed(f"{OWN} {words}"), name)
        for words in (f"--{name} {text}", f"--{name}={text}", f"--{hyphens} {text}")
    ]

    assert found[0] == found[1] == found[2]
    assert meant is None or found[0] == meant
    assert type(found[0]) is type(meant) or meant is None


@pytest.mark.parametrize("name", TRUTHS)
def test_a_flag_of_two_values_is_taken_bare_and_with_each(name: str) -> None:
    def found(words: str) -> object:
        return getattr(parsed(f"{OWN} {words} --seed 1"), name)

    assert found("") is None
    for words in (f"--{name}", f"--{name} True", f"--{name}=true", f"--{name} 1"):
        assert found(words) is True, words
    for words in (f"--{name} False", f"--{name}=no", f"--{name} 0"):
        assert found(words) is False, words


@pytest.mark.parametrize("words", ["--data a.json b.jsonl", "--data a.json --data=b.jsonl"])
def test_data_are_one_file_or_several(words: str) -> None:
    found = parsed(f"--model m --output o {words}").data

    assert [str(file) for file in found] == ["a.json", "b.jsonl"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--lora_rnak 8", "--lora_rnak (near: --lora_rank"),
        ("--learning-rte 1", "--learning-rte (near: --learning_rate"),
        ("--per_device_batch_size 4", "--per_device_train_batch_size"),
        ("--batch 4", "--batch (near: --per_device_eval_batch_size, --per_device_train_batch_"),
        ("--fsdp full_shard", "unrecognized arguments: --fsdp full_shard"),
        ("--save_step 4", "--save_step (near: --save_steps"),  # no flag is begun only
        ("spare", "unrecognized arguments: spare"),
        ("--bf16 maybe", "argument --bf16: True or False, and not 'maybe'"),
        ("--learning_rate 0", "argument --learning_rate: a number above 0"),
        ("--learning_rate nan", "argument --learning_rate: a number above 0"),
        ("--learning_rate 1e999", "argument --learning_rate: a number above 0"),
        ("--learning_rate ٣", "argument --learning_rate: a number above 0"),
        ("--lora-alpha 1_000", "argument --lora-alpha: a number above 0"),
        ("--num_train_epochs -1", "argument --num_train_epochs"),
        ("--lora_rank 0", "argument --lora_rank: a whole number from 1 on"),
        ("--lora_rank 1.5", "argument --lora_rank: a whole number from 1 on"),
        ("--dev_ratio 1", "argument --dev_ratio: a number from 0 to below 1"),
        ("--weight_decay -1", "argument --weight_decay"),
        ("--lora_target ,", "argument --lora_target: names between commas"),
        ("--seed 4294967296", "argument --seed: a whole number from 0"),
        ("--lr_scheduler_type polynomial", "argument --lr_scheduler_type: invalid choice"),
        ("--finetuning_type freeze", "argument --finetuning_type: invalid choice"),
        ("--dataset a", "not allowed with argument --data"),
        ("'  '", "a “\\” at the end of a line has a blank behind it"),
    ],
)
def test_what_is_no_flag_or_no_value_is_named(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(f"{OWN} {words}")

    assert ended.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("--data d --output o", "--model"),
        ("--model m --output o", "--data"),
        ("--model m --data d", "--output"),
    ],
)
def test_model_data_and_output_are_asked_for(
    line: str, missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parsed(line)

    assert missing in capsys.readouterr().err


def test_every_flag_of_the_issue_has_a_help_text(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--help")

    out = capsys.readouterr().out
    for name in (*PUBLISHED, *TRUTHS):
        assert f"--{name}" in out or f"--{name.replace('_', '-')}" in out, name
    assert "rank 1, alpha 32, dropout 0.1" in " ".join(out.split())
