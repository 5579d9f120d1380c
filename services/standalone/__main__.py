"""A supervisor as a process of its own.

The first line of standard input is a `StackPlan`. Progress goes to standard output, each line a `Report`; with
`--foreground` it is for a person instead: lines on standard error, the reader's address on standard output.
Log records go to the data directory in both cases.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress

from services.standalone.data import DataDirectory
from services.standalone.errors import StackRunningError
from services.standalone.logfiles import open_log
from services.standalone.plan import StackPlan
from services.standalone.report import IN_USE, Report
from services.standalone.supervisor import Supervisor
from shared.errors import PressmarkError
from shared.logs import set_up_logs

Tell = Callable[[Report], None]


def _tell_program(report: Report) -> None:
    # Who started a detached stack goes away when it is ready.
    with suppress(BrokenPipeError):
        sys.stdout.write(report.model_dump_json() + "\n")
        sys.stdout.flush()


def _teller_of_person() -> Tell:
    screen = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="replace")

    def tell(report: Report) -> None:
        # A terminal that was closed is no reason to stop.
        with suppress(OSError):
            if report.ready:
                sys.stdout.write(f"{report.ready}\n")
                sys.stdout.flush()
            else:
                screen.write(f"{report.progress or report.error}\n")

    return tell


def _run(plan: StackPlan, tell: Tell) -> int:
    try:
        data = DataDirectory(plan.data)
        data.create()
        with open_log(data.log("supervisor")) as log:
            os.dup2(log.fileno(), 2)
        set_up_logs("standalone")
        with Supervisor(plan, tell=lambda line: tell(Report(progress=line))) as supervisor:
            if supervisor.bring_up():
                tell(Report(ready=supervisor.endpoints.reader_url))
                supervisor.watch()
            tell(Report(progress="stopping"))
    except StackRunningError as error:
        tell(Report(error=str(error), holder=error.pid, in_use=True))
        return IN_USE
    except PressmarkError as error:
        tell(Report(error=str(error)))
        return 1
    return 0


def _main() -> int:
    plan = StackPlan.model_validate_json(sys.stdin.buffer.readline())
    return _run(plan, _teller_of_person() if "--foreground" in sys.argv else _tell_program)


if __name__ == "__main__":
    sys.exit(_main())
