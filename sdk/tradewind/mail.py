"""Mail: sending it with the configured SMTP server (or whatever `[email] email_backend` names), and telling of failed attempts."""

from __future__ import annotations

import html
import logging
import mimetypes
import os
import re
import smtplib
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formatdate
from typing import Any

from tradewind.exceptions import AirflowConfigException

logger = logging.getLogger("task")

DEFAULT_SENDER = "airflow@example.com"


def get_email_address_list(addresses: str | Iterable[str]) -> list[str]:
    """`a@x, b@x` or a list → the addresses."""
    if isinstance(addresses, str):
        return [a for a in re.split(r"\s*[,;]\s*", addresses.strip()) if a]
    if not isinstance(addresses, Iterable):
        raise TypeError(f"Unexpected argument type: Received '{type(addresses).__name__}'.")
    items = list(addresses)
    if not all(isinstance(a, str) for a in items):
        raise TypeError("The items in your iterable must be strings.")
    return [a for item in items for a in get_email_address_list(item)]


# -- a message ----------------------------------------------------------------------------------------


def build_mime_message(
    mail_from: str | None,
    to: str | Iterable[str],
    subject: str,
    html_content: str,
    files: list[str] | None = None,
    cc: str | Iterable[str] | None = None,
    bcc: str | Iterable[str] | None = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    custom_headers: dict[str, Any] | None = None,
) -> tuple[MIMEMultipart, list[str]]:
    """The message and everybody it goes to."""
    recipients = get_email_address_list(to)
    message = MIMEMultipart(mime_subtype)
    message["Subject"] = " ".join(subject.split("\n")).strip()
    if mail_from:
        message["From"] = mail_from
    message["To"] = ", ".join(recipients)
    if cc:
        copies = get_email_address_list(cc)
        message["CC"] = ", ".join(copies)
        recipients = recipients + copies
    if bcc:
        recipients = recipients + get_email_address_list(bcc)
    message["Date"] = formatdate(localtime=True)
    message.attach(MIMEText(html_content, "html", mime_charset))
    for path in files or []:
        message.attach(_attachment(path))
    for name, value in (custom_headers or {}).items():
        message[name] = value
    return message, recipients


def _attachment(path: str) -> MIMEApplication:
    name = os.path.basename(path)
    kind, _ = mimetypes.guess_type(path)
    main, _, sub = (kind or "").partition("/")
    with open(path, "rb") as f:
        part = MIMEApplication(f.read(), sub if main == "application" and sub else "octet-stream", Name=name)
    part["Content-Disposition"] = f'attachment; filename="{name}"'
    part["Content-ID"] = f"<{name}>"
    return part


# -- sending ------------------------------------------------------------------------------------------


def send_email(
    to: Any,
    subject: str,
    html_content: str,
    files: list[str] | None = None,
    dryrun: bool = False,
    cc: Any = None,
    bcc: Any = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    conn_id: str | None = None,
    custom_headers: dict[str, Any] | None = None,
    from_email: str | None = None,
    **kwargs: Any,
) -> Any:
    """Send through `[email] email_backend`: ours, or the function the configuration names."""
    from tradewind.conf import conf

    backend = _backend()
    ours = backend is send_email_smtp
    return backend(
        to if ours else ", ".join(get_email_address_list(to)),
        subject,
        html_content,
        files=files,
        dryrun=dryrun,
        cc=cc,
        bcc=bcc,
        mime_subtype=mime_subtype,
        mime_charset=mime_charset,
        conn_id=conn_id or conf.get("email", "email_conn_id", fallback=None),
        from_email=from_email if ours else from_email or conf.get("email", "from_email", fallback=None),
        custom_headers=custom_headers,
        **kwargs,
    )


def _backend() -> Any:
    """The function that `[email] email_backend` names; by default, and by Airflow's name for it, ours."""
    from tradewind.conf import conf

    path = conf.get("email", "email_backend", fallback="")
    if not path or path.endswith(".send_email_smtp"):
        return send_email_smtp
    return conf.getimport("email", "email_backend")


def send_email_smtp(
    to: str | Iterable[str],
    subject: str,
    html_content: str,
    files: list[str] | None = None,
    dryrun: bool = False,
    cc: str | Iterable[str] | None = None,
    bcc: str | Iterable[str] | None = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    conn_id: str | None = "smtp_default",
    from_email: str | None = None,
    custom_headers: dict[str, Any] | None = None,
    **_: Any,
) -> None:
    """Through the server of the connection, or of `[smtp]`."""
    server = Server.configured(conn_id)
    sender = from_email or server.sender
    message, recipients = build_mime_message(
        sender, to, subject, html_content, files, cc, bcc, mime_subtype, mime_charset, custom_headers
    )
    if not dryrun:
        server.send(sender, recipients, message)


def send_mime_email(
    e_from: str, e_to: Any, mime_msg: Any, conn_id: str = "smtp_default", dryrun: bool = False
) -> None:
    """Hand a message that is ready to the server of the connection, or of `[smtp]`."""
    if not dryrun:
        Server.configured(conn_id).send(e_from, get_email_address_list(e_to), mime_msg)


