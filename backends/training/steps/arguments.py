"""The arguments of transformers' Trainer for what is asked."""

from __future__ import annotations

import tempfile
from typing import Any

import torch
from transformers import TrainingArguments

from ..values import Compute, Device, TrainingRequest


def compute_device(wanted: Device) -> torch.device:
    """Where it is computed: the card, if there is one and nothing else is wanted."""
    if wanted is Device.CPU or not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", torch.cuda.current_device())


def resolved_compute(wanted: Compute, device: torch.device) -> Compute:
    """What is computed in: bf16 where nothing is asked and a card has it, otherwise fp32."""
    if wanted is not Compute.AUTO:
        return wanted
    return Compute.BF16 if computes_bf16(device) else Compute.FP32


def computes_bf16(device: torch.device) -> bool:
    """Whether it is a card that multiplies bf16 itself; torch emulates it on older ones."""
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def training_arguments(
    request: TrainingRequest, device: torch.device, compute: Compute, more: dict[str, Any]
) -> TrainingArguments:
    """Arguments with which the Trainer writes, prints, evaluates and fetches nothing by itself.

    `more` are those of several processes.
    """
    how = request.optimization
    arguments = TrainingArguments(
        output_dir=tempfile.gettempdir(),  # Trainer sees to it that it is there, no more
        per_device_train_batch_size=how.batch_size,
        per_device_eval_batch_size=how.eval_batch_size,
        gradient_accumulation_steps=how.accumulation,
        num_train_epochs=how.epochs,
        max_steps=-1 if how.max_steps is None else how.max_steps,
        learning_rate=how.learning_rate,
        lr_scheduler_type=how.schedule.value,
        warmup_steps=how.warmup_ratio,  # below 1 it is a share of all steps
        adam_beta1=how.beta1,
        adam_beta2=how.beta2,
        adam_epsilon=how.epsilon,
        weight_decay=how.weight_decay,
        max_grad_norm=how.max_grad_norm,
        # One kernel for all weights on a card; on a processor it gains nothing.
        optim="adamw_torch_fused" if device.type == "cuda" else "adamw_torch",
        seed=how.seed,
        bf16=compute is Compute.BF16,
        fp16=compute is Compute.FP16,
        use_cpu=device.type == "cpu",
        logging_strategy="no",
        logging_nan_inf_filter=False,  # a loss that is no number is said, and not smoothed over
        eval_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        log_level="error",
        log_level_replica="error",
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        push_to_hub=False,
        **more,
    )
    # Several cards are used by several processes alone, never by threads of one.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def allow_tf32(device: torch.device, wanted: bool) -> None:
    """Have a card multiply fp32 as tf32, if that is wanted and it can."""
    if device.type == "cuda":
        can = torch.cuda.get_device_capability(device) >= (8, 0)
        torch.set_float32_matmul_precision("high" if wanted and can else "highest")
