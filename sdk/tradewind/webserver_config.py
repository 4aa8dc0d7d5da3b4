"""Airflow's webserver_config.py: what it defines, and a security manager of the team's own that says who somebody is.

The file is Python that imports Flask-AppBuilder and Airflow's FAB provider; neither is here. Stand-ins give it the
constants and a class to derive from; whatever else it imports of them may be named and is never called.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import logging
import os
import runpy
import ssl
import sys
import types
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

AUTH_TYPES = {
    0: "AUTH_OID",
    1: "AUTH_DB",
    2: "AUTH_LDAP",
    3: "AUTH_REMOTE_USER",
    4: "AUTH_OAUTH",
    5: "AUTH_SAML",
}
CONSTANTS = {name: number for number, name in AUTH_TYPES.items()}
# Of these names the file's values are handed on; others of Flask's and FAB's are about pages that are not here.
PREFIXES = ("AUTH_", "OAUTH_")
MANAGERS = ("SECURITY_MANAGER_CLASS", "FAB_SECURITY_MANAGER_CLASS")
# Who overrides one of these decides who comes in, or what they may: it cannot be left out in silence.
DECIDES = (
    "add_user auth_user_db auth_user_ldap auth_user_oauth auth_user_oid auth_user_remote_user auth_user_saml "
    "authdbview authldapview authoauthview authoidview authremoteuserview before_request find_role find_user "
    "get_roles_from_keys get_user_roles has_access _ldap_calculate_user_roles _oauth_calculate_user_roles"
).split()
TELLS = ("get_oauth_user_info", "oauth_user_info")
# Modules that are replaced whatever is installed: real ones want an application around them.
STAND_INS = (
    "flask_appbuilder",
    "airflow.www",
    "airflow.providers.fab",
    "airflow.auth.managers.fab",
)
# These only where they are not installed.
IF_MISSING = (
    "flask",
    "flask_login",
    "flask_session",
    "flask_caching",
    "flask_limiter",
    "flask_wtf",
    "flask_babel",
    "flask_openid",
    "werkzeug",
    "authlib",
)

logger = logging.getLogger(__name__)


# ── stand-ins ───────────────────────────────────────────────────────────────────────────


class Nothing(type):
    """A class of whatever name: may be derived from, called as a decorator, and asked for more of its kind."""

    def __getattr__(cls, name: str) -> Any:
        if name in CONSTANTS:  # `from flask_appbuilder import const`
            return CONSTANTS[name]
        if name.startswith("__"):
            raise AttributeError(name)
        return _nothing(name)


def _nothing(name: str) -> Any:
    return Nothing(name, (_Base,), {})


class _Base:
    def __init__(self, *args: Any, **kwargs: Any):
        pass

    def __init_subclass__(cls, **kwargs: Any):
        pass

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) else self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _nothing(name)


class SecurityManager:
    """What a security manager of the team's own derives from. What it does not say itself the engine does."""

    def __init__(self, appbuilder: Any):
        self.appbuilder = appbuilder

    @property
    def oauth_remotes(self) -> dict[str, Any]:
        return self.appbuilder.remotes

    @property
    def auth_type(self) -> int:
        return int(self.appbuilder.get_app.config.get("AUTH_TYPE", CONSTANTS["AUTH_OAUTH"]))

    def get_oauth_user_info(self, provider: str, resp: Any = None) -> dict[str, Any]:
        return dict(self.appbuilder.by_rule)

    def oauth_user_info(self, provider: str, response: Any = None) -> dict[str, Any]:
        return self.get_oauth_user_info(provider, response)


class _StandIn(types.ModuleType):
    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith(("SecurityManager", "SecurityManagerOverride", "SecurityManagerV2")):
            return SecurityManager
        return _nothing(name)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self) -> None:
        self.roots = [*STAND_INS, *(r for r in IF_MISSING if importlib.util.find_spec(r) is None)]

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if any(fullname == r or fullname.startswith(f"{r}.") for r in self.roots):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        parents = {p for r in self.roots for p in _parents(r)} - {"airflow"}
        if fullname in parents and not _there(fullname):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: Any) -> types.ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _there(name: str) -> bool:
    for finder in sys.meta_path:
        if not isinstance(finder, _Finder) and hasattr(finder, "find_spec"):
            parent = sys.modules.get(name.rpartition(".")[0])
            if finder.find_spec(name, getattr(parent, "__path__", None)) is not None:
                return True
    return False


# ── the file ────────────────────────────────────────────────────────────────────────────


def execute(path: str) -> dict[str, Any]:
    for name in [m for m in sys.modules if m in STAND_INS or m.startswith(tuple(f"{s}." for s in STAND_INS))]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder())
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    config = os.path.join(os.path.dirname(os.path.abspath(path)), "config")
    if os.path.isdir(config):
        sys.path.insert(1, config)
    return runpy.run_path(path, run_name="webserver_config")


def _plain(value: Any) -> Any:
    """As JSON has it; LookupError: it is something else."""
    try:
        return json.loads(json.dumps(value, default=_as_list))
    except (TypeError, ValueError) as e:
        raise LookupError(str(e)) from None


def _as_list(value: Any) -> Any:
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no plain value")


def _manager(names: dict[str, Any]) -> type | None:
    for name in MANAGERS:
        manager = names.get(name)
        if isinstance(manager, str):
            module, _, attribute = manager.rpartition(".")
            manager = getattr(importlib.import_module(module), attribute)
        if manager is not None and manager is not SecurityManager:
            return manager if isinstance(manager, type) else None
    return None


def _own(manager: type) -> set[str]:
    """What the team's classes say themselves."""
    return {n for c in manager.__mro__ if c not in SecurityManager.__mro__ for n in vars(c)}


