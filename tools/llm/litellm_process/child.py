"""The process that has litellm, as a child of the one that asks: where no `up` starts one for all."""

import atexit
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from tools.llm.litellm_process.starting import ROOT, SOCKET, command, environment, listener
from tools.process.forking import forget_after_fork

PATIENCE_S = 5.0


class Child:
    """Started when it is first needed, and again when it ended. It ends with this process. For any thread."""

    def __init__(self, *options: str) -> None:
        """*options* are of its command line."""
        self._options = options
        self.forget_threads()
        forget_after_fork(self)
        atexit.register(self.stop)

    def forget_threads(self) -> None:
        """Of a fork: the child is the parent's, and so is its folder."""
        self._lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    @property
    def path(self) -> Path:
        """Its socket's."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="salesboost-models-"))
        return self._folder / SOCKET

    @property
    def is_there(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Have one that answers, or is about to; nothing if there is one. Raises OSError."""
        with self._lock:
            if not self.is_there:
                self._start()

    def start_anew(self, after: subprocess.Popen[bytes] | None) -> None:
        """Have another one than *after*, which takes no connection any more; nothing if there is one already."""
        with self._lock:
            if self.process is after or not self.is_there:
                self._end()
                self._start()

    def stop(self) -> None:
        """End it, and take away its folder."""
        with self._lock:
            self._end()
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None

    def _start(self) -> None:
        with listener(self.path.parent) as listens:
            # It reads its standard input, which is at its end when this process is, however that ended.
            self.process = subprocess.Popen(
                command(listens.fileno(), "--with-parent", *self._options),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env=environment(os.environ),
                cwd=ROOT,
                pass_fds=[listens.fileno()],
                start_new_session=True,  # a terminal's Ctrl-C is for this process alone
            )

    def _end(self) -> None:
        if self.process is None:
            return
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
