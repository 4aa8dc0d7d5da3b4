"""Forms of connections that are known without their provider: what the fields of a connection mean to each type."""

from __future__ import annotations

from typing import Any

_PARTS = ("description", "url_schema", "host", "port", "login", "password")


def field(title: str, schema: dict[str, Any], description: str | None = None) -> dict[str, Any]:
    """One field of the extra, as a Param is told of."""
    return {
        "value": schema.get("default"),
        "schema": {**schema, "title": title},
        "description": description,
        "source": None,
    }


def _standard(behaviour: dict[str, Any]) -> dict[str, Any] | None:
    if not behaviour:
        return None
    hidden = behaviour.get("hidden_fields") or ()
    names, hints = behaviour.get("relabeling") or {}, behaviour.get("placeholders") or {}
    out: dict[str, Any] = {}
    for part in _PARTS:
        name = "schema" if part == "url_schema" else part
        told = name in hidden or names.get(name) or hints.get(name)
        out[part] = (
            {
                "hidden": name in hidden,
                "title": str(names[name]) if names.get(name) else None,
                "placeholder": str(hints[name]) if hints.get(name) else None,
            }
            if told
            else None
        )
    return out


def form(
    kind: str, title: str, hook: str | None, behaviour: dict[str, Any], extra: dict[str, Any]
) -> dict[str, Any]:
    return {
        "connection_type": kind,
        "hook_class_name": hook or None,
        "default_conn_name": None,
        "hook_name": title,
        "standard_fields": _standard(behaviour),
        "extra_fields": extra or None,
    }


_TEXT: dict[str, Any] = {"type": ["string", "null"]}
_SECRET: dict[str, Any] = {"type": ["string", "null"], "format": "password"}
_YES: dict[str, Any] = {"type": ["boolean", "null"]}
_NUMBER: dict[str, Any] = {"type": ["integer", "null"]}


def _choice(*values: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "enum": list(values)}


