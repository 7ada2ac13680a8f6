"""The table of cards: what of a model runs on which of them, every number stated by hand.

What a form of a model needs, in GiB, with a KV cache for 4,096 tokens (2.0 of 7B, 3.125 of 13B):

    form of the weights                     7B      13B
    bf16                                    16.78   30.13
    8 bit                                   10.75   18.39
    4 bit (NF4)                              7.82   12.70
    4 bit, embedding on the host             6.87   11.50
    4 bit, the same, head in 8 bits          6.42   10.94

Each holds weights, KV cache, a prefill chunk (0.10 or 0.42), libraries (0.68) and recorded steps
(0.02); with a head in 8 bits what its product takes too (0.03). 256 tokens less are 0.13 GiB less
of 7B, and 0.22 of 13B.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import pytest

from backends.choice import memory, room, selection, spreading
from backends.choice.expected_speed import ReadBandwidth
from backends.choice.options import options, still_runs
from backends.choice.values import Model, Option, Verdict, Wishes
from backends.errors import InsufficientMemoryError
from backends.machine.cards.values import Gpu
from backends.machine.hardware import Machine
from backends.model_config import ModelConfig
from backends.phrases import Phrase
from backends.precision import BackendName, DeviceKind, Precision
from tests.helpers.choices import refusal
from tests.helpers.machines import BAICHUAN2_7B, BAICHUAN2_13B, GIB, machine

BF16, INT8, NF4, FP4 = Precision.BF16, Precision.INT8, Precision.NF4, Precision.FP4
SEVEN, THIRTEEN = BAICHUAN2_7B, BAICHUAN2_13B
NAMES = {4060: "NVIDIA GeForce RTX 4060", 4090: "NVIDIA GeForce RTX 4090"}


def gpu(
    gib: float,
    *,
    driver: float = 0.0,
    desktop: float = 0.0,
    others: float = 0.0,
    index: int = 0,
    name: str = "NVIDIA GeForce RTX 3060",
    is_mig: bool = False,
) -> Gpu:
    """A card of so many GiB, of which the driver, a desktop and other programs hold some."""
    free = gib - driver - desktop - others
    return Gpu(
        index,
        name,
        int(gib * GIB),
        int(free * GIB),
        (8, 6),
        "580.95.05",
        has_display=desktop > 0,
        reserved_bytes=int(driver * GIB),
        is_mig=is_mig,
    )


@dataclass(frozen=True)
class Case:
    """A machine, a model, and how it is to run there."""

    what: str
    config: ModelConfig
    cards: tuple[Gpu, ...]
    reserve: float  #: GiB of the card that runs it, which are to be left free
    precision: Precision
    form: str = ""  #: “e” embedding on the host, “h” head in 8 bits
    context: int = 4096
    host_layers: int = 0
    devices: tuple[str, ...] = ("cuda:0",)
    needs: float | None = None  #: GiB of the card; None: of several
    free_gib: float = 56.0  #: of the machine's memory


#: Cards without a display, of which the driver keeps 0.25 GiB.
HEADLESS = [
    # 5.75 free, 0.345 reserved: 5.405 for 6.42 less 1.13
    Case("6 GB", SEVEN, (gpu(6, driver=0.25),), 0.345, NF4, "eh", 1792, needs=5.28),
    Case("8 GB", SEVEN, (gpu(8, driver=0.25),), 0.465, NF4, "e", needs=6.87),
    Case("10 GB", SEVEN, (gpu(10, driver=0.25),), 0.585, NF4, needs=7.82),
    Case("12 GB", SEVEN, (gpu(12, driver=0.25),), 0.705, INT8, needs=10.75),
    Case("16 GB", SEVEN, (gpu(16, driver=0.25),), 0.75, INT8, needs=10.75),
    Case("24 GB", SEVEN, (gpu(24, driver=0.25),), 0.75, BF16, needs=16.78),
    Case("32 GB", SEVEN, (gpu(32, driver=0.25),), 0.75, BF16, needs=16.78),
    Case("48 GB", SEVEN, (gpu(48, driver=0.25),), 0.75, BF16, needs=16.78),
    Case("80 GB", SEVEN, (gpu(80, driver=0.25),), 0.75, BF16, needs=16.78),
    Case("10 GB", THIRTEEN, (gpu(10, driver=0.25),), 0.585, NF4, "eh", 1792, needs=9.00),
    Case("12 GB", THIRTEEN, (gpu(12, driver=0.25),), 0.705, NF4, "eh", needs=10.94),
    Case("16 GB", THIRTEEN, (gpu(16, driver=0.25),), 0.75, NF4, needs=12.70),
    Case("24 GB", THIRTEEN, (gpu(24, driver=0.25),), 0.75, INT8, needs=18.39),
    Case("32 GB", THIRTEEN, (gpu(32, driver=0.25),), 0.75, BF16, needs=30.13),
    Case("48 GB", THIRTEEN, (gpu(48, driver=0.25),), 0.75, BF16, needs=30.13),
    Case("80 GB", THIRTEEN, (gpu(80, driver=0.25),), 0.75, BF16, needs=30.13),
]

#: A desktop is drawn with the card: half a GiB at least is left to it beside what it has.
DESKTOPS = [
    # 5.15 free
    Case("6 GB, desktop", SEVEN, (gpu(6, driver=0.25, desktop=0.6),), 0.5, NF4, "eh", 512),
    # 7.15 free: 6.65 for 6.42, but not for 6.87
    Case("8 GB, desktop", SEVEN, (gpu(8, driver=0.25, desktop=0.6),), 0.5, NF4, "eh", needs=6.42),
    # 6.75 free: 6.25 for 6.42 less 0.25
    Case("8 GB, a busy one", SEVEN, (gpu(8, driver=0.25, desktop=1.0),), 0.5, NF4, "eh", 3584),
    Case("10 GB, desktop", SEVEN, (gpu(10, driver=0.25, desktop=0.6),), 0.549, NF4, needs=7.82),
    # 11.15 free: not for 10.75 and the reserve
    Case("12 GB, desktop", SEVEN, (gpu(12, driver=0.25, desktop=0.6),), 0.669, NF4, needs=7.82),
    Case("16 GB, desktop", SEVEN, (gpu(16, driver=0.25, desktop=0.6),), 0.75, INT8, needs=10.75),
    Case("24 GB, desktop", SEVEN, (gpu(24, driver=0.25, desktop=1.0),), 0.75, BF16, needs=16.78),
    # 11.15 free: 10.48 for 10.94 less 0.65
    Case("12 GB, desktop", THIRTEEN, (gpu(12, driver=0.25, desktop=0.6),), 0.669, NF4, "eh", 3328),
    Case("16 GB, desktop", THIRTEEN, (gpu(16, driver=0.25, desktop=0.6),), 0.75, NF4, needs=12.70),
    Case("24 GB, desktop", THIRTEEN, (gpu(24, driver=0.25, desktop=1.0),), 0.75, INT8, needs=18.39),
    # 30.55 free: 30.13 leave 0.34
    Case("32 GB, desktop", THIRTEEN, (gpu(32, driver=0.25, desktop=1.2),), 0.75, INT8, needs=18.39),
]

#: Other programs hold a part, or it is a part of a card.
SHARED = [
    # 11.75 free
    Case("24 GB, 12 in use", SEVEN, (gpu(24, driver=0.25, others=12),), 0.705, INT8, needs=10.75),
    Case("24 GB, 12 in use", THIRTEEN, (gpu(24, driver=0.25, others=12),), 0.705, NF4, "eh"),
    # 7.15 free
    Case("24 GB, 16.6 in use", SEVEN, (gpu(24, driver=0.25, others=16.6),), 0.429, NF4, "eh"),
    Case("80 GB, 62 in use", SEVEN, (gpu(80, others=62),), 0.75, BF16, needs=16.78),
    Case("MIG 1g.10gb", SEVEN, (gpu(9.75, is_mig=True),), 0.585, NF4, needs=7.82),
    Case("MIG 1g.10gb", THIRTEEN, (gpu(9.75, is_mig=True),), 0.585, NF4, "eh", 1792, needs=9.00),
    Case("MIG 2g.20gb", THIRTEEN, (gpu(19.5, is_mig=True),), 0.75, INT8, needs=18.39),
    Case("MIG 3g.40gb", THIRTEEN, (gpu(39.5, is_mig=True),), 0.75, BF16, needs=30.13),
    # 4.75 - 0.285 - 0.70 = 3.77, and a layer with its cache takes 0.16
    Case("MIG 1g.5gb", SEVEN, (gpu(4.75, is_mig=True),), 0.0, NF4, "e", host_layers=9),
]

#: Two cards: one of them alone first, then both, then in a shorter context, then the processor too.
TWO = [
    Case(
        "24 and 10 GB", THIRTEEN,
        (gpu(10, name=NAMES[4060]), gpu(24, name=NAMES[4090], index=1)),
        0.5, INT8, devices=("cuda:1",), needs=18.39,
    ),
    Case(
        "8 and 12 GB", THIRTEEN,
        (gpu(8, driver=0.25, name=NAMES[4060]), gpu(12, driver=0.25, index=1)),
        0.5, NF4, "eh", devices=("cuda:1",), needs=10.94,
    ),
    # Alone each would keep less than half of the context. 8 bit need 18.39 and a second library, of
    # the 16.5 that both have.
    Case(
        "8 and 9 GB", THIRTEEN,
        (gpu(8, driver=0.25, name=NAMES[4060]), gpu(9, driver=0.25, index=1)),
        0.5, NF4, devices=("cuda:1", "cuda:0"),
    ),
    # 6.18 and 3.85 for layers of 0.23: 26 and 14, if the head beside them takes no more than 0.6
    Case(
        "a desktop's 6 and 8 GB", THIRTEEN,
        (gpu(6, driver=0.25, desktop=0.3), gpu(8, driver=0.25, name=NAMES[4060], index=1)),
        0.5, NF4, "eh", devices=("cuda:1", "cuda:0"),
    ),
    # 4.41 of each for layers of 0.195, and the head of 0.60: 22 and 19; of 0.200 it were 21 and 18
    Case(
        "6 and 6 GB", THIRTEEN,
        (gpu(6, driver=0.25), gpu(6, driver=0.25, name=NAMES[4060], index=1)),
        0.0, NF4, "eh", 2304, devices=("cuda:0", "cuda:1"),
    ),
    Case(
        "6 and 4 GB", THIRTEEN,
        (gpu(6, driver=0.25), gpu(4, driver=0.25, name=NAMES[4060], index=1)),
        0.0, NF4, "eh", 512, devices=("cuda:0", "cuda:1"),
    ),
    # 3.77 and 2.80: 16 and 12; without a context for two of them
    Case(
        "5 and 4 GB", THIRTEEN,
        (gpu(5, driver=0.25), gpu(4, driver=0.25, name=NAMES[4060], index=1)),
        0.0, NF4, "e", host_layers=12, devices=("cuda:0", "cuda:1", "cpu"),
    ),
]  # fmt: skip

#: Layers leave the card last. Of 16 bit most would.
SPLIT = [
    Case("6 GB", THIRTEEN, (gpu(6, driver=0.25),), 0.0, NF4, "e", host_layers=20),
    Case("8 GB", THIRTEEN, (gpu(8, driver=0.25),), 0.0, NF4, "e", host_layers=12),
    # 3.75 - 0.25 - 0.70 = 2.80
    Case("4 GB", SEVEN, (gpu(4, driver=0.25),), 0.0, NF4, "e", host_layers=15),
]


def decided(case: Case) -> Option:
    facts = machine(*case.cards, free_gib=case.free_gib)
    return selection.choose(Model(case.config, 4096), facts).chosen


def named(case: Case) -> str:
    return f"{case.what}, {'7b' if case.config is SEVEN else '13b'}"


@pytest.mark.parametrize("case", [*HEADLESS, *DESKTOPS, *SHARED, *TWO, *SPLIT], ids=named)
def test_what_runs(case: Case) -> None:
    option = decided(case)
    layers = option.devices.layers
    form = "e" * option.devices.embedding_on_host + "h" * option.head_in_8_bits

    assert (option.precision, form, option.context_length) == (
        case.precision, case.form, case.context
    )  # fmt: skip
    assert layers.count("cpu") == case.host_layers
    used = tuple(dict.fromkeys(layers))
    assert used == case.devices or (case.host_layers and used == (*case.devices, "cpu"))


@pytest.mark.parametrize("case", [*HEADLESS, *DESKTOPS, *SHARED], ids=named)
def test_what_runs_on_one_card_leaves_its_reserve_there(case: Case) -> None:
    option = decided(case)
    if case.host_layers:
        return
    assert option.need is not None
    (card,) = case.cards
    left = card.free_memory_bytes - option.need.total

    assert option.verdict is Verdict.FITS
    assert left / GIB >= case.reserve - 0.01
    if case.needs is not None:
        assert option.need.total / GIB == pytest.approx(case.needs, abs=0.01)
    if case.context < 4096:  # 256 tokens more would not leave it
        scores = 512 * 4 * (case.config.num_heads if case.config.family.uses_alibi else 1)
        step = 256 * (memory.kv_bytes_per_token(case.config, case.precision) + scores)
        assert (left - step) / GIB < case.reserve


@pytest.mark.parametrize("precision", [INT8, NF4])
@pytest.mark.parametrize("config", [SEVEN, THIRTEEN])
def test_cards_together_are_passed_over_only_where_no_order_of_them_holds_all(
    config: ModelConfig, precision: Precision
) -> None:
    """Which of them has the embedding and which the head decides on a layer more or less."""
    model = Model(config, 4096, context_is_asked=True)
    count = 0
    for sizes in itertools.product((3.0, 4.1, 5.2, 6.3, 8.4, 16.5), (2.3, 2.9, 3.6, 4.4), (0, 2.6)):
        cards = [gpu(gib, index=index, name=str(index)) for index, gib in enumerate(sizes) if gib]
        facts = machine(*cards)
        cards.sort(key=lambda card: card.free_memory_bytes, reverse=True)
        found = spreading.together(model, facts, cards, precision)
        holds = any(
            _holds(config, precision, order) for order in itertools.permutations(cards, len(cards))
        )
        is_plain = found is not None and not (
            found.devices.embedding_on_host or found.head_in_8_bits
        )
        assert is_plain or not holds, sizes
        count += holds
    assert count


def _holds(config: ModelConfig, precision: Precision, cards: tuple[Gpu, ...]) -> bool:
    """Whether cards in this order hold a model as it is, each a layer of it at least."""
    layer = memory.layer_weight_bytes(config, precision)
    layer += memory.kv_bytes_per_token(config, precision) * 4096 // config.num_layers
    need = memory.needed(config, precision, 4096, prefill_chunk=512, library_bytes=700 * 2**20)
    facts = machine(*cards)
    free = [room.usable_bytes(facts, card) - need.activations - need.library for card in cards]
    free[0] -= memory.embedding_bytes(config, precision)
    free[-1] -= memory.last_weight_bytes(config, precision)
    layers = [one // layer for one in free]
    return min(layers) >= 1 and sum(layers) >= config.num_layers


# --- what a context that is asked for changes ---------------------------------------------


def asked(config: ModelConfig, tokens: int = 4096) -> Model:
    return Model(config, tokens, context_is_asked=True)


def test_a_shorter_context_is_said_where_nobody_asked_for_one() -> None:
    option = selection.choose(Model(SEVEN, 4096), machine(gpu(6, driver=0.25))).chosen

    assert str(option.sentence) == (
        "4-bit with the embedding in the machine's memory and an 8-bit head, in a context of 1,792 "
        "tokens instead of 4,096, needs 5.3 GiB on NVIDIA GeForce RTX 3060, and 5.8 GiB is free."
    )


def test_a_context_that_is_asked_for_is_kept_and_the_one_that_fits_is_offered() -> None:
    facts = machine(gpu(6, driver=0.25))

    decision = selection.choose(asked(SEVEN), facts)

    assert decision.chosen.device_kind is DeviceKind.SPREAD
    assert decision.chosen.context_length == 4096
    assert str(decision.reason).endswith(
        f"{decision.chosen.sentence} In a context of 1,792 tokens, 4-bit fits on NVIDIA GeForce "
        "RTX 3060."
    )
    offered = selection.choose(asked(SEVEN, 1792), facts).chosen
    assert (offered.verdict, offered.devices.single) == (Verdict.FITS, True)
    more = selection.choose(asked(SEVEN, 1792 + 256), facts).chosen
    assert more.verdict is not Verdict.FITS


@pytest.mark.parametrize(
    ("config", "card", "wishes", "tokens"),
    [
        (SEVEN, gpu(6, driver=0.25), Wishes(NF4, "cuda"), 1792),
        (SEVEN, gpu(10.6, driver=0.25), Wishes(INT8, "cuda"), 1792),  # 10.75 less 1.13, of 9.73
        (THIRTEEN, gpu(10, driver=0.25), Wishes(wanted_device="cuda"), 1792),
    ],
)
def test_an_error_names_the_context_that_fits_and_its_hint_says_to_choose_it(
    config: ModelConfig, card: Gpu, wishes: Wishes, tokens: int
) -> None:
    with pytest.raises(InsufficientMemoryError) as caught:
        selection.choose(asked(config), machine(card, free_gib=2.4), wishes)

    assert caught.value.message.endswith(f"free: a context of {tokens:,} tokens would fit.")
    assert str(caught.value.hint).startswith("Choose that context length")
    offered = asked(config, tokens)
    assert selection.choose(offered, machine(card, free_gib=2.4), wishes).chosen.verdict.runs


def test_no_context_is_offered_where_none_fits() -> None:
    with pytest.raises(InsufficientMemoryError) as caught:
        selection.choose(asked(THIRTEEN), machine(gpu(8), free_gib=3))

    assert "would fit" not in caught.value.message
    assert str(caught.value.hint).startswith("Close other programs")


def test_with_a_context_that_is_asked_for_two_cards_go_before_none() -> None:
    facts = machine(gpu(10.5, driver=0.25), gpu(10.5, driver=0.25, index=1))

    assert selection.choose(Model(THIRTEEN, 4096), facts).chosen.context_length == 2304
    option = selection.choose(asked(THIRTEEN), facts).chosen

    assert set(option.devices.layers) == {"cuda:0", "cuda:1"}
    assert (option.precision, option.context_length) == (NF4, 4096)


# --- where the machine's memory counts too ------------------------------------------------


def test_an_embedding_goes_to_the_host_only_where_that_has_room_for_it() -> None:
    facts = machine(gpu(8, driver=0.25), free_gib=1.2)  # 0.96 of it, and the libraries 0.39

    option = selection.choose(Model(SEVEN, 4096), facts).chosen

    assert (option.devices.embedding_on_host, option.head_in_8_bits) == (False, True)
    assert option.context_length == 3840  # 7.35 less 0.13, of 7.29
    roomy = selection.choose(Model(SEVEN, 4096), replace(facts, free_memory_bytes=2 * GIB)).chosen
    assert roomy.devices.embedding_on_host
    assert roomy.host_bytes == 125_696 * 4096 * 2 + memory.CPU_LIBRARY_BYTES
    assert not still_runs(roomy, Model(SEVEN, 4096), facts)


def unified(gib: float, free: float) -> Machine:
    """A machine whose card has no memory of its own: of `gib`, so much is `free`."""
    shared = replace(gpu(gib, others=gib - free, name="NVIDIA GB10"), is_unified=True)
    return machine(shared, free_gib=free)


@pytest.mark.parametrize(
    ("config", "free", "expected"),
    [
        (SEVEN, 119.0, (BF16, False, 4096)),
        (THIRTEEN, 119.0, (BF16, False, 4096)),
        (SEVEN, 18.0, (BF16, False, 4096)),  # 16.78 and 0.39 of the process, 0.75 left
        (SEVEN, 17.8, (INT8, False, 4096)),
        (SEVEN, 8.85, (NF4, False, 4096)),  # 7.82, 0.39 and 0.53
        (SEVEN, 8.65, (NF4, True, 4096)),  # a head in 8 bits helps: 0.48 less
        (SEVEN, 8.0, (NF4, True, 3584)),  # 7.74 less 0.25, and 0.48
    ],
)
def test_a_card_without_memory_of_its_own_holds_both_and_no_embedding_elsewhere(
    config: ModelConfig, free: float, expected: tuple[Precision, bool, int]
) -> None:
    facts = unified(128.0, free)

    option = selection.choose(Model(config, 4096), facts).chosen

    assert (option.precision, option.head_in_8_bits, option.context_length) == expected
    for one in options(Model(config, 4096), facts):
        assert not one.devices.embedding_on_host
        assert one.devices.single  # what the card lacks, the machine has not either


def test_what_is_free_of_a_shared_memory_is_what_the_machine_says() -> None:
    """A limit of this process, or a driver that counts what others may give back."""
    facts = replace(unified(128.0, 119.0), free_memory_bytes=12 * GIB)

    assert selection.choose(Model(SEVEN, 4096), facts).chosen.precision is INT8


# --- layers that the processor computes ---------------------------------------------------


def test_a_split_says_how_fast_it_will_be_and_what_that_rests_on() -> None:
    """13B in 4 bits on 8 GB: 28 layers at 250 GB/s, 12 and the head at 30 GB/s.

    A layer: 315.2e6 weights of 0.516 bytes and 512 tokens of 20 KiB are 173.1e6 bytes; on this
    processor each weight is written and read again in 16 bit, 1,261e6 more. The head: 1,287e6.
    28 x 173.1e6 / 250e9 + (12 x 1434e6 + 1287e6) / 30e9 = 0.019 + 0.617 s.
    """
    option = selection.choose(Model(THIRTEEN, 4096), machine(gpu(8, driver=0.25))).chosen

    assert str(option.sentence) == (
        "4-bit runs on NVIDIA GeForce RTX 3060 with 12 of 40 layers in the machine's memory, at "
        "about 1.6 tokens/s if that is "
        "read at 30 GB/s."
    )


def test_a_bandwidth_that_was_measured_is_taken_and_named() -> None:
    measured = [
        ReadBandwidth(DeviceKind.CPU, "AMD Ryzen 7 5800X 8-Core Processor", 60e9),
        ReadBandwidth(DeviceKind.CUDA, "NVIDIA GeForce RTX 3060", 330e9),
    ]
    model = Model(THIRTEEN, 4096, bandwidths=measured)

    option = selection.choose(model, machine(gpu(8, driver=0.25))).chosen

    assert str(option.sentence) == (
        "4-bit runs on NVIDIA GeForce RTX 3060 with 12 of 40 layers in the machine's memory, at "
        "about 3.1 tokens/s by the 60 "
        "GB/s at which that was read here."
    )


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (0.3e9, "about 0.016 tokens/s by the 0.3 GB/s"),  # 18.5e9 bytes, while it swapped
        (2.4e9, "about 0.13 tokens/s by the 2.4 GB/s"),
        (9.97e9, "about 0.53 tokens/s by the 10 GB/s"),
        (20e9, "about 1.1 tokens/s by the 20 GB/s"),
        (1.0, "about 0.01 tokens/s by the 0.01 GB/s"),  # and less
        (1e15, "tokens/s by the 1,000,000 GB/s"),
    ],
)
def test_a_speed_and_a_rate_are_never_shown_as_zero(rate: float, said: str) -> None:
    measured = [ReadBandwidth(DeviceKind.CPU, "AMD Ryzen 7 5800X 8-Core Processor", rate)]
    model = Model(THIRTEEN, 4096, bandwidths=measured)

    sentence = str(selection.choose(model, machine(gpu(8, driver=0.25))).chosen.sentence)

    assert said in sentence


def test_a_bandwidth_of_another_machine_says_nothing_of_this_one() -> None:
    """The file of measurements lay on a stick."""
    measured = [
        ReadBandwidth(DeviceKind.CPU, "Intel Core i3", 10e9),
        ReadBandwidth(DeviceKind.CUDA, NAMES[4090], 1e9),
    ]
    facts = machine(gpu(8, driver=0.25))

    option = selection.choose(Model(THIRTEEN, 4096, bandwidths=measured), facts).chosen

    assert option == selection.choose(Model(THIRTEEN, 4096), facts).chosen


def test_of_two_cards_that_were_measured_the_slower_one_counts() -> None:
    names = {"NVIDIA GeForce RTX 3060": 20e9, NAMES[4060]: 1000e9}
    measured = [ReadBandwidth(DeviceKind.CUDA, name, rate) for name, rate in names.items()]
    facts = machine(gpu(6, driver=0.25), gpu(4, driver=0.25, name=NAMES[4060], index=1), bf16=True)

    def said(bandwidths: list[ReadBandwidth]) -> str:
        model = replace(asked(THIRTEEN), bandwidths=bandwidths)
        return str(selection.choose(model, facts).chosen.sentence)

    # 32 x 173.1e6 bytes at 20 GB/s are 0.277 s; 8 of them and the head at 30 GB/s 0.089 s
    assert "at about 2.7 tokens/s" in said(measured)
    assert said(measured) == said(measured[::-1])


def test_a_processor_that_multiplies_packed_weights_moves_fewer_bytes() -> None:
    """12 x 173.1e6 + 1287e6 bytes at 30 GB/s, and 0.019 s on the card."""
    facts = machine(gpu(8, driver=0.25), bf16=True)

    option = selection.choose(Model(THIRTEEN, 4096), facts).chosen

    assert "at about 7.6 tokens/s" in str(option.sentence)


def test_16_bits_go_first_where_they_leave_no_more_than_half_of_the_layers() -> None:
    """Of bitsandbytes there is nothing, or a person's 16 bits are all that is wanted."""
    facts = machine(gpu(8, driver=0.25), libraries={"torch": "2.11.0"})
    few = selection.choose(Model(SEVEN, 4096), facts).chosen

    assert few.precision is BF16
    splits = [
        o.precision
        for o in options(asked(THIRTEEN), machine(gpu(8, driver=0.25)))
        if o.device_kind is DeviceKind.SPREAD
    ]
    assert splits == [NF4, INT8, BF16]
    splits = [
        o.precision
        for o in options(asked(SEVEN, 4096), machine(gpu(6, driver=0.25)))
        if o.device_kind is DeviceKind.SPREAD
    ]
    assert splits == [NF4, INT8, BF16]  # 21 of 32 layers of 16 bits


