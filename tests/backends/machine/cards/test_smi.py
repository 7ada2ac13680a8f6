"""What is made of what nvidia-smi prints: its table, its long report, its list of names."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from backends.machine.cards import smi
from backends.machine.cards.smi import parse_table, with_details
from backends.machine.cards.values import Listed, Listing, Memory

MIB = 2**20

#: As `--query-gpu=index,uuid,name,memory.total,memory.free,compute_cap,driver_version` prints it.
THREE = """\
0, GPU-11111111-aaaa-bbbb-cccc-000000000000, NVIDIA GeForce RTX 4090, 24564, 24111, 8.9, 570.133.20
1, GPU-12222222-aaaa-bbbb-cccc-000000000001, NVIDIA GeForce GTX 1080 Ti, 11264, 11002, 6.1, 570.133.20
2, GPU-33333333-aaaa-bbbb-cccc-000000000002, NVIDIA H100 80GB HBM3, 81559, 81008, 9.0, 570.133.20
"""  # noqa: E501  rows as they are
GB10 = "0, GPU-2dee1e25-b3b5-007e-2b55-79f2d0f2ebe5, NVIDIA GB10, [N/A], [N/A], 12.1, 580.95.05\n"


def test_every_card_is_read() -> None:
    found = parse_table(THREE)

    assert found.driver == "570.133.20"
    assert found.cards[1] == Listed(
        1,
        "GPU-12222222-aaaa-bbbb-cccc-000000000001",
        "NVIDIA GeForce GTX 1080 Ti",
        Memory(11264 * MIB, 11002 * MIB),
        (6, 1),
    )
    assert [card.compute_capability for card in found.cards] == [(8, 9), (6, 1), (9, 0)]


@pytest.mark.parametrize("column", ["11264", "11002", "6.1"])
@pytest.mark.parametrize("word", ["[N/A]", "[Not Supported]", "[Unknown Error]", "[GPU is lost]"])
def test_a_card_that_the_driver_lost_leaves_the_others(column: str, word: str) -> None:
    found = parse_table(THREE.replace(column, word))

    assert [card.is_usable for card in found.cards] == [True, False, True]
    assert [card.number for card in found.cards] == [0, 1, 2]


@pytest.mark.parametrize("word", ["[Unknown Error]", "[GPU is lost]", "[Insufficient Permissions]"])
def test_a_card_that_is_lost_whole_shares_no_memory(word: str) -> None:
    found = parse_table(THREE.replace("11264", word).replace("11002", word))

    assert not found.cards[1].is_unified
    assert not found.cards[1].is_usable


@pytest.mark.parametrize("word", ["[N/A]", "N/A", "[Not Supported]"])
def test_a_chip_that_tells_no_memory_shares_the_machines(word: str) -> None:
    (card,) = parse_table(GB10.replace("[N/A]", word)).cards

    assert card.is_unified
    assert card.is_usable


@pytest.mark.parametrize(
    "name",
    [
        "NVIDIA RTX A4000, Laptop",
        "A, B, C, 12, 8.6",
        "英伟达，显卡",
        "NVIDIA\nRTX A4000",
        "Card,",
        ",",
    ],
)
def test_a_name_may_hold_commas_and_lines(name: str) -> None:
    found = parse_table(THREE.replace("NVIDIA GeForce GTX 1080 Ti", name))

    assert [card.number for card in found.cards] == [0, 1, 2]
    assert [card.is_usable for card in found.cards] == [True, True, True]
    assert (found.cards[1].name, found.cards[1].memory) == (
        name,
        Memory(11264 * MIB, 11002 * MIB),
    )


@pytest.mark.parametrize("line", ["1, [GPU is lost]", "1", "Unable to determine the device", ""])
def test_a_line_that_is_no_row_leaves_the_others(line: str) -> None:
    first, _, last = THREE.splitlines()

    found = parse_table("\r\n".join((first, line, last)))

    assert [(card.number, card.name) for card in found.cards] == [
        (0, "NVIDIA GeForce RTX 4090"),
        (2, "NVIDIA H100 80GB HBM3"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "No devices were found\n",
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure "  # noqa: E501  a line as it is
            "that the latest NVIDIA driver is installed and running.\n"
        ),
        'Field "compute_cap" is not a valid field to query.\n',
        "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.95\n",  # noqa: E501  a line as it is
        "0, GPU-1, half a line",
        "a, b, c, d, e, f, g",
    ],
)
def test_what_is_no_table_holds_no_card(text: str) -> None:
    assert parse_table(text) == Listing()


# --- details ---------------------------------------------------------------------------------

TABLE = """\
0, GPU-1, NVIDIA A100-SXM4-40GB, 40960, 40330, 8.0, 535.129.03
1, GPU-2, NVIDIA A100-SXM4-40GB, 40960, 30000, 8.0, 535.129.03
"""
#: As `nvidia-smi -q -x` prints it, with the nodes that are read and a few beside them.
REPORT = """\
<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
  <driver_version>535.129.03</driver_version>
  <cuda_version>12.2</cuda_version>
  <attached_gpus>2</attached_gpus>
  <gpu id="00000000:10:00.0">
    <display_active>Disabled</display_active>
    <mig_mode><current_mig>Enabled</current_mig><pending_mig>Enabled</pending_mig></mig_mode>
    <mig_devices>
      <mig_device>
        <index>0</index><gpu_instance_id>1</gpu_instance_id>
        <compute_instance_id>0</compute_instance_id>
        <fb_memory_usage>
          <total>19968 MiB</total><reserved>0 MiB</reserved><used>37 MiB</used>
          <free>19930 MiB</free>
        </fb_memory_usage>
        <bar1_memory_usage><total>32767 MiB</total><free>32767 MiB</free></bar1_memory_usage>
      </mig_device>
      <mig_device>
        <index>1</index><gpu_instance_id>9</gpu_instance_id>
        <compute_instance_id>0</compute_instance_id>
        <fb_memory_usage><total>N/A</total><free>N/A</free></fb_memory_usage>
      </mig_device>
    </mig_devices>
    <uuid>GPU-1</uuid>
    <fb_memory_usage><total>40960 MiB</total><free>40330 MiB</free></fb_memory_usage>
  </gpu>
  <gpu id="00000000:15:00.0">
    <display_active>Enabled</display_active>
    <mig_mode><current_mig>N/A</current_mig><pending_mig>N/A</pending_mig></mig_mode>
    <mig_devices>
      None
    </mig_devices>
    <uuid>GPU-2</uuid>
    <fb_memory_usage>
      <total>40960 MiB</total><reserved>623 MiB</reserved><free>30000 MiB</free>
    </fb_memory_usage>
  </gpu>
