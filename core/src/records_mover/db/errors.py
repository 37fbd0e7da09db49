"""What 1.x raised of loading and unloading, by its names: the errors that are raised now."""

from __future__ import annotations

from records_mover.errors import CredsError, LoadUnloadError, NoRouteError

__all__ = [
    "CredsDoNotSupportS3Export",
    "CredsDoNotSupportS3Import",
    "DatabaseDoesNotSupportS3Export",
    "LoadError",
    "LoadUnloadError",
    "NoTemporaryBucketConfiguration",
    "S3ExportNotSupported",
    "UnloadError",
]

LoadError = UnloadError = LoadUnloadError

# Without scratch space, or for a database that cannot export, there is no route.
NoTemporaryBucketConfiguration = S3ExportNotSupported = NoRouteError
DatabaseDoesNotSupportS3Export = NoRouteError

CredsDoNotSupportS3Import = CredsDoNotSupportS3Export = CredsError
