"""What is installed beside the engine is told by its API: providers with the forms of their connections, plugins and what is wrong with them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from engine import Engine

PROVIDER = """
def get_provider_info():
    return {
        "package-name": "acme-provider",
        "name": "Acme",
        "description": "`Acme <https://acme.example.org>`__ and its `hook`",
        "connection-types": [
            {
                "hook-class-name": "acme.told.Hook",
                "hook-name": "Acme cloud",
                "connection-type": "acme",
                "conn-fields": {
                    "region": {"label": "Region", "schema": {"type": ["string", "null"], "enum": ["eu", "us"]}},
                    "key": {"label": "Key", "schema": {"type": ["string", "null"], "format": "password"}},
                },
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "port"],
                    "relabeling": {"login": "Account"},
                    "placeholders": {"host": "acme.example.org"},
                },
            },
            {"hook-class-name": "acme.old.Hook", "connection-type": "acme_old"},
            {"hook-class-name": "acme.gone.Hook", "hook-name": "Gone", "connection-type": "acme_gone"},
        ],
    }
"""
OLD = """
class Hook:
    conn_type = "acme_old"
    hook_name = "Acme of before"
    default_conn_name = "acme_default"

    @classmethod
    def get_connection_form_widgets(cls):
        from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextFieldWidget
        from flask_babel import lazy_gettext
        from wtforms import BooleanField, IntegerField, PasswordField, StringField
        from wtforms.validators import Optional, any_of

        return {
            "project": StringField(lazy_gettext("Project"), widget=BS3TextFieldWidget()),
            "extra__acme_old__retries": IntegerField(lazy_gettext("Retries"), validators=[Optional()], default=5),
            "secret": PasswordField(lazy_gettext("Secret"), widget=BS3PasswordFieldWidget()),
            "fast": BooleanField(label=lazy_gettext("Fast"), description="Without a look back"),
            "mode": StringField("Mode", validators=[any_of(["a", "b"])]),
        }

    @classmethod
    def get_ui_field_behaviour(cls):
        return {"hidden_fields": ["port"], "relabeling": {"schema": "Database"}, "placeholders": {"host": "old.example.org"}}
"""
PLUGIN = """
from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import BaseHook

class House(BaseHook):
    conn_type = "in_house"
    hook_name = "In house"

    @staticmethod
    def get_ui_field_behaviour():
        return {"hidden_fields": ["schema"], "relabeling": {"host": "Machine"}, "placeholders": {}}

def shout(text):
    return text.upper()

class OurPlugin(AirflowPlugin):
    name = "ours"
    macros = [shout]
    hooks = [House]
    external_views = [{"name": "Wiki", "href": "https://wiki.example.org", "destination": "nav"}]
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("installed")
    site = folder / "site"
    dist = site / "acme_provider-1.2.3.dist-info"
    dist.mkdir(parents=True)
    (dist / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: acme-provider\nVersion: 1.2.3\n"
    )
    (dist / "entry_points.txt").write_text(
        "[apache_airflow_provider]\nprovider_info=acme.info:get_provider_info\n"
    )
    (site / "acme").mkdir()
    (site / "acme" / "__init__.py").write_text("")
    (site / "acme" / "info.py").write_text(PROVIDER)
    (site / "acme" / "old.py").write_text(OLD)
    plugins = folder / "plugins"
    plugins.mkdir()
    (plugins / "ours.py").write_text(PLUGIN)
    (plugins / "broken.py").write_text("import no_such_module_at_all\n")
    engine = Engine(folder, TRADEWIND__CORE__PLUGINS_FOLDER=str(plugins))
    engine.env["PYTHONPATH"] += os.pathsep + str(site)
    try:
        engine.run("db", "migrate")
        engine.serve()
        yield engine
    finally:
        engine.stop()


def get(engine: Engine, path: str) -> Any:
    status, body = engine.ask("GET", path)
    assert status == 200, (path, status, body)
    return body


def form(engine: Engine, kind: str) -> Any:
    return {f["connection_type"]: f for f in get(engine, "/ui/connections/hook_meta")}[
        kind
    ]


