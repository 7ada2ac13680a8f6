"""The flags of `finetune`: those of the published projects, under their names, and its own.

A flag that is not given is None: what it means then is the project's that the command line is of.
"""

from __future__ import annotations

import argparse

from backends.training.values import Cadence, Device, Masking, Schedule
from baichuan_desktop.cli.arguments import MODEL_HELP, add_dry_run, add_json, path
from baichuan_desktop.cli.verbs.finetuning import kinds
from baichuan_desktop.services.training.presets import PRESETS


def add_finetune_flags(parser: argparse.ArgumentParser) -> None:
    """Add every flag; `asking.asked` reads them."""
    _add_what(parser)
    _add_method(parser)
    _add_examples(parser)
    _add_optimization(parser)
    _add_machine(parser)
    _add_keeping(parser)
    _add_published(parser)


def _add_what(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "from what to what", "the flag that names the data decides the defaults: see below"
    )
    group.add_argument(
        "--model", "--model_name_or_path", metavar="MODEL", required=True,
        help=f"what is fine-tuned: {MODEL_HELP}, or the name that it was published under",
    )  # fmt: skip
    data = group.add_mutually_exclusive_group(required=True)
    data.add_argument(
        "--data", type=path, nargs="+", action="extend", metavar="FILE",
        help="JSON or JSONL: conversations, alpaca, or conversations that this app exported",
    )  # fmt: skip
    data.add_argument(
        "--data_path", type=path, nargs="+", action="extend", metavar="FILE",
        help="the same, as of fine-tune.py",
    )  # fmt: skip
    data.add_argument(
        "--dataset", type=kinds.names, metavar="NAME,…",
        help="names of dataset_info.json in --dataset_dir, or of files there",
    )  # fmt: skip
    group.add_argument("--dataset_dir", type=path, metavar="FOLDER", help="default: data")
    group.add_argument(
        "--eval_data", type=path, nargs="+", action="extend", metavar="FILE",
        help="examples that are not learnt from; their loss is told at the end of each epoch",
    )  # fmt: skip
    _add_truth(
        group, "--rehearse",
        "of the guide, learn its own answers too, which it would forget; default with --data",
    )  # fmt: skip
    group.add_argument(
        "--output", "--output_dir", type=path, metavar="FOLDER", required=True,
        help="where the result goes, and checkpoints meanwhile; nothing there is written over",
    )  # fmt: skip
    group.add_argument("--name", metavar="TEXT", help="of the result in the list of models")
    group.add_argument(
        "--resume", type=kinds.truth, nargs="?", const=True, metavar="True|False",
        help="go on with the training in --output, from its last checkpoint",
    )  # fmt: skip
    add_dry_run(parser)
    add_json(parser)


