"""Media types of the files that hold evidence, as the store keeps them and as servers give them out."""

__all__ = ["WACZ_TYPE", "WARC_TYPE"]

WARC_TYPE = "application/warc"
"""WARC 1.1, annex B; members compressed with gzip are no coding of the message."""
WACZ_TYPE = "application/wacz"
"""What replay programs know a WACZ file by."""
