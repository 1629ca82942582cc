"""What piket is measured against: Alerta, Alertmanager, and the two ceilings. Each is started and ended here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from bench import ground
from bench.client import Client
from bench.ground import HERE, BenchFailed, own_environment, process, require, wait_until_ready
from bench.stores import Stores

ALERTA = "9.1.0"
THREADS = "16"
ALERTMANAGER = "prometheus-alertmanager"
SERVER = ("-k", "gthread", "-w", "1", "--threads", THREADS, "--no-control-socket", "--log-level", "warning")


def cache() -> Path:
    """Where what was installed stays for the next run; outside the repository."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "piket-bench"


@dataclass
class Peer:
    """One running system, and how to tell it of something that `fan` receivers must hear."""

    name: str
    port: int
    client: Client
    load: dict[str, Any]
    said: str
    number: int = 0

    def tell(self, fan: int) -> None:
        self.number += 1
        path, body = self._message(fan)
        status, answer = self.client.post(path, body)
        require(status in (200, 201), f"{self.name} answered {status}: {answer[:300]!r}")

    def _message(self, fan: int) -> tuple[str, Any]:
        if self.name == "alerta":
            return "/alert", {**json.loads(ALERT), "resource": f"told-{self.number}", "attributes": {"fan": fan}}
        labels = {"alertname": "levelRaised", "centre": f"told-{self.number}", "fan": str(fan)}
        return "/api/v2/alerts", [{"labels": labels, "annotations": {"summary": "above the agreed maximum"}}]


ALERT = (
    '{"resource": "load-@n@", "event": "levelRaised", "environment": "Production", "severity": "major", '
    '"service": ["ter-apel"], "group": "counts", "value": "2129", "text": "above the agreed maximum", "origin": "coa"}'
)


# --- ceilings -------------------------------------------------------------------------------------------------------


@contextmanager
def ceiling(stores: Stores, kind: str) -> Iterator[Peer]:
    """Bare Flask with one durable commit, under the same server."""
    url = stores.fresh(kind)
    parts = make_url(url)
    store = str(parts.database) if kind == "sqlite" else f"host={stores.socket} dbname={parts.database} user=postgres"
    port, log = ground.free_port(), stores.folder / "ceiling.log"
    command = [sys.executable, "-m", "gunicorn", *SERVER, "-b", f"{HERE}:{port}", "bench.ceiling_app:app"]
    body = '{"observedAt": "@at@", "definition": "nightBeds", "people": 1500, "source": "load @n@"}'
    asked = {"path": "/v1/centres/ter-apel/counts", "body": body, "headers": {"Authorization": "Bearer " + "x" * 40}}
    try:
        with process(command, own_environment(BENCH_STORE=store), log) as started:
            wait_until_ready(started, port, "/readyz", log)
            with Client(port) as client:
                yield Peer(f"ceiling {kind}", port, client, asked, url)
    finally:
        stores.drop(url)


# --- Alerta ---------------------------------------------------------------------------------------------------------


def install_alerta() -> Path:
    """Its own environment, with this server; the plugin is laid beside it. The interpreter."""
    folder = cache() / f"alerta-{ALERTA}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        wanted = [f"alerta-server=={ALERTA}", "psycopg2-binary", f"gunicorn=={version('gunicorn')}"]
        ground.run([str(python), "-m", "pip", "install", "-q", *wanted], own_environment(), 600)
        (folder / "complete").touch()
    return python


def lay_plugin(folder: Path) -> Path:
    """A folder for PYTHONPATH from which Alerta loads the plugin, as if it had been installed."""
    place = folder / "alerta-plugin"
    info = place / "bench_hook-1.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).with_name("alerta_hook.py"), place / "bench_alerta_hook.py")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-hook\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[alerta.plugins]\nbench = bench_alerta_hook:Hook\n", encoding="utf-8")
    return place


