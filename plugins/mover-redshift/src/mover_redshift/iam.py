"""Temporary database credentials from IAM, for clusters and for serverless workgroups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from records_mover.errors import ConfigError, CredsError
from records_mover.parts import Creds
from records_mover.secret import Secret

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["NAMES", "iam_creds", "with_credentials"]

NAMES = frozenset({"iam", "cluster_identifier", "workgroup", "region", "db_groups", "auto_create"})
"""What a URL may say of IAM: ``redshift://user@/db?iam=true&cluster_identifier=c&region=r``."""

CLUSTER, SERVERLESS = "redshift-iam", "redshift-serverless"
_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose credentials are wanted."""

    database: str
    cluster: str = ""
    workgroup: str = ""
    user: str = ""
    region: str | None = None
    groups: tuple[str, ...] = ()
    auto_create: bool = False


def iam_creds(name: str) -> Creds | None:
    """Answer for ``redshift-iam:CLUSTER:DATABASE:USER`` and ``redshift-serverless:GROUP:DATABASE``.

    Any other name is none of ours.
    """
    kind, *words = name.split(":")
    if kind == CLUSTER and len(words) == 3 and all(words):
        asked = Asked(cluster=words[0], database=words[1], user=words[2])
    elif kind == SERVERLESS and len(words) == 2 and all(words):
        asked = Asked(workgroup=words[0], database=words[1])
    else:
        return None
    facts = _found(asked)
    return Creds(provider="redshift-iam", facts={"type": "redshift", **facts})


def with_credentials(url: URL) -> URL:
    """Return the URL with the host, user and password that IAM gives, if it asks for any."""
    if str(url.query.get("iam", "")).lower() not in ("true", "1", "yes"):
        return url
    said = {name: str(url.query.get(name, "")) for name in NAMES}
    asked = Asked(
        database=url.database or "dev",
        cluster=said["cluster_identifier"],
        workgroup=said["workgroup"],
        user=url.username or "",
        region=said["region"] or None,
        groups=tuple(filter(None, said["db_groups"].split(","))),
        auto_create=said["auto_create"].lower() in ("true", "1", "yes"),
    )
    if bool(asked.cluster) == bool(asked.workgroup):
        raise ConfigError(
            "a Redshift URL with iam=true names a cluster or a workgroup",
            "add cluster_identifier=NAME or workgroup=NAME to its query",
        )
    found = _found(asked)
    password = found["password"]
    return url.difference_update_query(list(NAMES)).set(
        host=url.host or str(found["host"]),
        port=url.port or int(str(found["port"])),
        username=str(found["user"]),
        password=password.reveal() if isinstance(password, Secret) else password,
        database=asked.database,
    )


def _found(asked: Asked) -> dict[str, str | Secret]:
    from botocore.exceptions import BotoCoreError, ClientError

    what = f"the cluster '{asked.cluster}'" if asked.cluster else f"'{asked.workgroup}'"
    try:
        return _of_cluster(asked) if asked.cluster else _of_workgroup(asked)
    except (BotoCoreError, ClientError) as error:
        reason = str(error).replace("\n", " ")
    raise CredsError(
        f"IAM gives no credentials for {what}: {reason}",
        "check the AWS credentials and region, and the names of the cluster and of the user",
    )


def _client(service: str, region: str | None) -> Any:
    import boto3

    return boto3.client(service, region_name=region)


def _of_cluster(asked: Asked) -> dict[str, str | Secret]:
    client = _client("redshift", asked.region)
    (cluster,) = client.describe_clusters(ClusterIdentifier=asked.cluster)["Clusters"]
    groups = {"DbGroups": list(asked.groups)} if asked.groups else {}
    found = client.get_cluster_credentials(
        DbUser=asked.user,
        DbName=asked.database,
        ClusterIdentifier=asked.cluster,
        DurationSeconds=_SECONDS,
        AutoCreate=asked.auto_create,
        **groups,
    )
    return _facts(cluster["Endpoint"], found["DbUser"], found["DbPassword"], asked)


def _of_workgroup(asked: Asked) -> dict[str, str | Secret]:
    client = _client("redshift-serverless", asked.region)
    group = client.get_workgroup(workgroupName=asked.workgroup)["workgroup"]
    found = client.get_credentials(
        dbName=asked.database, workgroupName=asked.workgroup, durationSeconds=_SECONDS
    )
    endpoint = {"Address": group["endpoint"]["address"], "Port": group["endpoint"]["port"]}
    return _facts(endpoint, found["dbUser"], found["dbPassword"], asked)


def _facts(
    endpoint: dict[str, Any], user: str, password: str, asked: Asked
) -> dict[str, str | Secret]:
    return {
        "host": str(endpoint["Address"]),
        "port": str(endpoint["Port"]),
        "user": user,
        "password": Secret(password),
        "database": asked.database,
    }
