"""What a command line asks for: the published ones, whose defaults hold, what contradicts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import DeepSpeedFileError, TrainingDataError, TrainingSettingsError
from backends.training.values import (
    Cadence,
    Compute,
    Data,
    Device,
    Keeping,
    Lora,
    Masking,
    Method,
    Optimization,
    Schedule,
    Several,
    TrainingRequest,
)
from baichuan_desktop.services.training.presets import PRESETS
from tests.cli.verbs.finetuning.asked_of import FINE_TUNE, OWN, asked_of, whole
from tests.helpers.sentences import assert_one_sentence

#: As the READMEs show them, with the program's name in place of theirs.
BAICHUAN2 = """--hostfile="" \
    --report_to "none" \
    --data_path "data/belle_chat_ramdon_10k.json" \
    --model_name_or_path "baichuan-inc/Baichuan2-7B-Base" \
    --output_dir "output" \
    --model_max_length 512 \
    --num_train_epochs 4 \
    --per_device_train_batch_size 16 \
    --gradient_accumulation_steps 1 \
    --save_strategy epoch \
    --learning_rate 2e-5 \
    --lr_scheduler_type constant \
    --adam_beta1 0.9 \
    --adam_beta2 0.98 \
    --adam_epsilon 1e-8 \
    --max_grad_norm 1.0 \
    --weight_decay 1e-4 \
    --warmup_ratio 0.0 \
    --logging_steps 1 \
    --gradient_checkpointing True \
    --deepspeed ds_config.json \
    --bf16 True \
    --tf32 True"""
BAICHUAN_13B = """--stage sft \
    --model_name_or_path baichuan-inc/Baichuan-13B-Base \
    --do_train \
    --dataset alpaca_gpt4_en,alpaca_gpt4_zh \
    --finetuning_type full \
    --output_dir path_to_your_sft_checkpoint \
    --overwrite_cache \
    --per_device_train_batch_size 4 \
    --per_device_eval_batch_size 4 \
    --gradient_accumulation_steps 8 \
    --preprocessing_num_workers 16 \
    --lr_scheduler_type cosine \
    --logging_steps 10 \
    --save_steps 100 \
    --eval_steps 100 \
    --learning_rate 5e-5 \
    --max_grad_norm 0.5 \
    --num_train_epochs 2.0 \
    --dev_ratio 0.01 \
    --evaluation_strategy steps \
    --load_best_model_at_end \
    --plot_loss \
    --fp16 \
    --deepspeed deepspeed.json"""

FROM_README = Optimization(
    learning_rate=2e-5, schedule=Schedule.CONSTANT, beta1=0.9, beta2=0.98, epsilon=1e-8,
    weight_decay=1e-4, max_grad_norm=1.0, epochs=4.0, batch_size=16, accumulation=1,
    gradient_checkpointing=True,
)  # fmt: skip


@pytest.fixture
def alpaca(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder `data` as LLaMA-Efficient-Tuning has it, in the folder that one is in."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "dataset_info.json").write_text(
        json.dumps({"alpaca_gpt4_en": {"file_name": "alpaca_gpt4_data_en.json"}})
    )
    for name in ("alpaca_gpt4_data_en.json", "alpaca_gpt4_zh.json"):
        (folder / name).write_text("[]")
    monkeypatch.chdir(tmp_path)
    return folder


def test_the_published_line_of_baichuan_2_is_taken_whole() -> None:
    found = asked_of(BAICHUAN2)

    assert found.request == TrainingRequest(
        model="baichuan-inc/Baichuan2-7B-Base",
        data=Data((whole("data/belle_chat_ramdon_10k.json"),), max_length=512),
        keeping=Keeping(whole("output"), save=Cadence.EPOCH, logging_steps=1),
        method=Method.FULL,
        optimization=FROM_README,
        compute=Compute.BF16,
        tf32=True,
        several=Several(deepspeed="ds_config.json"),
    )
    assert [str(note) for note in found.notes] == [
        "There is no “ds_config.json” here: the published one is taken."
    ]
    assert not found.draws_loss


def test_with_use_lora_it_trains_the_published_adapter() -> None:
    request = asked_of(f"{BAICHUAN2} --use_lora True").request

    assert request.method is Method.LORA
    assert request.lora == Lora(rank=1, alpha=32.0, dropout=0.1, targets=("W_pack",))
    assert request.optimization == FROM_README


def test_the_published_line_of_baichuan_13b_is_taken_whole(alpaca: Path) -> None:
    found = asked_of(BAICHUAN_13B)
    request = found.request

    assert [Path(file).name for file in request.data.files] == [
        "alpaca_gpt4_data_en.json",
        "alpaca_gpt4_zh.json",
    ]
    assert {Path(file).parent for file in request.data.files} == {alpaca}
    assert request.method is Method.FULL
    assert request.optimization == Optimization(
        learning_rate=5e-5, schedule=Schedule.COSINE, max_grad_norm=0.5, epochs=2.0,
        batch_size=4, eval_batch_size=4, accumulation=8,
    )  # fmt: skip
    assert request.keeping == Keeping(
        whole("path_to_your_sft_checkpoint"), save=Cadence.STEPS, save_steps=100,
        evaluate=Cadence.STEPS, eval_steps=100, load_best=True, logging_steps=10,
    )  # fmt: skip
    assert (request.data.dev_ratio, request.data.max_length) == (0.01, 1024)
    assert request.compute is Compute.FP16
    assert request.several == Several(deepspeed="deepspeed.json")
    assert found.draws_loss
    told = [str(note) for note in found.notes]
    assert told[0] == "There is no “deepspeed.json” here: the published one is taken."
    assert told[1:] == [
        "--overwrite_cache has no effect: data are read anew each time, and nothing is cached.",
        "--preprocessing_num_workers has no effect: one process reads the data.",
    ]


@pytest.mark.usefixtures("alpaca")
def test_its_line_for_an_adapter_is_taken_too() -> None:
    line = BAICHUAN_13B.replace("full", "lora --lora_rank 8 --lora_target W_pack")

    request = asked_of(line).request

    assert request.method is Method.LORA
    assert request.lora == Lora(rank=8, alpha=32.0, dropout=0.1, targets=("W_pack",))


# --- whose defaults hold ---------------------------------------------------------------------


def test_what_fine_tune_py_is_not_told_is_as_transformers_has_it() -> None:
    found = asked_of(FINE_TUNE)

    assert found.request == TrainingRequest(
        model="m",
        data=Data((whole("d.json"),), max_length=512),
        keeping=Keeping(whole("o"), save=Cadence.STEPS, save_steps=500, logging_steps=500),
        method=Method.FULL,
        lora=Lora(rank=1),
        optimization=Optimization(),
        compute=Compute.FP32,
    )
    assert found.notes == ()


@pytest.mark.usefixtures("alpaca")
def test_what_llama_efficient_tuning_is_not_told_is_an_adapter_of_rank_8() -> None:
    request = asked_of("--model m --dataset alpaca_gpt4_zh --output o").request

    assert (request.method, request.lora) == (Method.LORA, Lora(rank=8))
    assert request.data.max_length == 1024
    assert request.optimization == Optimization()


@pytest.mark.parametrize(
    ("flags", "golden", "preset"),
    [
        ("", "b2-7b", "baichuan2-lora"),
        ("--qlora", "b2-7b", "baichuan2-qlora"),
        ("--finetuning_type full", "b2-13b", "baichuan2-full"),
        ("--use_lora False", "b1-13b", "baichuan-13b-full"),
        ("--use_lora True", "b1-13b", "baichuan-13b-lora"),
        ("--preset few-facts", "b1-13b", "few-facts"),
    ],
)
def test_the_app_begins_with_the_values_published_for_the_model(
    flags: str, golden: str, preset: str
) -> None:
    request = asked_of(f"{OWN} {flags}", golden).request

    assert next(one for one in PRESETS if one.id == preset).is_of(request)
    assert request.keeping == Keeping(whole("o"), save=Cadence.EPOCH, logging_steps=10)


def test_a_small_model_in_4_bits_learns_with_the_values_of_few_facts() -> None:
    """Those that are published for QLoRA teach it nothing."""
    plain, in_4_bits = (asked_of(f"{OWN} {flag}", "small").request for flag in ("", "--qlora"))

    assert in_4_bits == replace(plain, method=Method.QLORA)
    assert plain.lora.rank == 8


def test_what_is_given_counts_before_a_preset() -> None:
    request = asked_of(
        f"{OWN} --preset few-facts --lora-alpha 8 --lora_target all --learning_rate 3e-4 "
        "--num_train_epochs 2 --model_max_length 64 --seed 5 --masking chat --device cpu "
        "--nproc_per_node 2 --max_steps 7"
    ).request

    [preset] = [one for one in PRESETS if one.id == "few-facts"]
    assert request.lora == replace(preset.lora, alpha=8.0, targets=("all",))
    assert request.optimization == replace(
        preset.optimization, learning_rate=3e-4, epochs=2.0, seed=5, max_steps=7, eval_batch_size=16
    )
    assert (request.data.max_length, request.data.masking) == (64, Masking.CHAT)
    assert (request.device, request.several) == (Device.CPU, Several(2))


@pytest.mark.parametrize("line", [OWN, FINE_TUNE])
def test_examples_are_at_most_as_long_as_the_context_unless_more_is_asked_for(line: str) -> None:
    assert asked_of(line, context=256).request.data.max_length == 256
    assert asked_of(f"{line} --model_max_length 300", context=256).request.data.max_length == 300


@pytest.mark.parametrize(
    ("line", "compute"),
    [
        (OWN, Compute.AUTO),
        (f"{OWN} --bf16", Compute.BF16),
        (f"{OWN} --bf16 False", Compute.FP32),
        (f"{OWN} --bf16 False --fp16", Compute.FP16),
        (FINE_TUNE, Compute.FP32),
        (f"{FINE_TUNE} --bf16 True", Compute.BF16),
    ],
)
def test_what_is_computed_in(line: str, compute: Compute) -> None:
    assert asked_of(line).request.compute is compute


@pytest.mark.parametrize(
    ("line", "evaluate", "steps"),
    [
        (OWN, Cadence.NO, 500),
        (f"{OWN} --dev_ratio 0.1", Cadence.EPOCH, 500),
        (f"{OWN} --eval_data e.json", Cadence.EPOCH, 500),
        (f"{OWN} --eval_data e.json --eval_steps 5", Cadence.STEPS, 5),
        (f"{OWN} --eval_data e.json --evaluation_strategy steps", Cadence.STEPS, 10),
        (f"{OWN} --eval_data e.json --eval_strategy no", Cadence.NO, 500),
        (f"{FINE_TUNE} --dev_ratio 0.1", Cadence.NO, 500),
        (f"{FINE_TUNE} --dev_ratio 0.1 --evaluation_strategy steps --logging_steps 3",
         Cadence.STEPS, 3),
    ],
)  # fmt: skip
def test_when_it_is_evaluated(line: str, evaluate: Cadence, steps: int) -> None:
    keeping = asked_of(line).request.keeping

    assert (keeping.evaluate, keeping.eval_steps) == (evaluate, steps)


def test_a_number_of_steps_alone_says_that_checkpoints_are_kept_by_steps() -> None:
    keeping = asked_of(f"{OWN} --save_steps 5 --save_total_limit 3").request.keeping

    assert (keeping.save, keeping.save_steps, keeping.save_limit) == (Cadence.STEPS, 5, 3)


def test_no_limit_of_steps_is_none() -> None:
    assert asked_of(f"{OWN} --max_steps -1").request.optimization.max_steps is None


def test_deepspeed_has_a_process_for_each_card() -> None:
    line = f"{OWN} --deepspeed ds_config.json"

    assert asked_of(line, cards=2).request.several.processes == 2
    assert asked_of(f"{line} --num_gpus 1", cards=2).request.several.processes == 1
    assert asked_of(OWN, cards=2).request.several == Several()


def test_a_configuration_of_ones_own_is_taken_before_the_published_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ds_config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)

    found = asked_of(f"{OWN} --deepspeed ds_config.json --hostfile hosts")

    assert found.request.several == Several(
        hostfile=str(tmp_path / "hosts"), deepspeed=str(tmp_path / "ds_config.json")
    )
    assert found.notes == ()


@pytest.mark.usefixtures("alpaca")
def test_a_data_set_that_is_not_there_is_named() -> None:
    with pytest.raises(TrainingDataError, match="alpaca_gpt4_zz"):
        asked_of("--model m --dataset alpaca_gpt4_zz --output o")


def test_a_configuration_that_is_not_there_is_refused() -> None:
    with pytest.raises(DeepSpeedFileError):
        asked_of(f"{OWN} --deepspeed zero.json")


# --- what the guide answers already ----------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "is_added"),
    [
        (OWN, True),
        (f"{OWN} --preset few-facts", True),
        (f"{OWN} --rehearse False", False),
        (FINE_TUNE, False),
        (f"{FINE_TUNE} --rehearse", True),
    ],
)
def test_its_own_answers_are_learnt_too_unless_a_published_line_or_a_person_says_otherwise(
    line: str, is_added: bool
) -> None:
    found = asked_of(line, own=Path("/own.jsonl"))

    files = (whole("d.json"), "/own.jsonl") if is_added else (whole("d.json"),)
    assert found.request.data.files == files
    told = "learnt too" if is_added else "forgets"
    assert [note for note in map(str, found.notes) if told in note]


def test_of_another_model_nobody_knows_what_it_answers() -> None:
    assert asked_of(OWN).request.data.files == (whole("d.json"),)
    with pytest.raises(TrainingSettingsError) as raised:
        asked_of(f"{OWN} --rehearse")

    assert_one_sentence(raised.value)
    assert "the guide" in raised.value.message
