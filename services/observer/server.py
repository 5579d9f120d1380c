"""Runs the observer: `python -m services.observer.server`."""

from services.observer.app import serve

if __name__ == "__main__":
    serve()