def test_a_precision_that_the_processor_computes_wrongly_is_not_split() -> None:
    facts = machine(gpu(8, driver=0.25))
    wrong = replace(facts, refused={NF4: Phrase("It is wrong.")})

    option = selection.choose(Model(THIRTEEN, 4096), wrong).chosen

    assert option.device_kind is DeviceKind.SPREAD
    assert option.precision is not NF4


@pytest.mark.parametrize("stored", [INT8, NF4])
def test_files_that_are_stored_quantised_have_every_form_too(stored: Precision) -> None:
    cards = (gpu(12, driver=0.25), gpu(12, driver=0.25, index=1))
    model = Model(THIRTEEN, 4096, stored)

    option = selection.choose(model, machine(*cards)).chosen

    assert option.precision is stored
    if stored is NF4:
        assert (option.devices.layers[0], option.head_in_8_bits) == ("cuda:0", True)
    else:
        assert set(option.devices.layers) == {"cuda:0", "cuda:1"}


@pytest.mark.parametrize(
    ("card", "overhead", "is_asked"),
    [
        (gpu(6, driver=0.25), 2.5, False),  # not at any context
        (gpu(8, driver=0.25), 1.2, True),  # 6.42 + 0.52 just fit, and would not leave the reserve
        (gpu(12, driver=0.25, desktop=4), 3.0, False),
    ],
)
@pytest.mark.parametrize("wanted", [None, "cuda", "cuda:0"])
def test_what_was_measured_of_nf4_makes_no_way_for_fp4_unless_it_is_asked_for(
    card: Gpu, overhead: float, is_asked: bool, wanted: str | None
) -> None:
    """It takes as much, and nobody has measured it yet: it would only seem to fit."""
    weights = memory.weight_bytes(SEVEN, NF4)
    peak = memory.MeasuredPeak(
        BackendName.BITSANDBYTES,
        NF4,
        DeviceKind.CUDA,
        weights + int(overhead * GIB),
        weights,
        card.name,
    )
    model = Model(SEVEN, 4096, measured=[peak], context_is_asked=is_asked)
    facts = machine(card)
    assert any(o.precision is FP4 and o.verdict is Verdict.FITS for o in options(model, facts))

    try:
        chosen = selection.choose(model, facts, Wishes(wanted_device=wanted)).chosen.precision
    except InsufficientMemoryError:
        chosen = None

    assert chosen is not FP4
    assert selection.choose(model, facts, Wishes(FP4)).chosen.precision is FP4
    assert selection.choose(replace(model, stored=FP4), facts).chosen.precision is FP4


