"""Where pictures are kept and asked for. A picture is a folder by the name of its content, with its forms in it.

Asking never waits: a picture is there, or it is being drawn by a child process, or it could not be drawn. So a page shows its
table meanwhile, and a mail goes without. At most `children` draw at the same time, each within a time limit after which it
is ended; what waits for a place is bounded too. Nothing here is in a transaction, and nothing is lost when the folder is.
"""

from __future__ import annotations

import base64
import gzip
import json
import logging
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from piket.drawing.paper import FORMS, SCREEN, Sheet, name_of, written

log = logging.getLogger(__name__)

State = Literal["ready", "drawing", "failed", "off"]
MOST_WAITING = 64
# So long a sheet that could not be drawn is not tried again.
FAILED_SECONDS = 300.0
_NAME = re.compile(r"[0-9a-f]{32}")
INHERITED = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
CHILD = (sys.executable, "-m", "piket.drawing.child")


class Gallery:
    """The pictures of this process. `children` 0: nothing is drawn. `folder` None: one in the system's folder for such things.

    Processes of one machine may share a folder: what one has drawn the others find, and drawing a thing twice does no harm.
    """

    def __init__(
        self,
        folder: Path | None = None,
        children: int = 2,
        time_limit: float = 20.0,
        keep_bytes: int = 64_000_000,
        command: Sequence[str] = CHILD,
    ) -> None:
        self._wanted_folder, self._command = folder, command
        self._children, self._time_limit, self._keep_bytes = children, time_limit, keep_bytes
        self._changed = threading.Condition()
        self._folder: Path | None = None
        self._waiting: OrderedDict[str, str] = OrderedDict()
        self._drawing: set[str] = set()
        self._failed: dict[str, float] = {}

    def ask(self, sheet: Sheet, forms: tuple[str, ...] = SCREEN) -> State:
        """How it stands with the picture of a sheet; one that is not there is drawn from now on. Never waits."""
        if self._children == 0:
            return "off"
        name = name_of(sheet, forms)
        if self.has(name):
            return "ready"
        with self._changed:
            if name in self._drawing or name in self._waiting:
                return "drawing"
            if time.monotonic() - self._failed.get(name, -FAILED_SECONDS) < FAILED_SECONDS:
                return "failed"
            if len(self._waiting) >= MOST_WAITING:
                self._waiting.popitem(last=False)
            self._waiting[name] = written(sheet, forms)
            self._begin()
        return "drawing"

    def has(self, name: str) -> bool:
        """Whether a picture is there whole."""
        return (self.folder() / name).is_dir()

    def wait(self, name: str, seconds: float) -> bool:
        """Wait until a picture is there, or is no longer being drawn, at most so long; whether it is there."""
        with self._changed:
            self._changed.wait_for(lambda: name not in self._drawing and name not in self._waiting, timeout=seconds)
        return self.has(name)

    def find(self, name: str, form: str) -> bytes | None:
        """A form of a picture as it is kept (an SVG is compressed by gzip), or None. Whatever is no such name is not there."""
        if not _NAME.fullmatch(name) or form not in FORMS:
            return None
        with suppress(OSError):
            found = (self.folder() / name / form).read_bytes()
            os.utime(self.folder() / name)
            return found
        return None

    def folder(self) -> Path:
        """The folder of the pictures, made when it is first needed: our own, and nobody else may write in it.

        One that others could write in is not used; then this process has a new one to itself.
        """
        if self._folder is None:
            named = self._wanted_folder or Path(tempfile.gettempdir()) / f"piket-pictures-{os.getuid()}"
            self._folder = named if _is_ours(named) else Path(tempfile.mkdtemp(prefix="piket-pictures-"))
        return self._folder

    def _begin(self) -> None:
        """Start on what waits, as far as there is a place; the lock is held."""
        while self._waiting and len(self._drawing) < self._children:
            name, text = self._waiting.popitem(last=False)
            self._drawing.add(name)
            threading.Thread(target=self._draw, args=(name, text), name="drawing", daemon=True).start()

    def _draw(self, name: str, text: str) -> None:
        """One picture from sheet to folder. Whatever goes wrong is logged, and remembered for a while."""
        problem: str | None = "it could not be drawn"
        try:
            problem = self._made(name, text)
        except Exception as error:
            problem = type(error).__name__
        finally:
            if problem:
                log.warning("a picture was not drawn: %s", problem)
            with self._changed:
                self._drawing.discard(name)
                self._failed.pop(name, None)
                if problem:
                    self._failed[name] = time.monotonic()
                self._begin()
                self._changed.notify_all()

    def _made(self, name: str, text: str) -> str | None:
        """Draw it and put it in its place; None, or why not."""
        with subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True, env=self._environment(), cwd=self.folder(),
        ) as child:  # fmt: skip
            try:
                out, said = child.communicate(text, timeout=self._time_limit)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                return "it took too long"
        if child.returncode != 0:
            return f"the child ended with {child.returncode}: {said.strip()[-300:]}"
        self._hang_up(name, {form: base64.b64decode(data) for form, data in json.loads(out).items()})
        return None

    def _environment(self) -> dict[str, str]:
        """What the child may know: where programs are, and a place for matplotlib's list of fonts; no secrets, no threads."""
        kept = {key: value for key, value in os.environ.items() if key in INHERITED}
        kept |= {"MPLCONFIGDIR": str(self.folder() / "fonts"), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        return kept

    def _hang_up(self, name: str, forms: dict[str, bytes]) -> None:
        """Write the forms and show them all at once. Another process may have been first; then its picture stays."""
        here = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder()))
        for form, data in forms.items():
            (here / form).write_bytes(gzip.compress(data, mtime=0) if form.endswith(".svg") else data)
        try:
            here.rename(self.folder() / name)
        except OSError:
            shutil.rmtree(here, ignore_errors=True)
        self._tidy()

    def _tidy(self) -> None:
        """Take down what was looked at longest ago, until the rest fits."""
        kept = 0
        found = [(path.stat().st_mtime, path) for path in self.folder().iterdir() if _NAME.fullmatch(path.name)]
        for _, path in sorted(found, reverse=True):
            kept += sum(file.stat().st_size for file in path.iterdir())
            if kept > self._keep_bytes:
                shutil.rmtree(path, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Make the folder if it is missing; whether it is a real one, of this user, closed to others' writing."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
