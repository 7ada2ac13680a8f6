"""Records what the libraries that download models write to a disk, for the tests.

    python tools/record_caches.py FOLDER

The folder has an environment for each library, made with pip:

    huggingface_hub-1   huggingface_hub<2
    huggingface_hub-2   huggingface_hub==2.4.*
    modelscope-1.18     modelscope==1.18.*
    modelscope-1.36     modelscope==1.36.*
    modelscope_hub-0.5  modelscope_hub==0.5.*

Each library's own download function runs against a server on 127.0.0.1, which serves a golden
checkpoint under the names and hashes that the hubs give it. Three things of a library are replaced:
modelscope's “https://”; the transfer from huggingface_hub's Xet storage, which becomes HTTP; and,
for the tree “plain”, its look whether the drive knows links. Of a half download, the process is
killed in the middle of the weights.

What they wrote is kept as names, links and contents in tests/goldens/caches, a file a library; the
content of a golden is named and not repeated. `tests/helpers/recorded_caches.py` makes the files
again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "goldens" / "checkpoints" / "b2-7b" / "safetensors"
CACHES = ROOT / "tests" / "goldens" / "caches"

HUGGINGFACE_ID = "baichuan-inc/Baichuan2-7B-Chat"
MODELSCOPE_ID = "baichuan-inc/Baichuan2-7B-Chat-v1.0"  # its dot becomes “___”
TAG = "v1.0.2"
COMMIT = hashlib.sha1(b"the commit of a golden", usedforsecurity=False).hexdigest()
WEIGHTS = "model.safetensors"
_LARGE = (WEIGHTS, "tokenizer.model")  # what the hubs keep in Git LFS
_HALF_BYTES = 200_000
_TIME = 1_700_000_000

FILES: Mapping[str, bytes] = {
    **{file.name: file.read_bytes() for file in sorted(GOLDEN.iterdir())},
    "README.md": b"# Served for a recording\n",
    "configuration.json": b'{"framework": "pytorch", "task": "text-generation"}\n',
}


def git_sha1(data: bytes) -> str:
    """The name that Git gives a file of these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def pointer_sha1(data: bytes) -> str:
    """The name that Git gives the LFS pointer of these bytes."""
    lines = ("version https://git-lfs.github.com/spec/v1",
             f"oid sha256:{hashlib.sha256(data).hexdigest()}", f"size {len(data)}", "")  # fmt: skip
    return git_sha1("\n".join(lines).encode())


def xet_hash(data: bytes) -> str:
    """A hash in the form of Xet's, which is of another kind than SHA-256."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()


# --- the hubs ----------------------------------------------------------------------------


class _Hub(BaseHTTPRequestHandler):
    """What of huggingface.co and modelscope.cn a download of one repository asks for."""

    protocol_version = "HTTP/1.1"
    has_xet: ClassVar[bool] = False
    stalls: ClassVar[bool] = False
    stalled: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def _answer(self) -> None:
        url = urlsplit(self.path)
        path, query = unquote(url.path), parse_qs(url.query)
        if path.startswith(("/api/v1/", "/openapi/v1/")):
            self._modelscope(path, query)
        elif path.startswith("/api/models/"):
            self._json(self._huggingface_tree() if "/tree/" in path else self._huggingface_info())
        elif "/resolve/" in path:
            self._file(path.split("/resolve/")[1].split("/", 1)[1], with_etag=True)
        else:
            self.send_error(404)

    def _huggingface_info(self) -> object:
        return {
            "_id": "0", "id": HUGGINGFACE_ID, "sha": COMMIT, "private": False, "tags": [],
            "siblings": [{"rfilename": name} for name in FILES],
        }  # fmt: skip

    def _huggingface_tree(self) -> object:
        tree: list[dict[str, Any]] = []
        for name, data in FILES.items():
            entry: dict[str, Any] = {"type": "file", "path": name, "size": len(data)}
            if name in _LARGE:
                entry["oid"] = pointer_sha1(data)
                oid = hashlib.sha256(data).hexdigest()
                entry["lfs"] = {"oid": oid, "size": len(data), "pointerSize": 134}
                if self.has_xet:
                    entry["xetHash"] = xet_hash(data)
            else:
                entry["oid"] = git_sha1(data)
            tree.append(entry)
        return tree

    def _modelscope(self, path: str, query: Mapping[str, list[str]]) -> None:
        if name := (query.get("FilePath") or query.get("file_path") or [""])[0]:
            self._file(name, with_etag=False)
        elif "/resolve/" in path:
            self._file(path.split("/resolve/")[1].split("/", 1)[1], with_etag=False)
        elif path.endswith("/revisions"):
            branch = {"Revision": "master", "CreatedAt": _TIME}
            tag = {"Revision": TAG, "CreatedAt": _TIME}
            self._json(_wrapped({"RevisionMap": {"Branches": [branch], "Tags": [tag]}}))
        elif path.endswith(("/files", "/tree")):
            files = [
                {
                    "Name": name, "Path": name, "Type": "blob", "Size": len(data), "Mode": "100644",
                    "Sha256": hashlib.sha256(data).hexdigest(), "Revision": COMMIT,
                    "CommittedDate": _TIME, "IsLFS": name in _LARGE,
                }
                for name, data in FILES.items()
            ]  # fmt: skip
            self._json(_wrapped({"Files": files, "TotalCount": len(files)}))
        else:
            self._json(_wrapped({"Id": 1, "Name": MODELSCOPE_ID, "Path": MODELSCOPE_ID}))

    def _file(self, name: str, *, with_etag: bool) -> None:
        data = FILES[name]
        begin = 0
        if (wanted := self.headers.get("Range")) is not None:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            begin = int(first)
            data = data[: int(last) + 1] if last else data
        self.send_response(200 if wanted is None else 206)
        if wanted is not None:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(FILES[name])}")
        if with_etag:
            is_large = name in _LARGE
            whole = FILES[name]
            etag = hashlib.sha256(whole).hexdigest() if is_large else git_sha1(whole)
            self.send_header("ETag", f'"{etag}"')
            self.send_header("X-Repo-Commit", COMMIT)
            if is_large and self.has_xet:
                self.send_header("X-Xet-Hash", xet_hash(whole))
                self.send_header("X-Xet-Refresh-Route", f"/api/models/{HUGGINGFACE_ID}/xet")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.stalls and name == WEIGHTS:
            self.wfile.write(data[begin : begin + _HALF_BYTES])
            self.wfile.flush()
            self.stalled.set()
            threading.Event().wait(60.0)  # the process is killed long before
            return
        self.wfile.write(data[begin:])

    def _json(self, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _wrapped(data: object) -> object:
    return {"Code": 200, "Success": True, "Message": "success", "RequestId": "0", "Data": data}


# --- the downloads -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trial:
    """A download by a library."""

    code: str  #: run by the library's own Python; “{root}” is the folder that is recorded
    environment: Mapping[str, str] = field(default_factory=dict)
    has_xet: bool = False
    is_half: bool = False


_HUGGINGFACE = f"""
import huggingface_hub
VERSION = huggingface_hub.__version__
def run(**more):
    huggingface_hub.snapshot_download({HUGGINGFACE_ID!r}, max_workers=1, **more)