# --- what is told apart for a person ------------------------------------------------------


@pytest.mark.parametrize("config", [SEVEN, THIRTEEN])
@pytest.mark.parametrize(
    "cards",
    [
        (gpu(6),), (gpu(8),), (gpu(12),), (gpu(24),),
        (gpu(8), gpu(12, index=1)), (gpu(8), gpu(9, index=1)), (gpu(24), gpu(24, index=1)),
    ],
)  # fmt: skip
def test_a_precision_and_a_device_name_one_way_and_asking_for_both_gives_it(
    config: ModelConfig, cards: tuple[Gpu, ...]
) -> None:
    model, facts = Model(config, 4096), machine(*cards)
    every = options(model, facts)

    ways = selection.told_apart(every)

    names = [(way.precision, way.device, way.device_kind) for way in ways]
    assert len(set(names)) == len(names)
    assert selection.choose(model, facts).chosen in ways
    for way in ways:
        wishes = Wishes(way.precision, way.device)
        if way.verdict.runs:
            assert selection.choose(model, facts, wishes).chosen == way
        elif way.device is not None:
            assert refusal(model, facts, wishes, InsufficientMemoryError) == str(way.sentence)


# --- what holds for every machine ---------------------------------------------------------

SIZES = (4, 6, 8, 9, 10, 12, 16, 24)
MACHINES = [
    machine(*cards, free_gib=free_gib)
    for free_gib in (1.0, 8.0, 56.0)
    for cards in (
        *((gpu(gib, driver=0.25),) for gib in SIZES),
        *((gpu(gib, driver=0.25, desktop=0.6),) for gib in SIZES),
        *(
            (gpu(one, driver=0.25), gpu(two, driver=0.25, index=1, name=NAMES[4090]))
            for one in SIZES
            for two in SIZES[::2]
        ),
        tuple(gpu(8, driver=0.25, index=index) for index in range(4)),
    )
]


