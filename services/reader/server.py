"""Runs the public pages: `python -m services.reader.server`."""

from services.reader.app import serve

if __name__ == "__main__":
    serve()
