"""People sign in with what a directory knows of them: FAB's auth manager with AUTH_LDAP, against slapd."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from auth_test import ask
from fab_test import MANAGER

from engine import Engine, free_port, wait_until

# TW_SLAPD: the root of an unpacked slapd package; else the installed one.
ROOT = Path(os.environ.get("TW_SLAPD", "/"))
SLAPD = ROOT / "usr/sbin/slapd"
BASE = "dc=example,dc=org"
CONF = """
include {root}/etc/ldap/schema/core.schema
include {root}/etc/ldap/schema/cosine.schema
include {root}/etc/ldap/schema/inetorgperson.schema
modulepath {root}/usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {folder}/slapd.pid
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
database mdb
suffix "{base}"
rootdn "cn=root,{base}"
rootpw root
directory {folder}/db
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
"""
PEOPLE = {"ada": ("Ada", "Lovelace", ["admins", "night"]), "bob": ("Bob", "Ross", ["night"]), "a*(b)": ("Odd", "Name", [])}


def ldif() -> str:
    text = f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: e\ndc: example\n\n"
    text += f"dn: cn=reader,{BASE}\nobjectClass: person\ncn: reader\nsn: r\nuserPassword: reads\n\n"
    for uid, (first, last, groups) in PEOPLE.items():
        text += f"dn: uid={uid},{BASE}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {first}\ngivenName: {first}\nsn: {last}\n"
        text += f"mail: {first.lower()}@example.org\nuserPassword: {first}'s\n"
        text += "".join(f"memberOf: cn={g},{BASE}\n" for g in groups) + "\n"
    text += f"dn: cn=everybody,{BASE}\nobjectClass: groupOfNames\ncn: everybody\nmember: cn=staff,{BASE}\nmemberOf: cn=staff,{BASE}\n\n"
    text += f"dn: cn=staff,{BASE}\nobjectClass: groupOfNames\ncn: staff\nmember: cn=night,{BASE}\nmemberOf: cn=everybody,{BASE}\n\n"
    for group in ("admins", "night"):
        members = [u for u, (_, _, groups) in PEOPLE.items() if group in groups]
        text += f"dn: cn={group},{BASE}\nobjectClass: groupOfNames\ncn: {group}\n"
        text += f"memberOf: cn=staff,{BASE}\n" if group == "night" else ""
        text += "".join(f"member: uid={m},{BASE}\n" for m in members) + "\n"
    return text


@dataclass
class Directory:
    url: str
    tls: str
    cert: Path
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    if not SLAPD.exists():
        said = "slapd is not here: install Debian's package slapd"
        pytest.fail(said) if os.environ.get("CI") else pytest.skip(said)
    folder = tmp_path_factory.mktemp("slapd")
    (folder / "db").mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=directory", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")], check=True, capture_output=True)  # fmt: skip
    conf = folder / "slapd.conf"
    conf.write_text(CONF.format(root=str(ROOT).rstrip("/"), folder=folder, base=BASE))
    (folder / "people.ldif").write_text(ldif())
    env = {**os.environ, "LD_LIBRARY_PATH": ":".join(str(ROOT / d) for d in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"))} if str(ROOT) != "/" else None
    added = subprocess.run([SLAPD, "-T", "add", "-f", conf, "-l", folder / "people.ldif"], check=False, env=env, capture_output=True, text=True)
    assert added.returncode == 0, added.stderr
    port, tls = free_port(), free_port()
    process = subprocess.Popen([SLAPD, "-f", conf, "-h", f"ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls}", "-d", "0"], env=env, stderr=subprocess.DEVNULL)

    def listens() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False

    wait_until(listens, 20, "slapd does not listen")
    yield Directory(f"ldap://127.0.0.1:{port}", f"ldaps://127.0.0.1:{tls}", folder / "cert.pem", process)
    process.terminate()
    process.wait(20)
    shutil.rmtree(folder)


def engine(folder: Path, **options: str) -> Engine:
    told = {f"TRADEWIND__FAB__{k.upper()}": v for k, v in options.items()}
    e = Engine(folder, TRADEWIND__CORE__AUTH_MANAGER=MANAGER, TRADEWIND__FAB__AUTH_TYPE="AUTH_LDAP", **told)
    e.run("db", "migrate")
    e.run("users", "create", "-u", "root", "-f", "F", "-l", "L", "-e", "root@x", "-r", "Admin", "-p", "of the house")
    e.serve()
    return e


def sign_in(e: Engine, name: str, word: str) -> int:
    return ask(e, "POST", "/auth/token", {"username": name, "password": word}).status


def of(e: Engine, name: str) -> dict:
    return next(u for u in e.json("users", "list") if u["username"] == name)


def test_found_and_asked(directory: Directory, tmp_path: Path) -> None:
    mapping = {f"cn=admins,{BASE}": ["Admin"], f"cn=night,{BASE}": ["Viewer", "nobody knows this one"]}
    e = engine(tmp_path, auth_ldap_server=directory.url, auth_ldap_bind_user=f"cn=reader,{BASE}", auth_ldap_bind_password="reads",
               auth_ldap_search=BASE, auth_ldap_search_filter="(objectClass=inetOrgPerson)", auth_user_registration="True",
               auth_user_registration_role="Public", auth_roles_mapping=json.dumps(mapping), auth_rate_limit="100 per 1 second")  # fmt: skip
    try:
        assert sign_in(e, "ada", "Ada's") == 201
        ada = of(e, "ada")
        assert (ada["first_name"], ada["last_name"], ada["email"], sorted(ada["roles"])) == ("Ada", "Lovelace", "ada@example.org", ["Admin", "Public", "Viewer"])
        assert sign_in(e, "bob", "Bob's") == 201 and sorted(of(e, "bob")["roles"]) == ["Public", "Viewer"]
        for name, word in (("ada", "wrong"), ("ada", " "), ("ada", "reads"), ("nobody", "x"), ("*", "Ada's"), ("a*", "Ada's"), ("reader", "reads"),
                           ("ada)(uid=*", "Ada's"), (f"uid=ada,{BASE}", "Ada's"), ("ad\\61", "Ada's")):  # fmt: skip
            assert sign_in(e, name, word) == 401, name
        assert sign_in(e, "ada", "") == 400
        assert sign_in(e, "a*(b)", "Odd's") == 201 and of(e, "a*(b)")["first_name"] == "Odd"
        assert sign_in(e, "root", "of the house") == 201  # whom the directory does not know has a password of the house
        e.run("users", "remove-role", "-u", "ada", "-r", "Admin")
        assert sign_in(e, "ada", "Ada's") == 201 and "Admin" not in of(e, "ada")["roles"]  # not brought up to date unless told
        assert "reads" not in e.run("config", "list").stdout
    finally:
        e.stop()


def test_with_tls_by_a_name_that_is_made(directory: Directory, tmp_path: Path) -> None:
    e = engine(tmp_path, auth_ldap_server=directory.tls, auth_ldap_tls_cacertfile=str(directory.cert),
               auth_ldap_username_format=f"uid=%s,{BASE}", auth_ldap_search=BASE, auth_user_registration="True",
               auth_user_registration_role="Viewer", auth_roles_sync_at_login="True")  # fmt: skip
    try:
        assert sign_in(e, "bob", "Bob's") == 201 and of(e, "bob")["roles"] == ["Viewer"]
        assert sign_in(e, "bob", "wrong") == 401 and sign_in(e, f"bob,{BASE}", "Bob's") == 401
        e.run("users", "add-role", "-u", "bob", "-r", "Op")
        assert sign_in(e, "bob", "Bob's") == 201 and of(e, "bob")["roles"] == ["Viewer"]  # as the directory says
    finally:
        e.stop()


def test_start_tls_and_groups_of_groups(directory: Directory, tmp_path: Path) -> None:
    mapping = {f"cn=night,{BASE}": ["Viewer"], f"cn=everybody,{BASE}": ["User"]}  # everybody and staff are members of each other
    e = engine(tmp_path, auth_ldap_server=directory.url, auth_ldap_use_tls="True", auth_ldap_tls_cacertfile=str(directory.cert),
               auth_ldap_bind_user=f"cn=reader,{BASE}", auth_ldap_bind_password="reads", auth_ldap_search=BASE,
               auth_user_registration="True", auth_roles_mapping=json.dumps(mapping), auth_roles_sync_at_login="True",
               auth_ldap_use_nested_groups_for_roles="True")  # fmt: skip
    try:
        assert sign_in(e, "bob", "Bob's") == 201 and sorted(of(e, "bob")["roles"]) == ["Public", "User", "Viewer"]
        assert sign_in(e, "bob", "wrong") == 401
        e.stop()
        del e.env["TRADEWIND__FAB__AUTH_LDAP_TLS_CACERTFILE"]  # nobody vouches for its certificate: nothing is sent
        e.serve()
        assert sign_in(e, "bob", "Bob's") == 401 and "StartTLS: the LDAP server" in (e.home / "api-server.log").read_text()
        e.stop()
        e.env["TRADEWIND__FAB__AUTH_LDAP_ALLOW_SELF_SIGNED"] = "True"
        e.serve()
        assert sign_in(e, "bob", "Bob's") == 201
    finally:
        e.stop()


def test_others_sign_in_while_a_directory_is_silent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        e = engine(tmp_path, auth_ldap_server=f"ldap://127.0.0.1:{silent.getsockname()[1]}", auth_ldap_username_format=f"uid=%s,{BASE}")
        try:
            waiting = [threading.Thread(target=sign_in, args=(e, "bob", "x")) for _ in range(6)]
            for t in waiting:
                t.start()
            began = time.monotonic()
            for _ in range(10):
                assert ask(e, "GET", "/api/v2/version").status == 200
            assert time.monotonic() - began < 3
            for t in waiting:
                t.join()
        finally:
            e.stop()


def test_a_directory_that_is_not_trusted_or_not_there(directory: Directory, tmp_path: Path) -> None:
    e = engine(tmp_path, auth_ldap_server=directory.tls, auth_ldap_username_format=f"uid=%s,{BASE}",
               auth_user_registration="True", auth_ldap_search=BASE)  # fmt: skip
    try:
        assert sign_in(e, "bob", "Bob's") == 401 and sign_in(e, "root", "of the house") == 201
        assert "sign-in by LDAP: the LDAP server" in (e.home / "api-server.log").read_text()
        e.stop()
        e.env["TRADEWIND__FAB__AUTH_LDAP_SERVER"] = "http://example.org"
        assert "auth_ldap_server: it must be ldap://host" in e.run("api-server", check=False).stderr
        e.env.update(TRADEWIND__FAB__AUTH_LDAP_USE_TLS="True", TRADEWIND__FAB__AUTH_LDAP_SERVER=directory.tls)
        assert "is StartTLS, which begins at ldap://" in e.run("api-server", check=False).stderr
    finally:
        e.stop()
