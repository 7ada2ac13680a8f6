"""The same modules as a transformers `PreTrainedModel`: for PEFT, Trainer and `generate`.

    model = AutoModelForCausalLM.from_pretrained(folder)

The app itself loads checkpoints by `modeling.weights.load_model` and does not import transformers
(three seconds of every start). Nothing of a checkpoint is executed: the class is ours,
`trust_remote_code` plays no part.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Cache, DynamicCache, GenerationMixin, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

from ..checkpoint.folder import Checkpoint
from ..model_config import Family, ModelConfig
from ..modeling.baichuan import BaichuanModel, RMSNorm
from ..modeling.positions import Positions
from .cache import CacheWriter
from .config import BaichuanConfig
from .folders.adapters import add_adapter
from .folders.loading import LoadPlan, plan_load
from .folders.saving import add_side_files
from .heads import LiveNormHead, as_norm_head, live_head
from .loss import LossTerms, next_labels, token_loss
from .positions import batch_positions
from .text.chatting import Chats


class BaichuanForCausalLM(Chats, PreTrainedModel, GenerationMixin):
    """Baichuan for transformers. Names of tensors are the released ones."""

    config_class = BaichuanConfig
    base_model_prefix = "model"
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _no_split_modules = ["DecoderLayer"]  # noqa: RUF012  transformers has attributes here
    _skip_keys_device_placement = ["past_key_values"]  # noqa: RUF012
    _keys_to_ignore_on_load_unexpected = [r"self_attn\.rotary_emb\.inv_freq"]  # noqa: RUF012

    #: Set by transformers while gradient checkpointing is on.
    _gradient_checkpointing_func: Callable[..., Tensor]

    def __init__(self, config: BaichuanConfig) -> None:
        super().__init__(config)
        shapes = config.shapes
        self.model = BaichuanModel(shapes)
        self.lm_head = live_head(shapes)
        self.gradient_checkpointing = False
        self._source: Path | None = None  # the folder that it was loaded from
        self._is_placed = False  # by a device_map
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        """As published: normal with `initializer_range`, norms one."""
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=getattr(self.config, "initializer_range", 0.02))
        elif isinstance(module, RMSNorm):
            nn.init.ones_(module.weight)

    def get_input_embeddings(self) -> nn.Module:
        embedding: nn.Module = self.model.embed_tokens
        return embedding

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.model.set_submodule("embed_tokens", value)

    def get_output_embeddings(self) -> nn.Module:
        head: nn.Module = self.lm_head
        return head

    def set_output_embeddings(self, new_embeddings: nn.Linear) -> None:
        """Take a head; the rows of Baichuan 2's are normalised, whoever made it."""
        if isinstance(self.lm_head, LiveNormHead) and type(new_embeddings) is nn.Linear:
            new_embeddings = as_norm_head(new_embeddings)
        self.lm_head = new_embeddings

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | os.PathLike[str] | None,
        *model_args: Any,
        config: BaichuanConfig | str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """The model of a folder, with the arguments of transformers.

        The folder is checked as the app checks it before memory is taken; it may be quantised in
        any layout that the app runs. Weights come in the dtype that config.json states, unless
        `dtype` (or `torch_dtype`) names another. Arguments that say where a model is downloaded
        from, or whether its code is trusted, have no effect: nothing of either is done.

        Raises CheckpointError, PolicyError, ValueError.
        """
        if pretrained_model_name_or_path is None:  # with a `state_dict`
            return super().from_pretrained(None, *model_args, config=config, **kwargs)
        if kwargs.pop("state_dict", None) is not None:
            raise ValueError("Give either a folder or a state_dict, whose folder is then None.")
        wants_info = kwargs.pop("output_loading_info", False)
        adapter: str | None = (kwargs.pop("adapter_kwargs", None) or {}).get("_adapter_model_path")
        adapter_name = kwargs.pop("adapter_name", "default")
        plan = plan_load(pretrained_model_name_or_path, config, kwargs)
        loaded: Any = super().from_pretrained(
            None,
            *model_args,
            config=plan.config,
            state_dict=plan.state,
            output_loading_info=True,
            **plan.arguments,
        )
        model, info = loaded
        if lacking := {*info["missing_keys"], *info["mismatched_keys"]}:
            raise ValueError(
                f"“{plan.checkpoint.folder}” holds nothing for {len(lacking)} tensors of the model "
                f"that these arguments describe, “{min(map(str, lacking))}” among them."
            )
        model._finish_loading(plan)
        if adapter is not None:  # AutoModelForCausalLM was given its folder
            add_adapter(model, adapter, adapter_name, plan.checkpoint)
        return (model, info) if wants_info else model

    def _finish_loading(self, plan: LoadPlan) -> None:
        self.name_or_path = self.config._name_or_path = str(plan.checkpoint.folder)
        self._source = plan.checkpoint.folder
        self._is_placed = plan.arguments.get("device_map") is not None
        if plan.generation is not None:
            self.generation_config = plan.generation
        if getattr(self, "is_quantized", False):
            from . import low_bits  # imports bitsandbytes: only where it is needed

            low_bits.take_right_ways(self)

    def quantize(self, bits: int) -> BaichuanForCausalLM:
        """Quantise the matrices of all layers in 8 or 4 bits, in place; the same model.

        On the device where they lie; `.cuda()` may follow. Raises ValueError.
        """
        if bits not in (4, 8):
            raise ValueError(f"quantize takes 8 or 4 bits, not {bits}.")
        if self._is_placed:
            raise ValueError(
                "The model was loaded with a device_map, with which it cannot be quantised any "
                "more: load it without one, or with load_in_8bit or load_in_4bit."
            )
        if getattr(self.config, "quantization_config", None) is not None:
            raise ValueError("The model is quantised already.")
        from . import low_bits  # imports bitsandbytes: only where it is needed

        shapes = self.model.config
        names = [
            f"model.layers.{layer}.{matrix}"
            for layer in range(shapes.num_layers)
            for matrix in shapes.layer_matrices()
        ]
        self.config.quantization_config = low_bits.quantize_layers(self, names, bits)
        low_bits.take_right_ways(self)
        self.is_quantized = True
        # PEFT asks these; `quantization_method`, by which transformers forbids `.cuda()`, is unset.
        self.is_loaded_in_8bit, self.is_loaded_in_4bit = bits == 8, bits == 4
        return self

    def load_adapter(
        self,
        peft_model_id: str | os.PathLike[str] | None = None,
        adapter_name: str | None = None,
        *inputs: Any,
        **kwargs: Any,
    ) -> Any:
        """Add the adapter of a folder beside those that are there, checked as the app checks it.

        With a name that is no folder, or a `peft_config` of the caller, transformers does what it
        always does. Raises AdapterError, PolicyError, ValueError.
        """
        if self._source is None or peft_model_id is None or not Path(peft_model_id).is_dir():
            named = None if peft_model_id is None else os.fspath(peft_model_id)
            return super().load_adapter(named, adapter_name, *inputs, **kwargs)
        name = adapter_name or "default"
        if name in getattr(self, "peft_config", {}):
            raise ValueError(f"The model has an adapter that is called “{name}” already.")
        add_adapter(self, peft_model_id, name, Checkpoint.open(self._source))
        return None

    def _check_and_adjust_attn_implementation(
        self, attn_implementation: str | None, *_: Any, **__: Any
    ) -> str:
        """The attention of torch, whichever of its names is asked for.

        Raises ValueError for any other: a name may be that of code on the hub, which transformers
        fetches and runs where a config.json says so.
        """
        if attn_implementation not in (None, "eager", "sdpa"):
            raise ValueError(
                f"Attention is computed by torch (“sdpa”), and not by “{attn_implementation}”."
            )
        return "sdpa"

    def load_custom_generate(self, *_: Any, **__: Any) -> Any:
        """Raise ValueError: it would run a Python file of a folder, or of the hub."""
        raise ValueError("Ways to generate that are Python files of a folder are not run.")

    def save_pretrained(  # type: ignore[override]  # the arguments are those of transformers
        self,
        save_directory: str | os.PathLike[str],
        is_main_process: bool = True,
        **kwargs: Any,
    ) -> None:
        """Save a folder that the app opens too: released names, the source's tokenizer, licences.

        `architectures` and `model_type` stay as they were; a note says what was changed. Raises
        JobError if the source's small files cannot be read, once the weights are saved.
        """
        if kwargs.get("push_to_hub"):
            raise ValueError("Nothing is uploaded from here: save the folder, and upload that.")
        architectures = self.config.architectures or [_released_class(self.model.config)]
        # The names were never converted, and parts of 8 and 4 bits cannot be converted back.
        kwargs.setdefault("save_original_format", False)
        super().save_pretrained(save_directory, is_main_process=is_main_process, **kwargs)
        self.config.architectures = architectures
        if not is_main_process or getattr(self, "_hf_peft_config_loaded", False):
            return
        self.config.save_pretrained(save_directory)
        if self._source is not None:
            options = {"save_pretrained": str(self.dtype).removeprefix("torch.")}
            add_side_files(self._source, Path(save_directory), options)

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
        logits_to_keep: int | Tensor = 0,
        with_logits: bool | None = None,
        num_items_in_batch: Tensor | int | None = None,
        num_positions_in_batch: Tensor | int | None = None,
        shift_labels: Tensor | None = None,
        **_: Any,
    ) -> CausalLMOutputWithPast | tuple[Any, ...]:
        """Logits [B, T, V] of ids [B, T], and the loss of the next tokens if `labels` are given.

        Positions with the label -100 count nothing. In training, where there are labels, the loss
        is computed without the logits of the whole batch, and `logits` are None, unless
        `with_logits` is true; with False they are None elsewhere too. `num_items_in_batch` is how
        many labels of all batches of a step are learnt, and `num_positions_in_batch` how many
        positions they have that are followed by one: see `LossTerms`. `shift_labels` are labels in
        the places that shall give them.

        `attention_mask` [B, all tokens] is 0 at pads, which may stand on either side. Hidden states
        are the embedding's and those after each layer, the last of them after the final norm.
        Raises ValueError.
        """
        if output_attentions:
            raise ValueError("Baichuan computes no attention weights that could be given out.")
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("Give either input_ids or inputs_embeds.")
        hidden = self.model.embed_tokens(input_ids) if inputs_embeds is None else inputs_embeds
        cache = self._cache(past_key_values, use_cache)
        if output_hidden_states is None:
            output_hidden_states = bool(self.config.output_hidden_states)
        states = [hidden] if output_hidden_states else None
        hidden = self._layers(hidden, attention_mask, position_ids, cache, states)
        loss = None
        if shift_labels is None and labels is not None:
            shift_labels = next_labels(labels)
        if shift_labels is not None:
            loss = self._loss(hidden, shift_labels, num_items_in_batch, num_positions_in_batch)
        if with_logits is None:
            with_logits = loss is None or not (self.training and torch.is_grad_enabled())
        logits = None
        if with_logits:
            is_count = isinstance(logits_to_keep, int)
            kept = slice(-logits_to_keep, None) if is_count else logits_to_keep
            logits = self.lm_head(hidden[:, kept])
        output = CausalLMOutputWithPast(
            loss=loss,
            logits=logits,
            past_key_values=cache,
            hidden_states=None if states is None else tuple(states),
        )
        wants_dict = self.config.return_dict if return_dict is None else return_dict
        return output if wants_dict else output.to_tuple()

    def _cache(self, given: Cache | None, use_cache: bool | None) -> Cache | None:
        """The cache that a pass reads and writes; None for none."""
        if self._recomputes():
            return None  # layers that are computed again would append again
        if use_cache is None:
            use_cache = given is not None or (
                not self.training and bool(getattr(self.config, "use_cache", True))
            )
        if not use_cache:
            return given
        return DynamicCache(config=self.config) if given is None else given

    def _layers(
        self,
        hidden: Tensor,
        mask: Tensor | None,
        position_ids: Tensor | None,
        cache: Cache | None,
        states: list[Tensor] | None,
    ) -> Tensor:
        """Embeddings [B, T, H] to what the head reads; each state is appended to `states`."""
        writer = None if cache is None else CacheWriter(cache)
        start, count = 0 if writer is None else writer.length, hidden.shape[1]
        positions: dict[torch.device, Positions] = {}
        for layer in self.model.layers:
            # Layers may be spread over devices; on one device `to` does nothing.
            device = _device_of(layer)
            hidden = hidden.to(device)
            if device not in positions:
                positions[device] = batch_positions(
                    self.model.config, mask, position_ids, start=start, count=count, device=device
                )
            hidden = self._through(layer, hidden, positions[device], writer)
            if states is not None:
                states.append(hidden)
        normed: Tensor = self.model.norm(hidden)
        if states is not None:
            states[-1] = normed
        return normed

    def _through(
        self, layer: nn.Module, hidden: Tensor, positions: Positions, writer: CacheWriter | None
    ) -> Tensor:
        if self._recomputes():
            return self._gradient_checkpointing_func(layer.__call__, hidden, positions, None)
        result: Tensor = layer(hidden, positions, writer)
        return result

    def _recomputes(self) -> bool:
        """Whether layers forget what they computed; not in answers between steps of training."""
        return self.gradient_checkpointing and self.training and torch.is_grad_enabled()

    def _loss(
        self,
        hidden: Tensor,
        shifted: Tensor,
        items: Tensor | int | None,
        positions: Tensor | int | None,
    ) -> Tensor:
        """Cross entropy of the next tokens; with `z_loss_weight` in the config, as published."""
        weight = getattr(self.config, "z_loss_weight", None) or 0.0
        return token_loss(
            hidden,
            shifted,
            _head_of_a_pass(self.lm_head),
            self.config.vocab_size,
            LossTerms(items, positions, weight),
        )


def _head_of_a_pass(head: nn.Module) -> Callable[[Tensor], Tensor]:
    """The output head for all parts of a pass."""
    # What is hooked in, as accelerate does to place weights, is done only where it is called.
    if not isinstance(head, LiveNormHead) or "forward" in vars(head) or head._forward_pre_hooks:
        return head
    return head.of_a_pass()


def _released_class(shapes: ModelConfig) -> str:
    """The class that a released config.json names."""
    is_first = shapes.family is Family.BAICHUAN_7B
    return "BaiChuanForCausalLM" if is_first else "BaichuanForCausalLM"


def _device_of(layer: nn.Module) -> torch.device:
    """Where a layer computes; accelerate may bring its weights there only for the pass."""
    device = next(layer.parameters()).device
    if device.type != "meta":
        return device
    hooks = (getattr(module, "_hf_hook", None) for module in layer.modules())
    named = (getattr(hook, "execution_device", None) for hook in hooks)
    return torch.device(next(device for device in named if device is not None))