</nvidia_smi_log>
"""
NAMES = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-1)
  MIG 3g.20gb     Device  0: (UUID: MIG-fb42055e-9e53-5764-9278-438605a3014c)
  MIG 1c.3g.20gb  Device  1: (UUID: MIG-d9a47cfb-d1f2-d08c-b40e-0812b597ae69)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-2)
"""


def test_the_long_report_adds_the_cuda_version_and_what_is_reserved() -> None:
    found = with_details(parse_table(TABLE), REPORT, NAMES)

    assert (found.driver, found.driver_cuda) == ("535.129.03", (12, 2))
    assert found.cards[1].memory == Memory(40960 * MIB, 30000 * MIB, 623 * MIB)
    assert [card.has_display for card in found.cards] == [False, True]


def test_an_instance_has_its_own_memory_and_the_card_has_none() -> None:
    card = with_details(parse_table(TABLE), REPORT, NAMES).cards[0]

    assert card.is_divided
    assert card.memory is None
    first, second = card.instances
    assert first == Listed(
        0,
        "MIG-fb42055e-9e53-5764-9278-438605a3014c",
        "NVIDIA A100-SXM4-40GB MIG 3g.20gb",
        Memory(19968 * MIB, 19930 * MIB),
        (8, 0),
        former_id="MIG-GPU-1/1/0",
    )
    assert second.memory is None  # not that of the card
    assert not second.is_usable


def test_an_instance_without_a_name_is_left_out() -> None:
    card = with_details(parse_table(TABLE), REPORT, NAMES.replace("MIG-fb", "N/A-fb")).cards[0]

    assert [instance.former_id for instance in card.instances] == ["MIG-GPU-1/9/0"]
    assert with_details(parse_table(TABLE), REPORT, "").cards[0].instances == ()


@pytest.mark.parametrize("report", ["", "no report", "<nvidia_smi_log>", "<other/>"])
def test_without_the_long_report_the_table_stands(report: str) -> None:
    found = parse_table(THREE)

    assert with_details(found, report, "") == found


def test_a_chip_without_memory_of_its_own_has_none_in_the_long_report_either() -> None:
    report = REPORT.replace("GPU-2", "GPU-2dee1e25-b3b5-007e-2b55-79f2d0f2ebe5")

    (card,) = with_details(parse_table(GB10), report, "").cards

    assert card.is_unified
    assert card.memory is None


# --- the program -----------------------------------------------------------------------------


class Program:
    """Answers as nvidia-smi does, by the first argument, and counts how often it was started."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.starts = 0

    def __call__(self, command: Sequence[str]) -> str:
        self.starts += 1
        assert command[0] == "nvidia-smi"
        return self.answers.get(command[1].partition("=")[0], "")


def test_the_program_is_asked_for_names_only_where_a_card_is_divided() -> None:
    answers = {"--query-gpu": TABLE, "--query": REPORT, "--list-gpus": NAMES}
    divided, whole = Program(answers), Program(answers | {"--query": "<nvidia_smi_log/>"})

    assert len(smi.listing(divided).cards[0].instances) == 2
    assert not smi.listing(whole).cards[0].is_divided
    assert (divided.starts, whole.starts) == (3, 2)


def test_a_program_that_tells_no_cards_is_asked_once() -> None:
    program = Program({})

    assert smi.listing(program) == Listing()
    assert program.starts == 1


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("GPU-1, 7, 3072\nGPU-1, 8, 100\nGPU-2, 7, 5\n", 3072 * MIB),
        ("GPU-1, 7, [N/A]\n", None),  # Windows
        ("GPU-1, 7, [N/A]\nGPU-1, 7, 5\n", None),
        ("GPU-1, 70, 5\n", None),
        ("GPU-11, 7, 5\n", None),
        ("", None),
    ],
)
def test_what_a_process_holds_is_told_or_not(text: str, held: int | None) -> None:
    assert smi.held_bytes(Program({"--query-compute-apps": text}), "GPU-1", 7) == held
