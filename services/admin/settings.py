"""What an operator may change about what the archive does by itself, and the key of its log."""

from datetime import timedelta
from pathlib import Path

from pydantic import ByteSize, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.errors import SettingsError
from shared.proof import LogKey
from shared.settings import EvidenceSettings, LedgerSettings, LogSettings, PressmarkSettings, StoreSettings

__all__ = ["AdminApiSettings", "AuthoritySettings", "BackupSettings", "LogKeySettings", "UpkeepSettings"]


class LogKeySettings(PressmarkSettings):
    """The private key that signs what the log holds. Without one nothing is signed."""

    log_key: SecretStr | None = None
    """The log's private key itself, as `pressmark log new-key` makes it. Comes before `log_key_file`."""

    log_key_file: Path | None = None
    """A file that holds the log's private key, readable by its owner alone. `pressmark up` makes one."""

    def key(self) -> LogKey | None:
        """Return the key, None when none is set.

        Raises:
            SettingsError: It is damaged, or its file cannot be read.
        """
        if self.log_key is not None and self.log_key.get_secret_value():
            return LogKey.parse(self.log_key.get_secret_value())
        if self.log_key_file is None:
            return None
        try:
            return LogKey.parse(self.log_key_file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"PRESSMARK_LOG_KEY_FILE: {self.log_key_file} cannot be read ({error}); restore it from a copy"
            ) from None

    def needed_key(self) -> LogKey:
        """Return the key.

        Raises:
            SettingsError: There is none, or it is damaged.
        """
        key = self.key()
        if key is None:
            raise SettingsError(
                "there is no key for the log: set PRESSMARK_LOG_KEY_FILE to a file that "
                "'pressmark log new-key NAME -o FILE' makes"
            )
        return key


class AuthoritySettings(PressmarkSettings):
    """The time stamp authority (RFC 3161) that confirms when the log was signed. None is asked by default."""

    timestamp_url: str = ""
    """A time stamp authority (RFC 3161) that is asked for a stamp of the log's checkpoints. Empty: none is."""

    timestamp_certificates: Path | None = None
    """A PEM file with the certificates that the authority's chain ends in. No other stamps are kept."""


class UpkeepSettings(LogKeySettings, AuthoritySettings, LedgerSettings, StoreSettings, LogSettings):
    """What the archive does by itself, and how often."""

    log_interval: timedelta = timedelta(minutes=10)
    """Time between two checkpoints of the log while new records come in."""

    timestamp_interval: timedelta = timedelta(days=1)
    """Time between two checkpoints that are stamped, while new records come in."""

    book_interval: timedelta = timedelta(minutes=1)
    """Time between two looks whether the source files or the word of operators about merges have changed: both are
    written beside the evidence, so that a ledger that is lost can be rebuilt from the object store alone."""

    compact_interval: timedelta = timedelta(days=1)
    """Time between two runs that put small objects together into sealed ones."""

    compact_size: ByteSize = ByteSize(10**9)
    """Least size of a sealed object."""

    verify_interval: timedelta = timedelta(hours=1)
    """Time between two runs of the verification, each of which goes on where the last one ended."""

    verify_bytes: ByteSize = ByteSize(10**9)
    """Bytes of evidence that one run of the verification reads, or a little more."""

    webhook_log_age: timedelta = Field(default=timedelta(days=90), gt=timedelta(0))
    """How long the log of a webhook's deliveries is kept after they ended. The events themselves stay for ever."""

    webhook_log_interval: timedelta = timedelta(hours=1)
    """Time between two runs that delete older deliveries."""

    upkeep_pause: timedelta = Field(default=timedelta(seconds=10), gt=timedelta(0))
    """Pause before it is looked again what is due."""


class BackupSettings(LogKeySettings, LedgerSettings, StoreSettings):
    """What is backed up, and how an S3 server is reached that keeps backups."""

    backup_s3_endpoint: str | None = None
    """URL of the S3 server that backups go to; unset means that of the evidence."""

    backup_s3_access_key: SecretStr = SecretStr("")
    """Access key there; unset means that of the evidence."""

    backup_s3_secret_key: SecretStr = SecretStr("")
    """Secret key there; unset means that of the evidence."""

    backup_s3_region: str | None = None
    """Region there; unset means that of the evidence."""

    def of_backups(self, bucket: str) -> EvidenceSettings:
        """Return how a bucket for backups is reached."""
        return EvidenceSettings(
            endpoint=self.backup_s3_endpoint or self.s3_endpoint,
            bucket=bucket,
            access_key=(
                self.backup_s3_access_key.get_secret_value() or self.s3_access_key.get_secret_value()
            ),
            secret_key=(
                self.backup_s3_secret_key.get_secret_value() or self.s3_secret_key.get_secret_value()
            ),
            region=self.backup_s3_region or self.s3_region,
        )


class AdminApiSettings(PressmarkSettings):
    """Where the operators' API listens, and how much it does at once."""

    model_config = SettingsConfigDict(env_prefix="PRESSMARK_ADMIN_")

    host: str = "127.0.0.1"
    """The address to listen on. Loopback by default: opening the API to others is a decision, not an accident."""

    port: int = Field(default=8481, ge=0, le=65535)
    """The TCP port to listen on."""

    job_threads: int = Field(default=2, ge=1, le=32)
    """Jobs that one process runs at the same time."""

    connections: int = Field(default=8, ge=1)
    """Connections to the ledger that one process may hold for requests; each job may hold two more."""
