"""The server by hand: ``python -m redshift_server --help``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from redshift_server.config import Keys, ServerConfig
from redshift_server.server import RedshiftServer
from standins.byhand import add_options, options_of, run

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(words: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM."""
    run(RedshiftServer(read_arguments(words)), lambda server: server.url)
    return 0


def read_arguments(words: Sequence[str] | None = None) -> ServerConfig:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="redshift_server",
        description="A strict stand-in for an Amazon Redshift cluster, for tests.",
    )
    add = parser.add_argument
    add(
        "--backend",
        required=True,
        metavar="URL",
        help="a superuser of a PostgreSQL 18 or later;"
        " the server makes a database of its own there and drops it at the end",
    )
    add("--s3-endpoint", default="", metavar="URL", help="the S3 server that COPY reads")
    add_options(parser, port=5439, user="awsuser", whose="master user", database="dev")
    add("--region", default="us-east-1", help="the cluster's region (default: %(default)s)")
    add(
        "--bucket-region",
        action="append",
        default=[],
        metavar="BUCKET=REGION",
        help="a bucket that lies in another region",
    )
    add(
        "--role",
        action="append",
        default=[],
        metavar="ARN=KEY_ID:SECRET[:TOKEN]",
        help="an IAM role and the keys that it stands for",
    )
    add("--default-role", default="", metavar="ARN", help="what IAM_ROLE default means")
    add("--slices", type=int, default=4, help="slices of the cluster (default: %(default)s)")
    add("--serverless", action="store_true", help="errors point to SYS_LOAD_ERROR_DETAIL")
    said = parser.parse_args(words)
    return ServerConfig(
        **options_of(said),
        s3_endpoint=said.s3_endpoint,
        slices=said.slices,
        serverless=said.serverless,
        region=said.region,
        bucket_regions=dict(pair.split("=", 1) for pair in said.bucket_region),
        roles={name: _keys(keys) for name, keys in (pair.split("=", 1) for pair in said.role)},
        default_role=said.default_role,
    )


def _keys(text: str) -> Keys:
    key_id, secret, *token = text.split(":", 2)
    return Keys(key_id=key_id, secret=secret, token=token[0] if token else "")


if __name__ == "__main__":
    raise SystemExit(main())
