"""`python -m services.standalone.outlet --port 8080 --day 1`."""

import typer

from services.standalone.outlet.server import main

typer.run(main)
