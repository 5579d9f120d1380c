"""Serves the API and runs its jobs: `python -m services.admin.server`."""

from services.admin.api.app import serve

if __name__ == "__main__":
    serve()
