"""An append-only Merkle log that anyone can check: hashing (RFC 6962), tiles and checkpoints (C2SP)."""

from shared.proof.merkle import (
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from shared.proof.notes import Checkpoint, LogKey, VerifierKey, open_checkpoint
from shared.proof.tiles import TileTree, entry_bundle, grow, read_bundle, tile_path

__all__ = [
    "Checkpoint",
    "LogKey",
    "ProofError",
    "TileTree",
    "VerifierKey",
    "consistency_proof",
    "entry_bundle",
    "grow",
    "inclusion_proof",
    "leaf_hash",
    "open_checkpoint",
    "read_bundle",
    "root_of",
    "tile_path",
    "verify_consistency",
    "verify_inclusion",
]
