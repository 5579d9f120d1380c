"""`python -m services.pressmark` is the `pressmark` program."""

from services.pressmark.program import main

main()
