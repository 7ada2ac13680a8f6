"""How fast a model will decode, by the bytes that a token reads; nothing is run.

A token reads every weight once, and does next to nothing with it: the time is that of reading.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..interface import LayerDevices
from ..machine import processor
from ..model_config import ModelConfig
from ..precision import DeviceKind, Precision
from . import memory

#: Bytes a second that memory is read at, where nobody has measured it: two channels of DDR4, and a
#: small card. Machines that are bought new are faster.
_ASSUMED = {DeviceKind.CPU: 30e9, DeviceKind.CUDA: 250e9}
#: Tokens in the KV cache, as in a chat of a few turns.
_CACHED = 512
#: Bytes that unpacking a weight for a product writes and reads again, in 16 bit.
_UNPACKED = 4


@dataclass(frozen=True, slots=True)
class ReadBandwidth:
    """How fast a device was found to read its memory."""

    device_kind: DeviceKind
    device_name: str
    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class ExpectedSpeed:
    """An estimate, and what it rests on."""

    tokens_per_second: float
    memory_bytes_per_second: float  #: of the machine's memory
    is_measured: bool  #: the machine's memory was


def expected(
    config: ModelConfig,
    precision: Precision,
    devices: LayerDevices,
    features: frozenset[str],
    measured: Iterable[ReadBandwidth] = (),
) -> ExpectedSpeed:
    """How fast a model decodes whose layers are spread; `features` are the processor's.

    `measured` are those of the devices that it lies on; of two cards the slower one counts.
    """
    found: dict[DeviceKind, float] = {}
    for one in measured:
        known = found.get(one.device_kind, one.bytes_per_second)
        found[one.device_kind] = min(known, one.bytes_per_second)
    rates = _ASSUMED | found
    layer = memory.layer_weight_bytes(config, precision)
    layer += memory.kv_bytes_per_token(config, precision) * _CACHED // config.num_layers
    seconds = 0.0
    for device in devices.layers:
        kind = DeviceKind.of(device)
        unpacking = _unpacking(config, precision, features) if kind is DeviceKind.CPU else 0
        seconds += (layer + unpacking) / rates[kind]
    last = memory.last_weight_bytes(config, precision)
    seconds += last / rates[DeviceKind.of(devices.last)]
    return ExpectedSpeed(1 / seconds, rates[DeviceKind.CPU], DeviceKind.CPU in found)


def _unpacking(config: ModelConfig, precision: Precision, features: frozenset[str]) -> int:
    """Bytes that a processor moves more than it reads of a layer of 4 bits."""
    if precision not in (Precision.NF4, Precision.FP4):
        return 0
    if features and not processor.lacks_avx512_bf16(features):  # which multiplies packed ones
        return 0
    return _UNPACKED * sum(rows * columns for rows, columns in config.layer_matrices().values())