@contextmanager
def alerta(stores: Stores, urls: Sequence[str]) -> Iterator[Peer]:
    """Alerta on PostgreSQL, under the same server, with a plugin that posts to the receivers."""
    python, plugin = install_alerta(), lay_plugin(stores.folder)
    url = stores.fresh("postgresql")
    (plugin / "urls").write_text("\n".join(urls), encoding="utf-8")
    (plugin / "alertad.conf").write_text(
        "PLUGINS = ['remote_ip', 'reject', 'heartbeat', 'blackout', 'forwarder', 'bench']\n", encoding="utf-8"
    )
    port, log = ground.free_port(), stores.folder / "alerta.log"
    environment = own_environment(
        DATABASE_URL=f"postgresql://postgres@/{make_url(url).database}?host={stores.socket}",
        ALERTA_SVR_CONF_FILE=str(plugin / "alertad.conf"),
        SECRET_KEY="only for the bench",
        DEBUG="0",
        BENCH_URLS=str(plugin / "urls"),
        PYTHONPATH=str(plugin),
    )
    command = [str(python), "-m", "gunicorn", *SERVER, "-b", f"{HERE}:{port}", "alerta.app:create_app()"]
    try:
        with process(command, environment, log) as started:
            wait_until_ready(started, port, "/management/gtg", log)
            with Client(port) as client:
                asked = {"path": "/alert", "body": ALERT}
                yield Peer("alerta", port, client, asked, said=_alerta_said(python))
    finally:
        stores.drop(url)


def _alerta_said(python: Path) -> str:
    ask = "from importlib.metadata import version as v; print(v('alerta-server'), v('flask'), v('gunicorn'))"
    own, flask, server = ground.run([str(python), "-c", ask]).split()
    return (
        f"Alerta {own} (PyPI) with Flask {flask}, gunicorn {server}, psycopg2-binary; ran as it is, nothing pinned back"
    )


# --- Alertmanager ---------------------------------------------------------------------------------------------------


def find_alertmanager() -> str | None:
    """The one of this system, else Debian's package unpacked in the cache: nothing is installed, no service started."""
    found = shutil.which(ALERTMANAGER) or shutil.which(str(cache() / "alertmanager/usr/bin" / ALERTMANAGER))
    if found or not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return found
    folder = cache() / "alertmanager"
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True, timeout=300, check=False)
    subprocess.run(
        ["apt-get", "download", "-qq", ALERTMANAGER], cwd=folder, capture_output=True, timeout=300, check=False
    )
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], capture_output=True, timeout=300, check=False)
    return shutil.which(str(folder / "usr/bin" / ALERTMANAGER))


@contextmanager
def alertmanager(folder: Path, urls: Sequence[str]) -> Iterator[Peer | None]:
    """Alertmanager alone, waiting for no group; the label `fan` says how many receivers hear. None: not installed."""
    program = find_alertmanager()
    if program is None:
        yield None
        return
    config, log, port = folder / "alertmanager.yml", folder / "alertmanager.log", ground.free_port()
    config.write_text(json.dumps(_config(urls)), encoding="utf-8")
    command = [
        program, f"--config.file={config}", f"--storage.path={folder / 'alertmanager'}", "--cluster.listen-address=",
        f"--web.listen-address={HERE}:{port}", "--log.level=error",
    ]  # fmt: skip
    with process(command, own_environment(), log) as started:
        wait_until_ready(started, port, "/-/ready", log)
        with Client(port) as client:
            yield Peer("alertmanager", port, client, {"path": "/api/v2/alerts", "body": ""}, _manager_said(program))


def _config(urls: Sequence[str]) -> dict[str, Any]:
    """JSON is YAML too."""
    hooks = [{"url": url, "send_resolved": False} for url in urls]
    routes = [
        {"receiver": "one", "matchers": ['fan="1"']},
        {"receiver": "all", "matchers": [f'fan="{len(urls)}"']},
    ]
    top = {
        "receiver": "none",
        "group_by": ["..."],
        "group_wait": "0s",
        "group_interval": "1h",
        "repeat_interval": "24h",
    }
    return {
        "route": {**top, "routes": routes},
        "receivers": [
            {"name": "none"},
            {"name": "one", "webhook_configs": hooks[:1]},
            {"name": "all", "webhook_configs": hooks},
        ],
    }


def _manager_said(program: str) -> str:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    words = (said.stdout + said.stderr).split()
    if "version" not in words:
        raise BenchFailed("Alertmanager does not say its version")
    return f"Alertmanager {words[words.index('version') + 1]} (Debian's package)"
