"""The values and protocols that cross the plugin line: what a part is asked, offers and does."""

from __future__ import annotations

from records_mover.parts.answers import NAME_SCRATCH, read_answers, write_answers
from records_mover.parts.databases import (
    Database,
    DatabaseKind,
    ExistingMode,
    Fingerprinting,
    Foreseeing,
    Interruptible,
    Keeping,
    Landing,
    PublishRequest,
    Relenting,
    Rereading,
    Reshaping,
)
from records_mover.parts.forms import Form, FormKind, Offer, Refusal, Staging, Tier
from records_mover.parts.jobs import (
    Ask,
    FileNames,
    Loaded,
    Loader,
    LoadJob,
    Reject,
    RejectSink,
    Unloader,
    UnloadJob,
)
from records_mover.parts.kinds import Creds, FormatKind
from records_mover.parts.later import LaterLoader, LaterUnloader
from records_mover.parts.payloads import Batches, Files, Part, Payload, Stored, Streams
from records_mover.parts.stores import Reach, Stores
from records_mover.parts.tables import (
    Column,
    Fingerprint,
    Reshape,
    Selection,
    TableInfo,
    TableName,
)

__all__ = [
    "NAME_SCRATCH",
    "Ask",
    "Batches",
    "Column",
    "Creds",
    "Database",
    "DatabaseKind",
    "ExistingMode",
    "FileNames",
    "Files",
    "Fingerprint",
    "Fingerprinting",
    "Foreseeing",
    "Form",
    "FormKind",
    "FormatKind",
    "Interruptible",
    "Keeping",
    "Landing",
    "LaterLoader",
    "LaterUnloader",
    "LoadJob",
    "Loaded",
    "Loader",
    "Offer",
    "Part",
    "Payload",
    "PublishRequest",
    "Reach",
    "Refusal",
    "Reject",
    "RejectSink",
    "Relenting",
    "Rereading",
    "Reshape",
    "Reshaping",
    "Selection",
    "Staging",
    "Stored",
    "Stores",
    "Streams",
    "TableInfo",
    "TableName",
    "Tier",
    "UnloadJob",
    "Unloader",
    "read_answers",
    "write_answers",
]