def test_providers_are_those_that_are_installed(engine: Engine) -> None:
    found = {
        p["package_name"]: p
        for p in get(engine, "/api/v2/providers?limit=1000")["providers"]
    }
    assert found["acme-provider"]["version"] == "1.2.3"
    assert found["acme-provider"]["description"] == "Acme and its hook"
    assert "apache-airflow-providers-standard" in found
    page = get(engine, "/api/v2/providers?limit=1")
    assert len(page["providers"]) == 1 and page["total_entries"] == len(found)


def test_a_provider_says_what_its_form_is(engine: Engine) -> None:
    acme = form(engine, "acme")
    assert acme["hook_name"] == "Acme cloud"
    assert (
        acme["standard_fields"]["url_schema"]["hidden"]
        and acme["standard_fields"]["port"]["hidden"]
    )
    assert acme["standard_fields"]["login"] == {
        "hidden": False,
        "title": "Account",
        "placeholder": None,
    }
    assert acme["standard_fields"]["host"]["placeholder"] == "acme.example.org"
    assert acme["standard_fields"]["password"] is None
    assert acme["extra_fields"]["region"]["schema"]["enum"] == ["eu", "us"]
    assert acme["extra_fields"]["key"]["schema"]["format"] == "password"


def test_a_hook_of_before_is_asked_for_its_form_without_flask(engine: Engine) -> None:
    old = form(engine, "acme_old")
    assert (old["hook_name"], old["default_conn_name"]) == (
        "Acme of before",
        "acme_default",
    )
    fields = {k: v["schema"] for k, v in old["extra_fields"].items()}
    assert fields["project"] == {"type": ["string", "null"], "title": "Project"}
    assert fields["retries"] == {
        "type": ["integer", "null"],
        "title": "Retries",
        "default": 5,
    }
    assert fields["secret"]["format"] == "password"
    assert (
        fields["fast"]["type"] == ["boolean", "null"]
        and old["extra_fields"]["fast"]["description"] == "Without a look back"
    )
    assert fields["mode"]["enum"] == ["a", "b"]
    assert old["standard_fields"]["url_schema"]["title"] == "Database"


def test_a_hook_that_cannot_be_imported_has_the_plain_form(engine: Engine) -> None:
    gone = form(engine, "acme_gone")
    assert (gone["hook_name"], gone["standard_fields"], gone["extra_fields"]) == (
        "Gone",
        None,
        None,
    )


def test_what_is_not_installed_is_known_by_its_common_fields(engine: Engine) -> None:
    assert (
        form(engine, "postgres")["standard_fields"]["url_schema"]["title"] == "Database"
    )
    assert form(engine, "fs")["standard_fields"]["host"]["hidden"]


def test_plugins_and_what_is_wrong_with_them(engine: Engine) -> None:
    plugins = get(engine, "/api/v2/plugins")
    (ours,) = plugins["plugins"]
    assert ours["name"] == "ours" and ours["source"].endswith("ours.py")
    assert ours["macros"] == ["ours.shout"]
    assert ours["external_views"] == [
        {"name": "Wiki", "href": "https://wiki.example.org", "destination": "nav"}
    ]
    (error,) = get(engine, "/api/v2/plugins/importErrors")["import_errors"]
    assert (
        error["source"].endswith("broken.py")
        and "no_such_module_at_all" in error["error"]
    )
    house = form(engine, "in_house")
    assert (
        house["standard_fields"]["host"]["title"] == "Machine"
        and house["standard_fields"]["url_schema"]["hidden"]
    )
    assert json.dumps(plugins)  # nothing but plain data


def test_what_is_no_provider_is_said_before_anything_is_installed(engine: Engine) -> None:
    refused = engine.run("providers", "install", "postgres>=6.2", "two words", check=False)
    assert refused.returncode == 1 and refused.stdout == ""
    assert refused.stderr.strip() == "error: 'two words' is no name of a provider; write it as postgres or 'postgres>=6'"


def test_a_providers_version_stays_what_it_is() -> None:
    from tradewind.commands import _package

    assert _package("cncf.kubernetes>=10.1,<11") == "apache-airflow-providers-cncf-kubernetes>=10.1,<11"
    assert _package("apache-airflow-providers-http==5.0") == "apache-airflow-providers-http==5.0"
