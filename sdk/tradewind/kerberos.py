"""A Kerberos ticket from a keytab, as hooks for Spark and Hadoop ask for it; `[kerberos]` says how."""

from __future__ import annotations

import logging
import shlex
import subprocess
import sys

log = logging.getLogger("airflow.security.kerberos")


def get_kerberos_principal(principal: str | None) -> str:
    """The principal for this host: `_HOST` stands for its name."""
    from tradewind.conf import conf
    from tradewind.helpers import get_hostname

    return principal or conf.get("kerberos", "principal").replace("_HOST", get_hostname())


def renew_from_kt(principal: str | None, keytab: str, exit_on_fail: bool = True) -> int:
    """Run kinit; its exit status. With `exit_on_fail` the process ends with it when it is not 0."""
    from tradewind.conf import conf

    lifetime = conf.get("kerberos", "reinit_frequency")
    command = [
        conf.get("kerberos", "kinit_path"),
        "-f" if conf.getboolean("kerberos", "forwardable") else "-F",
        "-a" if conf.getboolean("kerberos", "include_ip") else "-A",
        "-r",
        f"{lifetime}m",
        "-k",
        "-t",
        keytab,
        "-c",
        conf.get("kerberos", "ccache"),
        get_kerberos_principal(principal),
    ]
    log.info("Re-initialising kerberos from keytab: %s", shlex.join(command))
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        log.error("kinit ended with %d: %s%s", done.returncode, done.stdout, done.stderr)
        if exit_on_fail:
            sys.exit(done.returncode)
    return done.returncode