@dataclass
class Server:
    """An SMTP server and how to speak to it."""

    host: str = "localhost"
    port: int = 25
    starttls: bool = True
    ssl: bool = False
    context: str = "default"
    timeout: int = 30
    tries: int = 5
    user: str | None = None
    password: str | None = None
    sender: str = DEFAULT_SENDER

    @classmethod
    def configured(cls, conn_id: str | None) -> Server:
        """As `[smtp]` and `[email]` say; what the connection says, if there is one, goes before."""
        from tradewind.conf import conf

        said = conf.get("smtp", "smtp_mail_from", fallback=None)
        server = cls(
            host=conf.get("smtp", "smtp_host", fallback=None) or cls.host,
            port=conf.getint("smtp", "smtp_port", fallback=cls.port),
            starttls=conf.getboolean("smtp", "smtp_starttls", fallback=True),
            ssl=conf.getboolean("smtp", "smtp_ssl", fallback=False),
            context=conf.get("email", "ssl_context", fallback=None) or cls.context,
            timeout=conf.getint("smtp", "smtp_timeout", fallback=cls.timeout),
            tries=conf.getint("smtp", "smtp_retry_limit", fallback=cls.tries),
            user=conf.get("smtp", "smtp_user", fallback=None) or None,
            password=conf.get("smtp", "smtp_password", fallback=None) or None,
        )
        if said and said != DEFAULT_SENDER:
            server.sender = said
        else:
            server.sender = conf.get("email", "from_email", fallback=None) or DEFAULT_SENDER
        server._take(_connection(conn_id))
        return server

    def _take(self, connection: Any) -> None:
        from tradewind.conf import conf

        if connection is None:
            return
        extra = connection.extra_dejson
        self.user, self.password = connection.login or self.user, connection.password or self.password
        if conf.compat() == 2:  # there it has the credentials, and nothing else
            return
        if connection.host:  # a connection that names a server says all of it, by its own defaults
            self.host = connection.host
            self.ssl = not _yes(extra.get("disable_ssl", False))
            self.starttls = not _yes(extra.get("disable_tls", False))
            self.port = connection.port or (smtplib.SMTP_SSL_PORT if self.ssl else smtplib.SMTP_PORT)
        self.context = extra.get("ssl_context") or self.context
        self.timeout = int(extra.get("timeout") or self.timeout)
        self.tries = int(extra.get("retry_limit") or self.tries)
        self.sender = extra.get("from_email") or self.sender

    def _tls(self) -> ssl.SSLContext | None:
        if self.context == "none":
            return None
        if self.context == "default":
            return ssl.create_default_context()
        raise AirflowConfigException(
            "The email.ssl_context configuration variable must be set to 'default' or 'none' "
            f"and is '{self.context}'."
        )

    def _connect(self) -> smtplib.SMTP:
        for attempt in range(1, self.tries + 1):
            try:
                if self.ssl:
                    return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=self._tls())
                return smtplib.SMTP(self.host, self.port, timeout=self.timeout)
            except smtplib.SMTPServerDisconnected:
                if attempt == self.tries:
                    raise
        raise AirflowConfigException("[smtp] smtp_retry_limit must be at least 1")

    def send(self, sender: str, recipients: list[str], message: Any) -> None:
        with self._connect() as session:
            if self.starttls and not self.ssl:
                session.starttls(context=self._tls())
            if self.user and self.password:
                session.login(self.user, self.password)
            session.sendmail(sender, recipients, message.as_string())
        logger.info("Sent an alert email to %s", recipients)


def _yes(value: Any) -> bool:
    return str(value).strip().lower() in ("true", "t", "1", "yes", "on")


def _connection(conn_id: str | None) -> Any:
    from tradewind import secrets_backends

    if not conn_id:
        return None
    try:
        return secrets_backends.get_connection(conn_id)
    except Exception:  # there is none: [smtp] says it all
        return None


# -- a failed attempt ---------------------------------------------------------------------------------

_ABOUT_SENDER = {"conn_id": "email_conn_id", "from_email": "from_email"}
_SUBJECT = "Airflow alert: {{ti}}"
_BODY = (
    "Try {{try_number}} out of {{max_tries + 1}}<br>"
    "Exception:<br>{{exception_html}}<br>"
    'Log: <a href="{{ti.log_url}}">Link</a><br>'
    "Host: {{ti.hostname}}<br>"
    'Mark success: <a href="{{ti.mark_success_url}}">Link</a><br>'
)


def send_failure(task: Any, ti: Any, context: Any, error: Any) -> None:
    """Tell the addresses in the task's `email`. What goes wrong is logged: the attempt has ended already."""
    from tradewind.conf import conf

    try:
        subject, body = _texts(ti, context, error)
        backend = _backend()
        if backend is send_email_smtp or conf.compat() == 2:
            send_email(task.email, subject, body)
        else:  # 3 gives such a backend the addresses as the task has them
            about = {k: conf.get("email", n, fallback=None) for k, n in _ABOUT_SENDER.items()}
            backend(task.email, subject, body, **about)
    except Exception:
        logger.exception("Failed to send email notification")


def _texts(ti: Any, context: Any, error: Any) -> tuple[str, str]:
    from tradewind.templater import make_environment

    env = make_environment()
    values = {
        **context,
        "ti": ti,
        "exception": error,
        "exception_html": html.escape(str(error)).replace("\n", "<br>"),
        "try_number": ti.try_number,
        "max_tries": ti.max_tries,
    }
    subject = env.from_string(_template("subject_template", _SUBJECT)).render(values)
    return subject, env.from_string(_template("html_content_template", _BODY)).render(values)


def _template(key: str, default: str) -> str:
    from tradewind.conf import conf

    path = conf.get("email", key, fallback=None)
    if path and os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            return f.read()
    return default