# type → name, fields' other names, fields that mean nothing to it, examples, what goes into the extra
_KNOWN: dict[str, tuple[str, dict[str, str], tuple[str, ...], dict[str, str], dict[str, dict[str, Any]]]] = {
    "generic": ("Generic", {}, (), {}, {}),
    "email": ("Email", {}, (), {}, {}),
    "fs": (
        "File (path)",
        {},
        ("host", "port", "login", "password", "schema"),
        {},
        {"path": field("Path", _TEXT, "The folder that paths are relative to")},
    ),
    "http": ("HTTP", {"schema": "Protocol"}, (), {"host": "api.example.org", "schema": "https"}, {}),
    "postgres": ("Postgres", {"schema": "Database"}, (), {"host": "db.example.org", "port": "5432"}, {}),
    "mysql": ("MySQL", {"schema": "Database"}, (), {"host": "db.example.org", "port": "3306"}, {}),
    "mssql": ("Microsoft SQL Server", {"schema": "Database"}, (), {"port": "1433"}, {}),
    "oracle": ("Oracle", {}, (), {"port": "1521"}, {}),
    "sqlite": (
        "SQLite",
        {"host": "File"},
        ("port", "login", "password", "schema"),
        {"host": "/data/my.db"},
        {},
    ),
    "redis": (
        "Redis",
        {},
        ("schema",),
        {"port": "6379"},
        {"db": field("Database", _NUMBER), "ssl": field("TLS", _YES)},
    ),
    "mongo": (
        "MongoDB",
        {"schema": "Database"},
        (),
        {"port": "27017"},
        {"srv": field("By SRV record", _YES)},
    ),
    "ssh": (
        "SSH",
        {"login": "User name"},
        ("schema",),
        {"port": "22"},
        {
            "key_file": field("Private key file", _TEXT),
            "private_key": field("Private key", _SECRET),
            "private_key_passphrase": field("Passphrase of the key", _SECRET),
            "host_key": field("Host key", _TEXT),
            "no_host_key_check": field(
                "Take any host key", _YES, "Whoever answers at the address is believed"
            ),
            "conn_timeout": field("Seconds to connect", _NUMBER),
        },
    ),
    "sftp": (
        "SFTP",
        {"login": "User name"},
        ("schema",),
        {"port": "22"},
        {
            "key_file": field("Private key file", _TEXT),
            "private_key": field("Private key", _SECRET),
            "host_key": field("Host key", _TEXT),
            "no_host_key_check": field("Take any host key", _YES),
        },
    ),
    "ftp": ("FTP", {}, ("schema",), {"port": "21"}, {"passive": field("Passive", _YES)}),
    "smtp": (
        "SMTP",
        {},
        ("schema",),
        {"port": "587"},
        {
            "from_email": field("From", _TEXT),
            "timeout": field("Seconds to wait", {**_NUMBER, "default": 30}),
            "disable_ssl": field("No TLS from the start", _YES),
            "disable_tls": field("No STARTTLS", _YES),
        },
    ),
    "aws": (
        "Amazon Web Services",
        {"login": "Access key ID", "password": "Secret access key"},
        ("host", "port", "schema"),
        {},
        {
            "region_name": field("Region", _TEXT),
            "role_arn": field("Role to assume (ARN)", _TEXT),
            "endpoint_url": field("Endpoint", _TEXT),
        },
    ),
    "google_cloud_platform": (
        "Google Cloud",
        {},
        ("host", "port", "login", "password", "schema"),
        {},
        {
            "project": field("Project", _TEXT),
            "key_path": field("Key file", _TEXT),
            "keyfile_dict": field("Key (JSON)", _SECRET),
            "scope": field("Scopes, between commas", _TEXT),
            "num_retries": field("Retries", {**_NUMBER, "default": 5}),
        },
    ),
    "snowflake": (
        "Snowflake",
        {},
        ("port", "host"),
        {},
        {
            "account": field("Account", _TEXT),
            "warehouse": field("Warehouse", _TEXT),
            "database": field("Database", _TEXT),
            "region": field("Region", _TEXT),
            "role": field("Role", _TEXT),
            "private_key_file": field("Private key file", _TEXT),
            "authenticator": field("Authenticator", _TEXT),
        },
    ),
    "docker": (
        "Docker",
        {"host": "Registry"},
        ("schema",),
        {},
        {"email": field("E-mail", _TEXT), "reauth": field("Sign in again", _YES)},
    ),
    "kubernetes": (
        "Kubernetes",
        {},
        ("host", "port", "login", "password", "schema"),
        {},
        {
            "in_cluster": field("In this cluster", _YES),
            "kube_config_path": field("kubeconfig file", _TEXT),
            "namespace": field("Namespace", _TEXT),
            "cluster_context": field("Context", _TEXT),
        },
    ),
    "slack": (
        "Slack",
        {"password": "Token"},
        ("host", "port", "login", "schema"),
        {"password": "xoxb-…"},
        {},
    ),
    "kafka": (
        "Apache Kafka",
        {},
        ("host", "port", "login", "password", "schema"),
        {},
        {
            "bootstrap.servers": field("Brokers", _TEXT, "host:port, between commas"),
            "security.protocol": field("Protocol", _choice("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")),
        },
    ),
    "spark": (
        "Apache Spark",
        {"host": "Master"},
        ("schema", "login", "password"),
        {"host": "spark://host"},
        {},
    ),
    "trino": ("Trino", {"schema": "Catalog"}, (), {"port": "8080"}, {}),
    "elasticsearch": ("Elasticsearch", {}, (), {"port": "9200"}, {}),
    "jdbc": (
        "JDBC",
        {"host": "Connection URL"},
        ("port", "schema"),
        {"host": "jdbc:postgresql://db.example.org/shop"},
        {"driver_class": field("Driver class", _TEXT), "driver_path": field("Driver file", _TEXT)},
    ),
    "odbc": ("ODBC", {"schema": "Database"}, (), {}, {"Driver": field("Driver", _TEXT)}),
}


def known() -> list[dict[str, Any]]:
    return [
        form(kind, title, None, {"relabeling": names, "hidden_fields": hidden, "placeholders": hints}, extra)
        for kind, (title, names, hidden, hints, extra) in _KNOWN.items()
    ]
