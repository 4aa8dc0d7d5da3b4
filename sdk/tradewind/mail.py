"""Sending mail with the configured SMTP server."""

from __future__ import annotations

import mimetypes
import os
import re
import smtplib
import ssl
from collections.abc import Iterable
from email.message import EmailMessage
from typing import Any

from tradewind.exceptions import AirflowConfigException


def get_email_address_list(addresses: str | Iterable[str]) -> list[str]:
    """`a@x, b@x` or a list → the addresses."""
    if isinstance(addresses, str):
        return [a for a in re.split(r"\s*[,;]\s*", addresses.strip()) if a]
    if not isinstance(addresses, Iterable) or not all(isinstance(a, str) for a in addresses):
        raise TypeError(f"Unexpected argument type: Received '{type(addresses).__name__}'.")
    return [a for item in addresses for a in get_email_address_list(item)]


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
) -> tuple[EmailMessage, list[str]]:
    """The message and everybody it goes to."""
    recipients = get_email_address_list(to)
    message = EmailMessage()
    message["Subject"] = subject
    if mail_from:
        message["From"] = mail_from
    message["To"] = ", ".join(recipients)
    if cc:
        copies = get_email_address_list(cc)
        message["CC"] = ", ".join(copies)
        recipients = recipients + copies
    if bcc:
        recipients = recipients + get_email_address_list(bcc)
    from email.utils import formatdate

    message["Date"] = formatdate(localtime=True)
    message.set_content(html_content, subtype="html", charset=mime_charset)
    for path in files or []:
        kind, _ = mimetypes.guess_type(path)
        main, _, sub = (kind or "application/octet-stream").partition("/")
        with open(path, "rb") as f:
            message.add_attachment(f.read(), maintype=main, subtype=sub, filename=os.path.basename(path))
    for name, value in (custom_headers or {}).items():
        message[name] = value
    return message, recipients


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

    path = conf.get("email", "email_backend", fallback="")
    if path and not path.endswith(".send_email_smtp"):
        return conf.getimport("email", "email_backend")(
            get_email_address_list(to),
            subject,
            html_content,
            files=files,
            dryrun=dryrun,
            cc=cc,
            bcc=bcc,
            mime_subtype=mime_subtype,
            mime_charset=mime_charset,
            conn_id=conn_id,
            from_email=from_email or conf.get("email", "from_email", fallback=None),
            custom_headers=custom_headers,
            **kwargs,
        )
    return send_email_smtp(
        to,
        subject,
        html_content,
        files=files,
        dryrun=dryrun,
        cc=cc,
        bcc=bcc,
        mime_subtype=mime_subtype,
        mime_charset=mime_charset,
        conn_id=conn_id or conf.get("email", "email_conn_id", fallback=None),
        from_email=from_email,
        custom_headers=custom_headers,
    )


def send_email_smtp(
    to: Any,
    subject: str,
    html_content: str,
    files: list[str] | None = None,
    dryrun: bool = False,
    cc: Any = None,
    bcc: Any = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    conn_id: str | None = "smtp_default",
    from_email: str | None = None,
    custom_headers: dict[str, Any] | None = None,
    **_: Any,
) -> None:
    from tradewind.conf import conf

    sender = from_email or conf.get("smtp", "smtp_mail_from", fallback=None) or "airflow@example.com"
    message, recipients = build_mime_message(
        sender, to, subject, html_content, files, cc, bcc, mime_subtype, mime_charset, custom_headers
    )
    send_mime_email(sender, recipients, message, conn_id or "smtp_default", dryrun)


def send_mime_email(
    e_from: str, e_to: Any, mime_msg: Any, conn_id: str = "smtp_default", dryrun: bool = False
) -> None:
    """Hand the message to the server of the connection, or of `[smtp]`."""
    from tradewind import secrets_backends
    from tradewind.conf import conf

    host = conf.get("smtp", "smtp_host", fallback="localhost") or "localhost"
    port = conf.getint("smtp", "smtp_port", fallback=25)
    starttls = conf.getboolean("smtp", "smtp_starttls", fallback=True)
    use_ssl = conf.getboolean("smtp", "smtp_ssl", fallback=False)
    timeout = conf.getint("smtp", "smtp_timeout", fallback=30)
    tries = conf.getint("smtp", "smtp_retry_limit", fallback=5)
    user = conf.get("smtp", "smtp_user", fallback=None)
    password = conf.get("smtp", "smtp_password", fallback=None)
    connection = None
    try:
        connection = secrets_backends.get_connection(conn_id)
    except Exception:
        connection = None
    if connection is not None:
        extra = connection.extra_dejson
        host, port = connection.host or host, connection.port or port
        user, password = connection.login or user, connection.password or password
        use_ssl = not extra.get("disable_ssl", not use_ssl)
        starttls = not extra.get("disable_tls", not starttls)
    if dryrun:
        return
    for attempt in range(1, tries + 1):
        try:
            if use_ssl:
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    host, port, timeout=timeout, context=ssl.create_default_context()
                )
            else:
                server = smtplib.SMTP(host, port, timeout=timeout)
        except smtplib.SMTPServerDisconnected:
            if attempt == tries:
                raise
            continue
        with server:
            if starttls and not use_ssl and server.has_extn("starttls") is not False:
                server.ehlo()
                if server.has_extn("starttls"):
                    server.starttls(context=ssl.create_default_context())
            if user and password:
                server.login(user, password)
            server.send_message(mime_msg, from_addr=e_from, to_addrs=list(e_to))
        return
    raise AirflowConfigException(f"no mail server at {host}:{port}")