"""
_XET_AS_HTTP = f"""
import urllib.request
from huggingface_hub import file_download
def xet_get(*, incomplete_path, displayed_filename, **_):
    url = "{{endpoint}}/{HUGGINGFACE_ID}/resolve/{COMMIT}/" + displayed_filename
    with urllib.request.urlopen(url) as answer, open(incomplete_path, "wb") as file:
        file.write(answer.read())
file_download.xet_get = xet_get
"""
_MODELSCOPE = f"""
import modelscope
from modelscope.hub import constants
constants.MODELSCOPE_URL_SCHEME = "http://"
import modelscope.hub.utils.utils as utils
utils.MODELSCOPE_URL_SCHEME = "http://"
import modelscope.hub.api as api
api.MODELSCOPE_URL_SCHEME = "http://"
from modelscope.hub.snapshot_download import snapshot_download
VERSION = modelscope.__version__
def run(**more):
    snapshot_download({MODELSCOPE_ID!r}, revision={TAG!r}, **more)
"""
_MODELSCOPE_HUB = f"""
import modelscope_hub
from modelscope_hub import HubApi
VERSION = modelscope_hub.__version__
def run(**more):
    HubApi().download_repo({MODELSCOPE_ID!r}, "model", revision={TAG!r}, **more)
"""
_HOME = {"HF_HOME": "{root}"}
_NO_LINKS = {"HF_HUB_DISABLE_SYMLINKS": "1"}
_DEFAULT, _LOCAL = "run()\n", 'run(local_dir="{root}/Baichuan2-7B-Chat")\n'

_OF_HUGGINGFACE = {
    "cache": Trial(_HUGGINGFACE + _DEFAULT, _HOME),
    "plain": Trial(
        _HUGGINGFACE
        + "from huggingface_hub import file_download\n"
        + "file_download.are_symlinks_supported = lambda *_: False\n"
        + _DEFAULT,
        _HOME,
    ),
    "local_dir": Trial(_HUGGINGFACE + _LOCAL, {"HF_HOME": "{elsewhere}"}),
    "half": Trial(_HUGGINGFACE + _DEFAULT, _HOME, is_half=True),
    "half_local_dir": Trial(_HUGGINGFACE + _LOCAL, {"HF_HOME": "{elsewhere}"}, is_half=True),
}
_CACHE = {"MODELSCOPE_CACHE": "{root}"}
_OF_MODELSCOPE = {
    "cache": Trial(_MODELSCOPE + _DEFAULT, _CACHE),
    "local_dir": Trial(_MODELSCOPE + _LOCAL, {"MODELSCOPE_CACHE": "{elsewhere}"}),
    "half": Trial(_MODELSCOPE + _DEFAULT, _CACHE, is_half=True),
}
TRIALS: Mapping[str, Mapping[str, Trial]] = {
    "huggingface_hub-1": _OF_HUGGINGFACE,
    "huggingface_hub-2": {
        **_OF_HUGGINGFACE,
        "shared": Trial(_HUGGINGFACE + _XET_AS_HTTP + _DEFAULT, _HOME, has_xet=True),
    },
    "modelscope-1.18": _OF_MODELSCOPE,
    "modelscope-1.36": _OF_MODELSCOPE,
    "modelscope_hub-0.5": {
        "cache": Trial(_MODELSCOPE_HUB + _DEFAULT, _CACHE),
        "local_dir": Trial(_MODELSCOPE_HUB + _LOCAL, {"MODELSCOPE_CACHE": "{elsewhere}"}),
        "half": Trial(_MODELSCOPE_HUB + _DEFAULT, _CACHE, is_half=True),
    },
}


def download(python: Path, trial: Trial, scratch: Path) -> tuple[str, Path]:
    """The version of the library, and the folder that it wrote."""
    root, elsewhere = scratch / "root", scratch / "elsewhere"
    root.mkdir()

    class Hub(_Hub):
        has_xet = trial.has_xet
        stalls = trial.is_half
        stalled = threading.Event()

    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{server.server_port}"
        facts = {"{root}": root, "{elsewhere}": elsewhere, "{endpoint}": f"http://{host}"}

        def filled(text: str) -> str:
            for name, value in facts.items():
                text = text.replace(name, str(value))
            return text

        environment = {
            "PATH": os.environ["PATH"], "HOME": str(scratch / "home"), "NO_PROXY": "*",
            "HF_ENDPOINT": f"http://{host}", "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1", "MODELSCOPE_DOMAIN": host,
            "INTRA_CLOUD_ACCELERATION": "false",
            "MODELSCOPE_ENDPOINT": f"http://{host}",
            **{name: filled(value) for name, value in trial.environment.items()},
        }  # fmt: skip
        code = filled(_with_version_first(trial.code))
        with subprocess.Popen(
            [python, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            version = child.stdout.readline().strip()
            if trial.is_half:
                Hub.stalled.wait(120.0)
                threading.Event().wait(2.0)  # what was sent is written
                child.send_signal(signal.SIGKILL)
            elif child.wait() != 0:
                raise SystemExit(f"{python} failed")
        server.shutdown()
    return version, root


def _with_version_first(code: str) -> str:
    lines = code.splitlines()
    return "\n".join([*lines[:-1], "print(VERSION, flush=True)", lines[-1]])


# --- what they wrote ---------------------------------------------------------------------


def recorded(root: Path) -> list[dict[str, object]]:
    """Names, links and contents below a folder; a folder is named if it is empty."""
    goldens = {hashlib.sha256(data).digest(): name for name, data in FILES.items()}
    found: list[dict[str, object]] = []
    for folder, names, files in os.walk(root):
        here = Path(folder)
        links = [name for name in names if (here / name).is_symlink()]
        if not names and not files and here != root:
            found.append({"path": here.relative_to(root).as_posix(), "folder": True})
        for name in (*files, *links):
            path = here / name
            entry: dict[str, object] = {"path": path.relative_to(root).as_posix()}
            if path.is_symlink():
                entry["link"] = os.readlink(path).replace(str(root), "{root}")  # noqa: PTH115
            else:
                entry |= _content(path.read_bytes(), goldens)
            found.append(entry)
    return sorted(found, key=lambda entry: str(entry["path"]))


def _content(data: bytes, goldens: Mapping[bytes, str]) -> dict[str, object]:
    name = goldens.get(hashlib.sha256(data).digest())
    if name is not None and (GOLDEN / name).is_file():
        return {"golden": name}
    if len(data) > 1_000 and FILES[WEIGHTS].startswith(data):
        return {"golden": WEIGHTS, "bytes": len(data)}
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def main() -> int:
    """Record every library."""
    pythons = Path(sys.argv[1])
    CACHES.mkdir(exist_ok=True)
    for library, trials in TRIALS.items():
        trees: dict[str, object] = {}
        versions = set()
        for name, trial in trials.items():
            with tempfile.TemporaryDirectory() as scratch:
                version, root = download(pythons / library / "bin" / "python", trial, Path(scratch))
                trees[name] = recorded(root)
            versions.add(version)
            print(library, version, name, len(trees))
        value = {
            "library": f"{library.rpartition('-')[0]} {' '.join(sorted(versions))}",
            "golden": GOLDEN.relative_to(ROOT / "tests" / "goldens").as_posix(),
            "trees": trees,
        }
        text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
        (CACHES / f"{library}.json").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
