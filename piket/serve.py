"""Web and engine together in one process: gunicorn's threaded worker, which starts the engine when it is there.

gunicorn usually forks its worker from a first process that watches it. Here the worker is the only process: half the
memory, nothing left over when it is killed, and the watching is the service manager's (systemd restarts it). SIGTERM and
SIGINT end it gently: requests and sends under way finish, nothing new is begun.
"""

from __future__ import annotations

import dataclasses
import errno
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http import wsgi
from gunicorn.sock import create_sockets
from gunicorn.workers.gthread import ThreadWorker

from piket import logs
from piket.app import app_of, initialise_when_new, open_deps
from piket.engine.scheduler import Engine
from piket.errors import Misconfigured
from piket.settings import Settings
from piket.startup import read_settings
from piket.web_address import check_listening
from piket.words import Text, say

THREADS = 16
# A board asks every two seconds; opening a connection for each question would cost more than the answer.
KEPT_OPEN_SECONDS = 20
GRACE_SECONDS = 30
BACKLOG = 2048


def serve(host: str, port: int, tell: Callable[[Text], None] | None = None) -> None:
    """Serve until told to stop; ends the process. `tell` gets one sentence with the address when it is ready.

    Raises `Misconfigured`, and SQLAlchemy's errors, for what stands in the way of starting, before anything is started.
    """
    settings = read_settings(os.environ)
    listener = _listen(host, port)
    address = _address(host, listener.getsockname()[1])
    if "PIKET_BASE_URL" not in os.environ:
        settings = dataclasses.replace(settings, base_url=address)
    check_listening(listener.getsockname()[0], settings.base_url)
    _check_store(settings)
    logs.set_up()
    _Service(settings, listener, address, tell or _print).run()


def run_engine() -> None:
    """One more engine, until SIGTERM or SIGINT. Raises as `serve` does."""
    settings = read_settings(os.environ)
    _check_store(settings)
    logs.set_up()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    deps = open_deps(settings)
    engine = Engine(deps)
    engine.start()
    stop.wait()
    engine.stop()
    deps.store.close()


def _check_store(settings: Settings) -> None:
    """The database can be reached and has the tables of this version; an empty one is filled."""
    deps = open_deps(settings)
    try:
        initialise_when_new(deps)
    finally:
        deps.store.close()


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises `Misconfigured` when that address is taken or not this machine's."""
    values = {"host": host, "port": str(port)}
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Misconfigured(
                say("Port {port} of {host} is in use. Give another one with --port.", **values)
            ) from None
        raise Misconfigured(
            say("Cannot listen at {host} port {port}: {why}.", **values, why=str(error.strerror))
        ) from None
    return listener


def _address(host: str, port: int) -> str:
    """Where a person on this machine finds it."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def _print(text: Text) -> None:
    """To standard output at once, also when that is a file."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class _Service(BaseApplication):  # type: ignore[misc]
    """The service as gunicorn runs it."""

    def __init__(self, settings: Settings, listener: socket.socket, address: str, tell: Callable[[Text], None]) -> None:
        self._settings, self._listener, self._at, self._tell = settings, listener, address, tell
        self._engine: Engine | None = None
        super().__init__()

    def load_config(self) -> None:
        """One worker with threads; no control socket, no log of its own, no name in answers."""
        options = {
            "bind": f"fd://{self._listener.fileno()}",
            "backlog": BACKLOG,
            "worker_class": _Worker,
            "workers": 1,
            "threads": THREADS,
            "keepalive": KEPT_OPEN_SECONDS,
            "graceful_timeout": GRACE_SECONDS,
            "control_socket_disable": True,
            "logger_class": _Log,
            "proc_name": "piket",
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,
            "post_worker_init": self._begin,
        }
        for name, value in options.items():
            self.cfg.set(name, value)
        wsgi.SERVER = "piket"

    def load(self) -> WSGIApplication:
        """The web service, in the worker."""
        self._deps = open_deps(self._settings)
        return app_of(self._deps)

    def run(self) -> None:
        """Until a signal ends it: first the web, then the engine, so that what the last request wrote is still sent."""
        log = _Log(self.cfg)
        worker = _Worker(1, os.getppid(), create_sockets(self.cfg, log), self, self.cfg.timeout, self.cfg, log)
        try:
            worker.init_process()
        finally:
            if self._engine is not None:
                self._engine.stop()
                self._deps.store.close()

    def _begin(self, _worker: Any) -> None:
        """The web is up: start the engine, and say where the service is."""
        self._engine = Engine(self._deps)
        self._engine.start()
        self._tell(say("piket is ready at {address}", address=self._at))


class _Worker(ThreadWorker):  # type: ignore[misc]
    """The worker as the process itself."""

    def init_signals(self) -> None:
        """As gunicorn does, and Ctrl-C ends as gently as SIGTERM."""
        super().init_signals()
        signal.signal(signal.SIGINT, self.handle_exit)

    def is_parent_alive(self) -> bool:
        """There is none to watch: who started it may go."""
        return True


class _Log(Logger):  # type: ignore[misc]
    """What gunicorn has to say goes where everything goes, from warnings on."""

    def setup(self, cfg: Any) -> None:
        """Without handlers of its own."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel("WARNING")
