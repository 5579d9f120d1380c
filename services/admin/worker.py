"""Does what the archive does by itself: `python -m services.admin.worker`."""

from services.admin.app import serve

if __name__ == "__main__":
    serve()
