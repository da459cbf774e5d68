"""Record anew what senders of spans send: `python tests/senders/record.py [sender…]`.

Each application in ``apps/`` is run with the packages that its head names (Python: PEP 723; JavaScript: a line
``// packages:``), installed into a folder that is thrown away, against a model and a collector on the loopback
address. What it sent is written to ``recorded/<sender>.json`` as OTLP's JSON. Not for CI: it installs some
gigabytes from the package registries.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.senders.loopback import serving  # noqa: E402
from tests.senders.tidying import tidied  # noqa: E402

APPS = {path.stem: path for path in sorted((HERE / "apps").iterdir()) if path.suffix in (".py", ".mjs")}
RUN_S = 300


def packages_of(app: Path) -> list[str]:
    """What the head of *app* says that it needs, with versions."""
    text = app.read_text()
    if app.suffix == ".mjs":
        (line,) = re.findall(r"^// packages: (.+)$", text, re.MULTILINE)
        return line.split()
    (block,) = re.findall(r"^# /// script\n(.*?)^# ///$", text, re.MULTILINE | re.DOTALL)
    return re.findall(r'"([^"]+)"', block)


def install(app: Path, folder: Path) -> list[str]:
    """Install what *app* needs into *folder*; the command that runs it."""
    wanted = packages_of(app)
    # Under a name that hides no package; and Node looks for packages beside the file that imports them.
    copied = folder / f"app{app.suffix}"
    copied.write_text(app.read_text())
    if app.suffix == ".mjs":
        (folder / "package.json").write_text('{"private": true, "type": "module"}')
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", *wanted], cwd=folder, check=True)
        return ["node", copied.name]
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
    return [str(python), copied.name]


def record(app: Path, folder: Path) -> None:
    """Run *app* from *folder* and write what it sent."""
    command = install(app, folder)
    with serving() as server:
        environment = os.environ | {
            "LOOPBACK": server.url,
            "OPENAI_BASE_URL": f"{server.url}/v1",
            "OPENAI_API_KEY": "sk-nothing",
            "ANTHROPIC_BASE_URL": server.url,
            "ANTHROPIC_API_KEY": "nothing",
            "GOOGLE_GEMINI_BASE_URL": server.url,
            "GOOGLE_API_KEY": "nothing",
            "OTEL_EXPORTER_OTLP_ENDPOINT": server.url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            "NO_PROXY": "127.0.0.1",
        }
        subprocess.run(command, cwd=folder, env=environment, check=True, timeout=RUN_S)
        sent = tidied(server.bodies, {str(folder): "/app", server.url: "http://model"})
    written = {"packages": packages_of(app), "requests": sent}
    path = HERE / "recorded" / f"{app.stem}.json"
    path.write_text(json.dumps(written, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    print(f"{app.stem}: {len(sent)} requests, {path.stat().st_size:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("senders", nargs="*", choices=[[], *APPS], default=[])
    parser.add_argument("--folder", type=Path, help="keep what is installed here, a folder a sender")
    asked = parser.parse_args()
    for sender in asked.senders or APPS:
        with tempfile.TemporaryDirectory() as thrown_away:
            folder = (asked.folder or Path(thrown_away)) / sender
            folder.mkdir(parents=True, exist_ok=True)
            record(APPS[sender], folder)


if __name__ == "__main__":
    main()
