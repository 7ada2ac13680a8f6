"""The jobs that write a folder, in the menu's order. A new one is a module, and a line here."""

from __future__ import annotations

from baichuan_desktop.services.jobs import onnx_export, quantised, safetensors
from baichuan_desktop.services.jobs.copies import JobOffer

OFFERS: tuple[JobOffer, ...] = (quantised.OFFER, safetensors.OFFER, onnx_export.OFFER)