@pytest.mark.parametrize("is_asked", [False, True])
@pytest.mark.parametrize("stored", [None, INT8, NF4])
@pytest.mark.parametrize("config", [SEVEN, THIRTEEN])
def test_what_is_offered_fits_every_device_that_it_lies_on(
    config: ModelConfig, stored: Precision | None, is_asked: bool
) -> None:
    model = Model(config, 4096, stored, context_is_asked=is_asked)
    kinds = set()
    for facts in MACHINES:
        free = {card.device: card.free_memory_bytes for card in facts.gpus}
        for option in options(model, facts):
            if not option.verdict.runs:
                continue
            layers = option.devices.layers
            kinds.add((option.device_kind, len(set(layers))))
            assert option.host_bytes <= facts.free_memory_bytes
            assert option.context_length == 4096 or not is_asked
            assert option.context_length >= 512
            assert option.fitting_context is None
            assert not option.head_in_8_bits or model.may_be_compact(option.precision)
            layer = memory.layer_weight_bytes(config, option.precision)
            layer += (
                memory.kv_bytes_per_token(config, option.precision)
                * option.context_length
                // config.num_layers
            )
            last = memory.last_weight_bytes(
                config, option.precision, head_in_8_bits=option.head_in_8_bits
            )
            beside = dict.fromkeys(free, 700 * 2**20)  # each card has its libraries
            beside[option.devices.first] = beside.get(option.devices.first, 0)
            beside[option.devices.first] += memory.embedding_bytes(config, option.precision)
            beside[option.devices.last] = beside.get(option.devices.last, 0) + last
            for device in set(layers) & free.keys():
                held = layers.count(device) * layer + beside[device]
                assert held < free[device]
                if option.verdict is Verdict.FITS:
                    assert held < free[device] - 256 * 2**20
    several = {count for kind, count in kinds if kind is DeviceKind.CUDA}
    assert {1, 2} <= several
    assert any(kind is DeviceKind.SPREAD for kind, _ in kinds)


@pytest.mark.parametrize("config", [SEVEN, THIRTEEN])
def test_no_layer_leaves_the_cards_while_anything_runs_on_them(config: ModelConfig) -> None:
    counts = {True: 0, False: 0}
    for facts in MACHINES:
        for model in (Model(config, 4096), Model(config, 4096, context_is_asked=True)):
            try:
                decision = selection.choose(model, facts)
            except InsufficientMemoryError:
                continue
            on_cards = [
                o for o in decision.options if o.device_kind is DeviceKind.CUDA and o.verdict.runs
            ]
            is_on_cards = decision.chosen.device_kind is DeviceKind.CUDA
            assert is_on_cards is bool(on_cards)
            counts[is_on_cards] += 1
            roomy = [o for o in on_cards if o.verdict is Verdict.FITS]
            if roomy:
                assert decision.chosen == roomy[0]
    assert min(counts.values()) > 5
