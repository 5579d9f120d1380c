"""Runs the replay of stored pages: `python -m services.reader.replay.server`."""

from services.reader.replay.app import serve

if __name__ == "__main__":
    serve()
