"""Mail through a real SMTP server: what arrives, from whom, over what, and what is said when it does not."""

from __future__ import annotations

import email
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tradewind import mail
from tradewind.conf import conf


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Inbox:
    """An SMTP server in a thread of its own, and what it got."""

    def __init__(self, **options: Any) -> None:
        self.got: list[Any] = []
        self.logins: list[tuple[bytes, bytes]] = []
        if options.pop("auth", False):
            options.update(authenticator=self._check, auth_required=True, auth_require_tls=False)
        self.controller = Controller(self, "127.0.0.1", free_port(), ready_timeout=30, **options)

    def _check(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.got.append(envelope)
        return "250 OK"

    def message(self) -> Message:
        [envelope] = self.got
        return email.message_from_bytes(envelope.content)

    @property
    def port(self) -> int:
        return self.controller.port


@pytest.fixture
def start() -> Iterator[Any]:
    begun: list[Any] = []

    def begin(**options: Any) -> Inbox:
        inbox = Inbox(**options)
        inbox.controller.start()
        begun.append(inbox.controller)
        return inbox

    yield begin
    for controller in begun:
        controller.stop()


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Any:
    def configure(inbox: Inbox, **more: str) -> None:
        said = {
            "SMTP__SMTP_HOST": "127.0.0.1",
            "SMTP__SMTP_PORT": str(inbox.port),
            "SMTP__SMTP_STARTTLS": "False",
            **more,
        }
        for name, value in said.items():
            monkeypatch.setenv(f"AIRFLOW__{name}", value)

    conf.set_compat(3)
    return configure


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
        + ["-keyout", str(folder / "key"), "-out", str(folder / "cert")],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert", folder / "key")
    return context


def text_of(message: Message) -> str:
    part = next(p for p in message.walk() if p.get_content_type() == "text/html")
    return part.get_payload(decode=True).decode()  # type: ignore[union-attr]


def test_a_mail_has_its_parts(start: Any, settings: Any, tmp_path: Path) -> None:
    inbox = start()
    settings(inbox)
    file = tmp_path / "rows.csv"
    file.write_text("a,b\n1,2\n")
    mail.send_email(
        "a@x, b@x;c@x",
        "Grüße",
        "<b>ü</b>",
        files=[str(file)],
        cc="d@x",
        bcc=["e@x"],
        custom_headers={"X-Why": "test"},
    )
    [envelope] = inbox.got
    assert envelope.rcpt_tos == ["a@x", "b@x", "c@x", "d@x", "e@x"]
    message = inbox.message()
    assert email.header.decode_header(message["Subject"])[0][0].decode() == "Grüße"
    assert (message["To"], message["CC"], message["X-Why"]) == ("a@x, b@x, c@x", "d@x", "test")
    assert message["Bcc"] is None and "e@x" not in message.as_string()
    assert text_of(message) == "<b>ü</b>"
    attached = [p for p in message.walk() if p.get_filename() == "rows.csv"]
    assert attached[0].get_payload(decode=True) == b"a,b\n1,2\n"


def test_who_it_is_from(start: Any, settings: Any) -> None:
    for said, given, expected in [
        ({}, None, "airflow@example.com"),
        ({"EMAIL__FROM_EMAIL": "team@x"}, None, "team@x"),
        ({"EMAIL__FROM_EMAIL": "team@x", "SMTP__SMTP_MAIL_FROM": "smtp@x"}, None, "smtp@x"),
        ({"SMTP__SMTP_MAIL_FROM": "smtp@x"}, "me@x", "me@x"),
    ]:
        inbox = start()
        settings(inbox, **{"EMAIL__FROM_EMAIL": "", "SMTP__SMTP_MAIL_FROM": "airflow@example.com", **said})
        mail.send_email("a@x", "s", "b", from_email=given)
        assert inbox.got[0].mail_from == expected and inbox.message()["From"] == expected


def test_it_signs_in_over_tls_and_checks_the_certificate(
    start: Any, settings: Any, certificate: ssl.SSLContext
) -> None:
    inbox = start(auth=True, tls_context=certificate)
    settings(
        inbox,
        SMTP__SMTP_STARTTLS="True",
        SMTP__SMTP_USER="me",
        SMTP__SMTP_PASSWORD="right",
        EMAIL__SSL_CONTEXT="none",
    )
    mail.send_email("a@x", "s", "b")
    assert inbox.logins == [(b"me", b"right")] and len(inbox.got) == 1
    settings(inbox, SMTP__SMTP_STARTTLS="True", EMAIL__SSL_CONTEXT="default")
    with pytest.raises(ssl.SSLCertVerificationError):
        mail.send_email("a@x", "s", "b")


def test_a_server_without_tls_gets_nothing_when_tls_is_wanted(start: Any, settings: Any) -> None:
    inbox = start()
    settings(inbox, SMTP__SMTP_STARTTLS="True", SMTP__SMTP_USER="me", SMTP__SMTP_PASSWORD="right")
    with pytest.raises(smtplib.SMTPNotSupportedError):
        mail.send_email("a@x", "s", "b")
    assert not inbox.got and not inbox.logins


def test_the_connection_goes_before_the_configuration(
    start: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, right = start(auth=True), start(auth=True)
    settings(wrong)
    extra = "disable_ssl=true&disable_tls=true&from_email=conn%40x"
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", f"smtp://me:right@127.0.0.1:{right.port}?{extra}")
    mail.send_email("a@x", "s", "b")
    assert not wrong.got and right.got[0].mail_from == "conn@x" and right.logins == [(b"me", b"right")]
    right.got.clear()
    conf.set_compat(2)  # credentials only
    mail.send_email("a@x", "s", "b")
    assert len(wrong.got) == 1 and not right.got


def own_backend(to: str, subject: str, html_content: str, **kwargs: Any) -> None:
    own_calls.append((to, subject, html_content, kwargs["conn_id"], kwargs["from_email"]))


own_calls: list[Any] = []


def test_another_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__EMAIL__EMAIL_BACKEND", f"{__name__}.own_backend")
    monkeypatch.setenv("AIRFLOW__EMAIL__EMAIL_CONN_ID", "ses")
    monkeypatch.setenv("AIRFLOW__EMAIL__FROM_EMAIL", "team@x")
    mail.send_email(["a@x", "b@x"], "s", "b")
    assert own_calls == [("a@x, b@x", "s", "b", "ses", "team@x")]


def failing() -> tuple[Any, Any]:
    task = SimpleNamespace(email="a@x")
    ti = SimpleNamespace(
        try_number=2, max_tries=3, hostname="h", log_url="http://log", mark_success_url="http://mark"
    )
    return task, ti


def test_a_failure_is_told_with_the_templates_that_are_configured(
    start: Any, settings: Any, tmp_path: Path
) -> None:
    inbox = start()
    settings(inbox)
    task, ti = failing()
    mail.send_failure(task, ti, {"run_id": "r"}, ValueError("a < b\nc"))
    assert text_of(inbox.message()).startswith("Try 2 out of 4<br>Exception:<br>a &lt; b<br>c<br>")
    inbox.got.clear()
    (tmp_path / "subject").write_text("{{ run_id }} is\nbroken")
    (tmp_path / "body").write_text("<p>{{ exception_html }}</p>")
    settings(
        inbox,
        EMAIL__SUBJECT_TEMPLATE=str(tmp_path / "subject"),
        EMAIL__HTML_CONTENT_TEMPLATE=str(tmp_path / "body"),
    )
    mail.send_failure(task, ti, {"run_id": "r"}, "lost")
    assert inbox.message()["Subject"] == "r is broken"
    assert text_of(inbox.message()) == "<p>lost</p>"


def test_a_server_that_is_away_is_logged_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW__SMTP__SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("AIRFLOW__SMTP__SMTP_PORT", "1")
    mail.send_failure(*failing(), {}, "lost")
    assert "Failed to send email notification" in caplog.text
