"""Writes engine/daemon/config_table.h from a table of options (section, option, type, default, since, sensitive, origin; tab separated, the
options of Airflow 3.3.2 and below them those of 2.11 with where they went). Usage: make_config_table.py config.tsv > config_table.h"""

import re
import sys

OURS = [
    ("core", "compat", "integer", "3", False),
    ("core", "native_operators", "boolean", "True", False),
    ("dag_processor", "parse_memory_limit_mib", "integer", "4096", False),
]
# Options whose default is another one here, and why.
CHANGED = {
    ("api", "host"): "127.0.0.1",  # loopback unless told otherwise
    ("core", "load_examples"): "False",  # the examples are a folder to point at
    ("database", "sql_alchemy_conn"): "",  # a file in the home
    ("core", "fernet_key"): "",  # made at first start, kept in the home
}
COMPAT2 = [
    ("core", "executor", "SequentialExecutor"),
    ("core", "dag_ignore_file_syntax", "regexp"),
    ("scheduler", "catchup_by_default", "True"),
    ("scheduler", "create_cron_data_intervals", "True"),
    ("scheduler", "create_delta_data_intervals", "True"),
    ("api", "fallback_page_limit", "100"),
]
# Where 2.x options went when the table only says that they are gone.
MOVED = {
    ("webserver", "web_server_host"): ("api", "host"),
    ("webserver", "web_server_port"): ("api", "port"),
    ("webserver", "base_url"): ("api", "base_url"),
    ("webserver", "secret_key"): ("api", "secret_key"),
    ("core", "sql_alchemy_conn"): ("database", "sql_alchemy_conn"),
    ("core", "base_log_folder"): ("logging", "base_log_folder"),
    ("core", "dag_concurrency"): ("core", "max_active_tasks_per_dag"),
    ("core", "non_pooled_task_slot_count"): ("core", "default_pool_task_slot_count"),
    ("core", "logging_level"): ("logging", "logging_level"),
    ("scheduler", "parsing_processes"): ("dag_processor", "parsing_processes"),
    ("scheduler", "max_threads"): ("dag_processor", "parsing_processes"),
    ("scheduler", "min_file_process_interval"): ("dag_processor", "min_file_process_interval"),
    ("scheduler", "stale_dag_threshold"): ("dag_processor", "stale_dag_threshold"),
    ("scheduler", "file_parsing_sort_mode"): ("dag_processor", "file_parsing_sort_mode"),
    ("scheduler", "print_stats_interval"): ("dag_processor", "print_stats_interval"),
    ("core", "dag_file_processor_timeout"): ("dag_processor", "dag_file_processor_timeout"),
    ("core", "dagbag_import_timeout"): ("dag_processor", "dag_file_processor_timeout"),
    ("scheduler", "scheduler_zombie_task_threshold"): ("scheduler", "task_instance_heartbeat_timeout"),
    ("scheduler", "zombie_detection_interval"): ("scheduler", "task_instance_heartbeat_timeout_detection_interval"),
    ("celery", "task_adoption_timeout"): ("scheduler", "task_queued_timeout"),
}


def c(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def main() -> None:
    rows, gone = [], {}
    for line in open(sys.argv[1]):
        if line.startswith("#") or line.startswith("section\t"):
            continue
        f = line.rstrip("\n").split("\t")
        f += [""] * (8 - len(f))
        section, option, kind, default, _, sensitive, origin = f[:7]
        default = default.replace("\\n", "\n")
        if not section:
            continue
        if origin == "2.11":
            m = re.match(r"-> \[(\w+)\] (\w+)", f[7])
            gone[section, option] = (m[1], m[2]) if m else MOVED.get((section, option))
        else:
            rows.append((section, option, kind, CHANGED.get((section, option), default), bool(sensitive)))
    rows += OURS
    known = {r[:2] for r in rows}
    for old, new in MOVED.items():
        if old not in known and new in known:
            gone[old] = new
    print("/* Made by script/make_config_table.py: the options there are. Airflow's names and defaults are facts of its contract. */")
    print("#pragma once\n\nstatic const struct option_row option_rows[] = {")
    for section, option, kind, default, sensitive in rows:
        print(f"\t{{ {c(section)}, {c(option)}, {c(kind)}, {c(default)}, {'true' if sensitive else 'false'} }},")
    print("};\n\n/* Defaults of the 2.x generation: [core] compat = 2. */\nstatic const struct default_row compat2_rows[] = {")
    for row in COMPAT2:
        print("\t{ " + ", ".join(c(x) for x in row) + " },")
    print("};\n\n/* Older names; to NULL: gone without a successor. */\nstatic const struct moved_row moved_rows[] = {")
    for (section, option), new in sorted(gone.items()):
        if (section, option) in known:
            continue
        to = f"{c(new[0])}, {c(new[1])}" if new and new in known else "NULL, NULL"
        print(f"\t{{ {c(section)}, {c(option)}, {to} }},")
    print("};")


if __name__ == "__main__":
    main()
