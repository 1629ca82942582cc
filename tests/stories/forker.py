"""Imports piket once, and forks a process of it for each line it reads. `python -m tests.stories.forker`.

Such a process is started in a fraction of the second that a new interpreter needs to import everything, and is a process
like any other: it can be killed. A line holds what to run, its environment and its log; what is written are lines too:
`pid`, then `ready` with its address, and `exit` with its status.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from typing import Any

from werkzeug.serving import make_server

from piket import cli, serve


def tell(**what: Any) -> None:
    os.write(1, (json.dumps(what) + "\n").encode())


def ready(address: object) -> None:
    tell(pid=os.getpid(), ready=str(address))


def run(kind: str) -> None:
    if kind.startswith("serve"):
        serve.serve("127.0.0.1", int(kind.partition(":")[2] or 0), lambda text: ready(text.values["address"]))
    elif kind == "engine":
        ready("")
        serve.run_engine()
    else:
        # `wsgi.py` under some other server, here the one for developers: web without an engine.
        server = make_server("127.0.0.1", 0, importlib.import_module("wsgi").app, threaded=True)
        ready(f"http://127.0.0.1:{server.server_port}")
        server.serve_forever()


def become(kind: str, environment: dict[str, str], log: str) -> None:
    """The child, to its end."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.clear()
        os.environ.update(environment)
        run(kind)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def bury(*_: object) -> None:
    """Say of every child that has ended how it did."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        tell(pid=pid, exit=os.waitstatus_to_exitcode(status))


def main() -> None:
    assert cli.main is not None  # all that the command needs is imported by now
    signal.signal(signal.SIGCHLD, bury)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            become(order["kind"], order["environment"], order["log"])
        tell(pid=pid, order=order["number"])


if __name__ == "__main__":
    main()
