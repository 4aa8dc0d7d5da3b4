"""What installed provider packages say about themselves."""

from __future__ import annotations

from typing import Any

_infos: list[tuple[str, str, dict[str, Any]]] | None = None


def infos() -> list[tuple[str, str, dict[str, Any]]]:
    """(package, version, description) of every installed provider, by package name."""
    global _infos
    if _infos is None:
        from tradewind.module_loading import entry_points_with_dist

        found = []
        for entry, dist in entry_points_with_dist("apache_airflow_provider"):
            try:
                found.append((dist.metadata["Name"], dist.version, entry.load()()))
            except Exception:  # a broken package must not break the others
                continue
        _infos = sorted(found, key=lambda item: item[0])
    return _infos


def hook_of(conn_type: str) -> dict[str, Any] | None:
    """Where the hook of a connection type is."""
    for package, version, info in infos():
        for item in info.get("connection-types", ()):
            if item.get("connection-type") == conn_type:
                return {
                    "hook_class_name": item["hook-class-name"],
                    "package_name": package,
                    "version": version,
                }
    return None


class ProvidersManager:
    """The part of Airflow's manager that providers themselves ask."""

    _instance: ProvidersManager | None = None

    def __new__(cls) -> ProvidersManager:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def initialize_providers_list(self) -> None:
        infos()

    initialize_providers_hooks = initialize_providers_list

    @property
    def providers(self) -> dict[str, Any]:
        return {package: _Info(version, info) for package, version, info in infos()}

    @property
    def hooks(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for package, _, info in infos():
            for item in info.get("connection-types", ()):
                out[item["connection-type"]] = _Info(
                    "", {"hook_class_name": item["hook-class-name"], "package_name": package}
                )
        return out

    def _names(self, key: str) -> list[str]:
        return [name for _, _, info in infos() for name in info.get(key, ())]

    @property
    def extra_links_class_names(self) -> list[str]:
        return self._names("extra-links")

    @property
    def secrets_backend_class_names(self) -> list[str]:
        return self._names("secrets-backends")

    @property
    def logging_class_names(self) -> list[str]:
        return self._names("logging")

    @property
    def filesystem_module_names(self) -> list[str]:
        return self._names("filesystems")

    @property
    def queue_class_names(self) -> list[str]:
        return self._names("queues")

    @property
    def asset_uri_handlers(self) -> dict[str, Any]:
        return {}

    @property
    def plugins(self) -> list[Any]:
        return []

    @property
    def taskflow_decorators(self) -> dict[str, Any]:
        return {d["name"]: d["class-name"] for _, _, i in infos() for d in i.get("task-decorators", ())}


class _Info:
    def __init__(self, version: str, data: dict[str, Any]):
        self.version = version
        self.data = data
        self.__dict__.update(data)
