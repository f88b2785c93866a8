"""Where files are kept: in a folder of this machine, or in a bucket of S3 or of a service that speaks like it."""

from pathlib import Path
from typing import Any

import environ

FOLDER = "django.core.files.storage.FileSystemStorage"
BUCKET = "storages.backends.s3.S3Storage"
#: Options of django-storages by the variables that AWS's own tools know, where there are such.
VARIABLES = {
    "bucket_name": "AWS_STORAGE_BUCKET_NAME",
    "endpoint_url": "AWS_S3_ENDPOINT_URL",
    "region_name": "AWS_S3_REGION_NAME",
    "access_key": "AWS_ACCESS_KEY_ID",
    "secret_key": "AWS_SECRET_ACCESS_KEY",
    "location": "AWS_LOCATION",
}
#: Files are private, are served by our own pages only, and never replace one another.
OPTIONS: dict[str, Any] = {
    "default_acl": None,
    "querystring_auth": True,
    "file_overwrite": False,
    "max_memory_size": 1 << 20,
}


#: The same for backups, which may lie elsewhere; what is not named is as for files.
BACKUP_VARIABLES = {option: name.replace("AWS_", "BACKUP_", 1) for option, name in VARIABLES.items()}
FALLBACKS = ("endpoint_url", "region_name", "access_key", "secret_key")


def files_storage(env: environ.Env) -> dict[str, Any]:
    """Return the storage of files: a bucket where one is named, else the folder `MEDIA_ROOT`."""
    given = {option: value for option, name in VARIABLES.items() if (value := env.str(name, ""))}
    if "bucket_name" not in given:
        return {"BACKEND": FOLDER}
    return {"BACKEND": BUCKET, "OPTIONS": {**OPTIONS, **given, "client_config": _manners()}}


def backups_storage(env: environ.Env, folder: Path) -> dict[str, Any]:
    """Return the storage of backups: a bucket where `BACKUP_STORAGE_BUCKET_NAME` names one, else the folder."""
    given = {option: value for option, name in BACKUP_VARIABLES.items() if (value := env.str(name, ""))}
    if "bucket_name" not in given:
        return {"BACKEND": FOLDER, "OPTIONS": {"location": str(folder), "file_permissions_mode": 0o600}}
    shared = {option: value for option in FALLBACKS if (value := env.str(VARIABLES[option], ""))}
    return {"BACKEND": BUCKET, "OPTIONS": {**OPTIONS, **shared, **given, "client_config": _manners()}}


def _manners() -> Any:
    """Return how a bucket is asked: briefly enough for who waits, and in a way that services beside Amazon's understand, too."""
    from botocore.config import Config

    return Config(
        signature_version="s3v4",
        connect_timeout=5,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 2},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def half_configured(env: environ.Env) -> list[str]:
    """Return what is missing of a bucket's settings, in sentences."""
    given = {option for option, name in VARIABLES.items() if env.str(name, "")}
    found: list[str] = []
    if "bucket_name" not in given and given & {"endpoint_url", "location"}:
        found.append("AWS_STORAGE_BUCKET_NAME is missing: files go to a folder of this machine.")
    if "bucket_name" in given and len(given & {"access_key", "secret_key"}) == 1:
        found.append("Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY one is missing.")
    if "bucket_name" in given and not given & {"endpoint_url", "region_name"}:
        found.append("AWS_S3_REGION_NAME or AWS_S3_ENDPOINT_URL must say where the bucket is.")
    return found
