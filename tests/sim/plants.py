"""A bug planted for each invariant of the simulation: worlds with it must turn red, and say the right thing.

Each plant is one replacement in one file of the core. The file is compiled as the build compiles it, linked before the engine's library, and worlds
are run until one breaks. `tests/sim/plants.py BUILD [NAME]`. A plant whose text is no longer in its file is an error: plant it anew.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WORLDS = 40


@dataclass
class Plant:
    name: str
    file: str
    old: str
    new: str
    says: tuple[str, ...]
    seed: int = 1  # assets are in worlds from the millionth on


PLANTS = [
    Plant(
        "a rule that does not wait for everybody",
        "rules.c",
        "case TW_RULE_ALL_DONE_SETUP_SUCCESS: /* its setups: tw_core_rule_of */\n\t\treturn done ?",
        "case TW_RULE_ALL_DONE_SETUP_SUCCESS:\n\t\treturn done || c->s ?",
        ("scheduled against its rule",),
    ),
    Plant(
        "a rule that skips instead of failing",
        "rules.c",
        "return ended == c->k ? SET_SKIPPED : SET_UPSTREAM_FAILED;",
        "return SET_SKIPPED;",
        ("against its rule",),
    ),
    Plant(
        "indirect setups are not looked at",
        "rules.c",
        "if (t->is_teardown || !t->nin_kind[TW_EDGE_SETUP])",
        "if (true || !t->nin_kind[TW_EDGE_SETUP])",
        ("against its rule", "should have been set"),
    ),
    Plant(
        "depends_on_past is forgotten",
        "rules.c",
        "if (t->depends_on_past && !tw_core_past_met(ti))\n\t\treturn;\n\tif (ti->map_index < 0",
        "if (ti->map_index < 0",
        ("depends on past",),
    ),
    Plant(
        "a new scheduler does not read what branches decided",
        "run.c",
        "\tif (l->skip_record.p) {\n\t\tstruct tw_value v;",
        "\tif (!ti->x && l->skip_record.p) {\n\t\tstruct tw_value v;",
        ("another skip record", "new scheduler moves", "should have been set"),
    ),
    Plant(
        "a retry before its delay is over",
        "rules.c",
        "if (ti->state != TW_TI_NONE && ti->due != TW_TIME_NONE && ti->due > r->s->now)",
        "if (ti->state == TW_TI_UP_FOR_RESCHEDULE && ti->due > r->s->now)",
        ("before its delay is over", "new scheduler moves"),
    ),
    Plant(
        "an end that downstreams do not hear of",
        "move.c",
        "\tif (tw_ti_finished(to)) {\n\t\ttell_downstream(ti, to, 1);",
        "\tif (tw_ti_finished(to) && to != TW_TI_SKIPPED) {\n\t\ttell_downstream(ti, to, 1);",
        ("counters of",),
    ),
    Plant(
        "a waiting instance that nobody wakes",
        "move.c",
        "\tif (!ts->waiting || (ts->n > 1",
        "\tif (!ts->waiting || r->nstate[TW_TI_FAILED] == 2 || (ts->n > 1",
        ("forgotten",),
    ),
    Plant(
        "a pool that gives one slot too many",
        "queue.c",
        "int64_t open = p->slots - p->running",
        "int64_t open = p->slots + 1 - p->running",
        ("pool p",),
    ),
    Plant(
        "max_active_tasks by one too many",
        "queue.c",
        "b->max = limits->max_active_tasks;",
        "b->max = limits->max_active_tasks + 1;",
        ("max_active_tasks is over",),
    ),
    Plant(
        "max_active_tis_per_dagrun by one too many",
        "queue.c",
        "t->max_active_per_run >= 0 && ts->active >= t->max_active_per_run",
        "t->max_active_per_run >= 0 && ts->active > t->max_active_per_run",
        ("max_active_tis_per_dagrun is over",),
    ),
    Plant(
        "parallelism by one too many",
        "queue.c",
        "while ((!s->cfg.parallelism || s->active < s->cfg.parallelism)",
        "while ((!s->cfg.parallelism || s->active <= s->cfg.parallelism)",
        ("parallelism is over",),
    ),
    Plant(
        "an executor that gets one too many",
        "queue.c",
        "(e->slots > 0 && e->active >= e->slots)",
        "(e->slots > 0 && e->active > e->slots)",
        ("executor x",),
    ),
    Plant(
        "a limit that opens and lets nobody out",
        "queue.c",
        "\tif (parked->n)\n\t\ttw_vec_push(&s->opened, parked);",
        "\tif (parked->n > 2)\n\t\ttw_vec_push(&s->opened, parked);",
        ("waits for nothing",),
    ),
    Plant(
        "the order of queueing the wrong way round",
        "queue.c",
        "return wa > wb;",
        "return wa < wb;",
        ("first in order",),
    ),
    Plant(
        "the DAG with the most instances goes first",
        "queue.c",
        "return da->active < db->active;",
        "return da->active > db->active;",
        ("first in order",),
    ),
    Plant(
        "a DAG's instances are not counted when they end",
        "queue.c",
        "d->active += by;",
        "d->active += by > 0;",
        ("first in order",),
    ),
    Plant(
        "max_active_runs by one too many",
        "create.c",
        "d->running_runs < max_runs(d, r)",
        "d->running_runs <= max_runs(d, r)",
        ("max_active_runs of",),
    ),
    Plant(
        "tasks of a DAG whose file does not load",
        "queue.c",
        "ti->state != TW_TI_SCHEDULED || tw_core_stands(r->d) ||",
        "ti->state != TW_TI_SCHEDULED || r->d->paused ||",
        ("its DAG stands", "in place"),
    ),
    Plant(
        "a queued run that nobody starts",
        "create.c",
        "\tif (tw_core_stands(d))\n\t\treturn;\n\twhile ((r = first_of(&d->queued))",
        "\tif (tw_core_stands(d) || d->queued_runs == 2)\n\t\treturn;\n\twhile ((r = first_of(&d->queued))",
        ("is forgotten", "new scheduler moves run"),
    ),
    Plant(
        "a scheduled run before its time",
        "create.c",
        "while (d->has_next && d->next.why == TW_NO_RUN_NONE && d->next.run_after <= d->s->now)",
        "while (d->has_next && d->next.why == TW_NO_RUN_NONE && d->next.run_after <= d->s->now + TW_US_DAY)",
        ("before its time",),
    ),
    Plant(
        "the dates that other runs have are forgotten",
        "create.c",
        "return logical != TW_TIME_NONE && is_taken(d, logical);",
        "return false;",
        ("logical date",),
    ),
    Plant(
        "a stale attempt is believed",
        "move.c",
        "\tti->id = tw_core_new_id(ti->run->s);\n\tti->requeues = 0;",
        "\tti->requeues = 0;",
        ("dispatched", "history twice"),
    ),
    Plant(
        "an attempt that is taken for lost and not stopped",
        "timers.c",
        '\t\ttw_core_kill(ti, "heartbeat lost", false);\n',
        "",
        ("two attempts",),
        seed=101,
    ),
    Plant(
        "a retry's date that the store is not told",
        "effects.c",
        ".next_retry = ti->due,",
        ".next_retry = ti->state == TW_TI_UP_FOR_RETRY && ti->try_number == 2 ? TW_TIME_NONE : ti->due,",
        ("new scheduler moves", "in the core and", "forgotten"),
    ),
    Plant(
        "a load that forgets which trigger is waited for",
        "run.c",
        "\tx->trigger_id = row->trigger_id;",
        "",
        ("in the core and",),
    ),
    Plant(
        "a sum that a change of state misses",
        "move.c",
        "\tif (tw_ti_finished(state))\n\t\tts->ended += by;",
        "\tif (tw_ti_finished(state) && state != TW_TI_REMOVED)\n\t\tts->ended += by;",
        ("sums of task",),
    ),
    Plant(
        "a run that never ends",
        "run.c",
        "\telse if (deadlocked(r))",
        "\telse if (false && deadlocked(r))",
        ("runs never end",),
    ),
    Plant(
        "an instance that waits without a reason",
        "why.c",
        "\tcase TW_TI_DEFERRED:\n",
        "\tcase TW_TI_DEFERRED:\n\t\tbreak;\n",
        ("there is no reason",),
    ),
    Plant(
        "a running task that another version puts into another pool",
        "run.c",
        "\tif (row->pool.n) {\n",
        "\tif (false) {\n",
        ("takes its slots elsewhere", "is over"),
    ),
    Plant(
        "a run that is not looked at when an instance has moved",
        "move.c",
        "\ttw_core_run_work(r);\n",
        "",
        ("new scheduler moves run", "runs never end", "is forgotten"),
    ),
    Plant(
        "a mark for an asset that the store is not told",
        "asset.c",
        "\t\ttell_mark(d, TW_FX_ASSET_MARK,",
        "\t\tif (d->marks.n != 2)\n\t\t\ttell_mark(d, TW_FX_ASSET_MARK,",
        ("is lost on", "marks of"),
        1000001,
    ),
    Plant(
        "marks that a run does not use up",
        "asset.c",
        "\tforget_marks(d);\n\ttw_buf_release(&id);",
        "\ttw_buf_release(&id);",
        ("what another one has taken", "condition does not hold"),
        1000001,
    ),
    Plant(
        "a condition that holds by another asset's mark",
        "asset.c",
        "\t\tif (is_about(&a, leaf))\n\t\t\treturn true;\n\t}\n\treturn false;",
        "\t\tif (is_about(&a, leaf))\n\t\t\treturn true;\n\t}\n\treturn d->marks.n > 1;",
        ("condition does not hold",),
        1000001,
    ),
    Plant(
        "a paused DAG that listens",
        "asset.c",
        "\twiden(d, source, at);\n\tif (d->paused)\n\t\treturn;",
        "\twiden(d, source, at);",
        ("does not listen",),
        1000001,
    ),
    Plant(
        "a run for assets that has room and is not made",
        "asset.c",
        "d->s->cfg.use_job_schedule && !tw_core_dag_full(d);",
        "d->s->cfg.use_job_schedule && !d->running_runs;",
        ("no run is made",),
        1000001,
    ),
    Plant(
        "a scheduler that forgets when something last happened to an asset",
        "asset.c",
        "\tif (ev->at != TW_TIME_NONE && ev->at > s->asset_clock)\n\t\ts->asset_clock = ev->at;",
        "",
        ("at one time", "what another one has taken"),
        1000001,
    ),
    Plant(
        "an end that tells of its outlets twice",
        "attempt.c",
        "for (int i = 0; i < ev->nassets; i++)",
        "for (int k = 0; k < 2; k++)\n\t\tfor (int i = 0; i < ev->nassets; i++)",
        ("were told of assets",),
        1000001,
    ),
]


def compile_commands(build: Path) -> dict[str, list[str]]:
    """The commands by which the build compiled the core's files."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = Path(entry["directory"], entry["file"]).resolve()
        if file.parent == ROOT / "engine/core" and file.suffix == ".c":
            found[file.name] = shlex.split(entry["command"])
    return found


