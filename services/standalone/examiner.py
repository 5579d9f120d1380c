"""The supervisor's side of the readiness program: starts it, reads its findings, ends it."""

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from services.standalone.interpreter import import_path, module_argv
from services.standalone.logfiles import open_log
from services.standalone.readiness import Examination, Finding

__all__ = ["Examiner"]


class Examiner:
    """A running readiness program."""

    def __init__(self, examination: Examination, *, log_file: Path, env: Mapping[str, str]) -> None:
        self.subjects = examination.subjects
        self._rest = b""
        with open_log(log_file) as errors:
            self._process = subprocess.Popen(  # noqa: S603  (our own module, no shell)
                module_argv("services.standalone.readiness"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**env, **import_path()},
                start_new_session=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._output = self._process.stdout
        os.set_blocking(self._output.fileno(), False)
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(examination.model_dump_json().encode() + b"\n")
            self._process.stdin.close()

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self._process.pid

    def fileno(self) -> int:
        """The file descriptor on which findings arrive."""
        return self._output.fileno()

    def findings(self) -> Iterator[Finding]:
        """Yield what has been found since the last call."""
        with contextlib.suppress(BlockingIOError):
            while block := os.read(self._output.fileno(), 65536):
                self._rest += block
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            yield Finding.model_validate_json(line)

    def is_done(self) -> bool:
        """Tell whether the program has ended."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End the program if it runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._output.close()