def _add_method(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is trained")
    group.add_argument(
        "--preset", choices=[one.id for one in PRESETS], help="begin with all values of one"
    )
    group.add_argument(
        "--finetuning_type", choices=("full", "lora"),
        help="every weight, or an adapter beside them",
    )  # fmt: skip
    _add_truth(group, "--use_lora", "the same, as of fine-tune.py: True is an adapter")
    _add_truth(group, "--qlora", "an adapter, with the model's matrices in 4 bits meanwhile")
    group.add_argument("--lora_rank", type=kinds.count, metavar="N", help="of an adapter")
    group.add_argument(
        "--lora-alpha", type=kinds.positive, metavar="A", help="an adapter's scale is alpha / rank"
    )
    group.add_argument(
        "--lora-dropout", type=kinds.share, metavar="P", help="share of its inputs left out"
    )
    group.add_argument(
        "--lora_target", type=kinds.names, metavar="NAME,…",
        help="matrices that get one: W_pack, o_proj, gate_proj, up_proj, down_proj, which together "
        "are called all; lm_head, the output head",
    )  # fmt: skip


def _add_examples(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("examples")
    group.add_argument(
        "--model_max_length", type=kinds.count, metavar="N",
        help="tokens of an example; what is longer is cut at its end, and told",
    )  # fmt: skip
    group.add_argument(
        "--masking", choices=[one.value for one in Masking],
        help="published: as fine-tune.py masks; chat: as chat models are prompted. "
        "Default: published, and chat in the preset few-facts",
    )  # fmt: skip
    group.add_argument(
        "--dev_ratio", type=kinds.share, metavar="P", help="share of examples held back to evaluate"
    )


def _add_optimization(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("optimisation: AdamW")
    group.add_argument("--num_train_epochs", type=kinds.positive, metavar="N")
    group.add_argument(
        "--max_steps", type=kinds.most_steps, metavar="N", help="in place of epochs; -1: no limit"
    )
    group.add_argument(
        "--per_device_train_batch_size", type=kinds.count, metavar="N",
        help="examples at a time, in each process",
    )  # fmt: skip
    group.add_argument(
        "--gradient_accumulation_steps", type=kinds.count, metavar="N",
        help="so many of these make a step",
    )  # fmt: skip
    group.add_argument("--learning_rate", type=kinds.positive, metavar="R")
    group.add_argument("--lr_scheduler_type", choices=[one.value for one in Schedule])
    group.add_argument(
        "--warmup_ratio", type=kinds.share, metavar="P", help="share of steps with a rising rate"
    )
    group.add_argument("--adam_beta1", type=kinds.share, metavar="B")
    group.add_argument("--adam_beta2", type=kinds.share, metavar="B")
    group.add_argument("--adam_epsilon", type=kinds.positive, metavar="E")
    group.add_argument("--weight_decay", type=kinds.not_negative, metavar="D")
    group.add_argument(
        "--max_grad_norm", type=kinds.not_negative, metavar="N",
        help="longer gradients are cut to it; 0: none is",
    )  # fmt: skip
    group.add_argument(
        "--seed", type=kinds.seed, metavar="N", help="the same seed, the same training; default: 42"
    )


def _add_machine(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("machine")
    group.add_argument("--device", choices=[one.value for one in Device], help="default: auto")
    _add_truth(group, "--bf16", "compute in bf16")
    _add_truth(group, "--fp16", "compute in fp16; a card is needed")
    _add_truth(group, "--tf32", "compute fp32 faster and less exactly, on a card")
    _add_truth(group, "--gradient_checkpointing", "less memory, and more time for each step")
    group.add_argument(
        "--nproc_per_node", "--num_gpus", type=kinds.count, metavar="N",
        help="processes on this machine that share the training",
    )  # fmt: skip
    group.add_argument(
        "--hostfile", metavar="FILE", help="machines that share it: ADDRESS slots=N in each line"
    )
    group.add_argument(
        "--deepspeed", type=path, metavar="FILE",
        help="share it by DeepSpeed with this configuration; ds_config.json and deepspeed.json "
        "are at hand as they were published",
    )  # fmt: skip


def _add_keeping(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is kept, evaluated and shown")
    cadences = [one.value for one in Cadence]
    group.add_argument("--save_strategy", choices=cadences, help="when a checkpoint is kept")
    group.add_argument("--save_steps", type=kinds.count, metavar="N")
    group.add_argument(
        "--save_total_limit", type=kinds.count, metavar="N",
        help="checkpoints that are kept meanwhile, the newest; default: 2",
    )  # fmt: skip
    group.add_argument(
        "--evaluation_strategy", "--eval_strategy", choices=cadences,
        help="when the loss of the examples held back is computed",
    )  # fmt: skip
    group.add_argument("--eval_steps", type=kinds.count, metavar="N")
    group.add_argument("--per_device_eval_batch_size", type=kinds.count, metavar="N")
    _add_truth(
        group, "--load_best_model_at_end", "the result is the checkpoint that evaluated best"
    )
    group.add_argument(
        "--logging_steps", type=kinds.count, metavar="N", help="steps that share a line"
    )
    _add_truth(group, "--plot_loss", "draw the loss curve into the result: loss.png")


def _add_published(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("of published command lines, with one meaning here")
    group.add_argument("--stage", metavar="sft", help="sft is the only one")
    _add_truth(group, "--do_train", "it always trains")
    _add_truth(group, "--overwrite_cache", "nothing is cached")
    group.add_argument(
        "--preprocessing_num_workers", type=kinds.count, metavar="N", help="one reads the data"
    )
    group.add_argument("--report_to", metavar="none", help="nothing is reported to anybody")


def _add_truth(group: argparse._ActionsContainer, name: str, text: str) -> None:
    """Add a flag that is `--flag`, `--flag True` or `--flag=False`."""
    group.add_argument(
        name, type=kinds.truth, nargs="?", const=True, metavar="True|False", help=text
    )
