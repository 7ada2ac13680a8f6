from __future__ import annotations

from pathlib import Path

import pytest

from baichuan_desktop.ui.acquiring.dropping import documents_apart, is_of_model


def test_files_are_documents_and_folders_and_files_of_models_are_not(tmp_path: Path) -> None:
    (tmp_path / "folder.pdf").mkdir()
    files = ["report.pdf", "LICENSE", "notes.unknown", "model.safetensors", "config.json"]
    paths = [tmp_path / name for name in (*files, "folder.pdf")]
    for path in paths[:-1]:
        path.touch()

    documents, others = documents_apart(paths)

    assert documents == paths[:3]
    assert others == paths[3:]


@pytest.mark.parametrize(
    ("name", "of_model"),
    [
        ("pytorch_model-00001-of-00003.bin", True),
        ("TOKENIZER.MODEL", True),
        ("model.safetensors.index.json", True),
        ("adapter_config.json", True),
        ("my config.json", False),
        ("data.json", False),
        ("modeling_baichuan.py", False),
    ],
)
def test_a_file_is_known_to_be_a_models_by_its_name(name: str, of_model: bool) -> None:
    assert is_of_model(name) is of_model