def read(question: dict[str, Any]) -> dict[str, Any]:
    """Its settings, and what there is to say of those that cannot be honoured."""
    names = execute(question["file"])
    settings: dict[str, Any] = {}
    told: list[str] = []
    for name, value in names.items():
        if not name.startswith(PREFIXES) or name in CONSTANTS:
            continue
        try:
            settings[name] = _plain(value)
        except LookupError as e:
            told.append(f"{name} has no effect: {e}")
    kind = settings.get("AUTH_TYPE")
    if kind is not None:
        settings["AUTH_TYPE"] = AUTH_TYPES.get(kind, str(kind))
    out: dict[str, Any] = {"settings": settings, "told": told, "asks": False}
    manager = _manager(names)
    if manager is not None:
        own = _own(manager)
        out["manager"] = f"{manager.__module__}.{manager.__qualname__}".replace("webserver_config.", "", 1)
        out["asks"] = bool(own.intersection(TELLS))
        out["refused"] = sorted(own.intersection(DECIDES))
    return out


# ── who somebody is ─────────────────────────────────────────────────────────────────────


class _Response:
    """As much of a response as such code looks at."""

    def __init__(self, status: int, headers: Any, content: bytes):
        self.status_code = self.status = status
        self.headers = headers
        self.content = self.data = content

    @property
    def ok(self) -> bool:
        return self.status_code < 400

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        if not self.ok:
            raise RuntimeError(f"HTTP status {self.status_code}")


class _Remote:
    """One of `oauth_remotes`: the provider, asked with the token that the person has brought along."""

    def __init__(self, question: dict[str, Any]):
        app = question.get("remote_app") or {}
        self.name = question["provider"]
        self.token = question.get("response") or {}
        self.client_id = app.get("client_id")
        self.client_secret = app.get("client_secret")
        self.client_kwargs = app.get("client_kwargs") or {}
        self.api_base_url = app.get("api_base_url") or ""
        self.access_token_url = app.get("access_token_url")
        self.authorize_url = app.get("authorize_url")
        self.server_metadata = {
            **(question.get("metadata") or {}),
            **{k: v for k, v in app.items() if isinstance(v, str)},
        }
        self._claims = question.get("claims") or {}

    def load_server_metadata(self) -> dict[str, Any]:
        return self.server_metadata

    def request(self, method: str, url: str, token: Any = None, **kwargs: Any) -> _Response:
        if "://" not in url and self.api_base_url:
            url = urllib.parse.urljoin(self.api_base_url.rstrip("/") + "/", url.lstrip("/"))
        if kwargs.get("params"):
            url += ("&" if "?" in url else "?") + urllib.parse.urlencode(kwargs["params"], doseq=True)
        if not url.startswith(("https://", "http://")):
            raise ValueError(f"{url!r} is no http or https URL: remote_app has no api_base_url")
        token = token if isinstance(token, dict) else self.token
        data = kwargs.get("data")
        body = urllib.parse.urlencode(data).encode() if isinstance(data, dict) else data
        if "json" in kwargs:
            body = json.dumps(kwargs["json"]).encode()
        headers = {"Accept": "application/json", "Authorization": f"Bearer {token.get('access_token')}"}
        headers.update({"Content-Type": "application/json"} if "json" in kwargs else {})
        headers.update(kwargs.get("headers") or {})
        asked = urllib.request.Request(url, data=body, headers=headers, method=method)
        try:
            with urllib.request.urlopen(
                asked, timeout=kwargs.get("timeout") or 10, context=self._tls()
            ) as got:  # noqa: S310
                return _Response(got.status, got.headers, got.read())
        except urllib.error.HTTPError as e:
            return _Response(e.code, e.headers, e.read())

    def _tls(self) -> ssl.SSLContext:
        verify = self.client_kwargs.get("verify", True)
        context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
        if verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def get(self, url: str, **kwargs: Any) -> _Response:
        return self.request("GET", url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> _Response:
        return self.request("POST", url, **kwargs)

    def userinfo(self, **kwargs: Any) -> Any:
        return self.get(self.server_metadata.get("userinfo_endpoint") or "userinfo").json()

    def parse_id_token(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return dict(self._claims)  # the engine has checked it

    def fetch_jwk_set(self, **kwargs: Any) -> Any:
        return self.get(self.server_metadata["jwks_uri"]).json()


class _Appbuilder:
    def __init__(self, names: dict[str, Any], question: dict[str, Any]):
        self.get_app = self.app = types.SimpleNamespace(
            config={k: v for k, v in names.items() if k.isupper()}
        )
        self.remotes = {question["provider"]: _Remote(question)}
        self.by_rule = question.get("info") or {}
        self.sm: Any = None


def user_info(question: dict[str, Any]) -> dict[str, Any]:
    """What the security manager says of who has come: the keys of FAB's userinfo."""
    names = execute(question["file"])
    manager = _manager(names)
    info = dict(question.get("info") or {})
    if manager is not None and _own(manager).intersection(TELLS):
        appbuilder = _Appbuilder(names, question)
        appbuilder.sm = manager(appbuilder)
        ask = appbuilder.sm.get_oauth_user_info
        if "get_oauth_user_info" not in _own(manager):
            ask = appbuilder.sm.oauth_user_info
        info = ask(question["provider"], question.get("response") or {}) or {}
        if not isinstance(info, dict):
            raise TypeError(f"get_oauth_user_info() gave {type(info).__name__}, not a dictionary")
    expression = names.get("AUTH_USER_REGISTRATION_ROLE_JMESPATH")
    if expression:
        import jmespath  # type: ignore[import-untyped]

        info["registration_role"] = jmespath.search(expression, info)
    return {"info": _plain(info)}