def compile_planted(
    build: Path, command: list[str], plant: Plant, folder: Path
) -> Path | str:
    source = ROOT / "engine/core" / plant.file
    text = source.read_text()
    if text.count(plant.old) != 1:
        return (
            f"its text is {text.count(plant.old)} times in {plant.file}: plant it anew"
        )
    planted, object_file = folder / plant.file, folder / (plant.file + ".o")
    planted.write_text(text.replace(plant.old, plant.new))
    argv = [a for a in command if a not in ("-Werror",)]
    argv[argv.index("-o") + 1] = str(object_file)
    argv[argv.index("-c") + 1] = str(planted)
    for flag in ("-MD", "-MQ", "-MF"):
        if flag in argv:
            at = argv.index(flag)
            del argv[at : at + (1 if flag == "-MD" else 2)]
    done = subprocess.run(
        [*argv, "-w"], check=False, cwd=build, capture_output=True, text=True
    )
    return object_file if done.returncode == 0 else done.stderr[-500:]


def link(build: Path, object_file: Path, out: Path) -> str | None:
    objects = sorted(str(o) for o in (build / "tests/sim/sim.p").glob("*.o"))
    sanitizers = json.loads((build / "meson-info/intro-buildoptions.json").read_text())
    sanitize = next(
        (o["value"] for o in sanitizers if o["name"] == "b_sanitize"), "none"
    )
    sanitize = ",".join(sanitize) if isinstance(sanitize, list) else sanitize
    flags = [] if sanitize in ("none", "") else [f"-fsanitize={sanitize}"]
    libraries = ["-lcrypto", "-lm", "-lpthread", "-lutf8proc"]
    done = subprocess.run(
        [
            "cc",
            *flags,
            "-o",
            str(out),
            *objects,
            str(object_file),
            str(build / "libtradewind_engine.a"),
            *libraries,
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stderr[-500:] if done.returncode else None


def grows_red(build: Path, command: list[str], plant: Plant) -> str | None:
    """What is wrong with the invariant; None when it has seen the bug."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        object_file = compile_planted(build, command, plant, folder)
        if isinstance(object_file, str):
            return object_file
        failed = link(build, object_file, folder / "sim")
        if failed:
            return failed
        done = subprocess.run(
            [str(folder / "sim"), str(plant.seed), "1000", str(WORLDS)],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=600,
        )
        last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""
    if done.returncode == 0:
        return f"{WORLDS} worlds did not see it"
    told = [line for line in done.stderr.splitlines() if line.startswith("seed ")]
    if not told or not any(words in told[-1] for words in plant.says):
        return f"another one saw it: {(told or [last])[-1][:300]}"
    return None


def main() -> int:
    build = Path(sys.argv[1]).resolve()
    only = sys.argv[2] if len(sys.argv) > 2 else ""
    commands = compile_commands(build)
    passed = failed = 0
    for plant in PLANTS:
        if only not in plant.name:
            continue
        wrong = grows_red(build, commands[plant.file], plant)
        print(
            f"{'not ok' if wrong else 'ok'} - {plant.name}{': ' + wrong if wrong else ''}",
            flush=True,
        )
        passed, failed = passed + (not wrong), failed + bool(wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
