"""The commands that download a model, on another machine with a network. Nothing here connects."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from baichuan_desktop.services.getting.values import Site, Tool, Way
from baichuan_desktop.services.library.registry_schema import Sources


def folder_name(sources: Sources, model_id: str) -> str:
    """The folder that a model is downloaded into: its repository's name, with its revision."""
    repository = sources.huggingface or sources.modelscope
    name = repository.rpartition("/")[2] if repository else model_id
    return f"{name}-{sources.revision.replace('/', '-')}" if sources.revision else name


def ways(sources: Sources, folder: str) -> Sequence[Way]:
    """Every way to download a model into `folder`; none where no source is known.

    A name of a site's registry may hold what a shell would take for more than a name.
    """
    target = shlex.quote(folder)
    return (*_from_huggingface(sources, target), *_from_modelscope(sources, target))


def _from_huggingface(sources: Sources, folder: str) -> Iterator[Way]:
    repository, revision = sources.huggingface, sources.revision
    if repository is None:
        return
    wanted = f" --revision {shlex.quote(revision)}" if revision else ""
    # The older program is gone from newer versions of the package.
    for tool, program, package in (
        (Tool.HF, "hf", "huggingface_hub"),
        (Tool.HUGGINGFACE_CLI, "huggingface-cli", '"huggingface_hub<1"'),
    ):
        download = f"{program} download {shlex.quote(repository)}{wanted} --local-dir {folder}"
        yield Way(Site.HUGGINGFACE, tool, (f"pip install -U {package}", download), revision)
    yield _git(Site.HUGGINGFACE, f"https://huggingface.co/{repository}", folder, revision)


def _from_modelscope(sources: Sources, folder: str) -> Iterator[Way]:
    repository = sources.modelscope
    if repository is None:
        return
    # Which revisions ModelScope has of these, nobody established: its own is taken.
    download = f"modelscope download --model {shlex.quote(repository)} --local_dir {folder}"
    yield Way(Site.MODELSCOPE, Tool.MODELSCOPE, ("pip install -U modelscope", download), None)
    yield _git(Site.MODELSCOPE, f"https://www.modelscope.cn/{repository}.git", folder, None)


def _git(site: Site, address: str, folder: str, revision: str | None) -> Way:
    branch = f"--branch {shlex.quote(revision)} " if revision else ""
    # Without the files of LFS one would have their pointers of three lines.
    lines = ("git lfs install", f"git clone --depth 1 {branch}{shlex.quote(address)} {folder}")
    return Way(site, Tool.GIT_LFS, lines, revision)
