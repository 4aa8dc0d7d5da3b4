"""How each probe DAG is started. A DAG that is not named here is triggered once, by hand, with DATE as its logical date.

`runs`: a list of triggers, each `{"date": …, "conf": …}`, where a date of None is a run without one; `serial`: each when the one before has ended.
`scheduled`: so many runs are made by its schedule. `called`: other DAGs start it: so many runs; `wait`: wait for them. `clear`: when all has ended, clear these tasks (none
named: all; with `downstream` and `upstream` what is below and above them too, with `failed` only what failed) of the last run (of the `run` at that place; with `future`
of those after it too) and wait again. `after`: begin only when that DAG has come to the
end of its plan. `weights`: the instances' priority weights are compared, too.
"""

from __future__ import annotations

from typing import Any

DATE = "2026-01-10T00:00:00+00:00"
FIELD_RUNS = {
    1: "ft_dst_spring ft_dst_autumn ft_dst_hourly ft_dst_interval ft_trigger_interval ft_delta ft_delta_interval ft_relative ft_events ft_last_day ft_second_monday ft_dom_or_dow ft_names ft_step ft_kathmandu ft_aliases ft_leap ft_start_in_args ft_naive_start ft_start_off_tick ft_many_crons ft_many_crons_interval ft_delta_trigger ft_delta_relative ft_task_dates",
    4: "ft_past_and_latest ft_past_branch ft_past_mapped ft_past_teardown ft_xcom_past ft_latest_group",
}
PLANS: dict[str, dict[str, Any]] = {
    "lo_catchup": {"scheduled": 3},
    **{d: {"scheduled": 3} for d in ("dp_all_good dp_skip_counts dp_timeout dp_wait_for_downstream dp_wait_for_downstream_fails dp_late_task dp_early_end cu_one_at_a_time cu_hourly_zone cu_delta cu_weekly cu_values cu_prior_dates").split()},
    "dp_first_only": {"scheduled": 1},
    "cu_monthly": {"scheduled": 2},
    "cu_once": {"scheduled": 1},
    "cu_end_before_start": {"scheduled": 0},
    "cu_task_dates": {"scheduled": 4},
    "dp_by_hand": {"runs": [{}, {}, {}]},
    "dp_by_hand_failed": {"runs": [{}, {"conf": {"how": "F"}}, {}], "serial": True},
    "li_max_active_runs": {"runs": [{}, {}, {}]},
    "li_tis_per_dag": {"runs": [{}, {}, {}]},
    "xc_pull_other_run": {"runs": [{}, {}], "serial": True},
    **{d: {"called": 1} for d in "xd_child xd_child_waited xd_child_fails xd_child_named xd_child_twice xd_child_deferred".split()},
    "xd_child_mapped": {"called": 2},
    "rn_without_date": {"runs": [{"date": None}]},
    "rn_conf": {"runs": [{"conf": {"a": 1, "b": {"c": ["d", None, 1.5]}}}, {}]},
    "as_one": {"runs": [{}, {}], "serial": True},
    **{d: {"called": n, "wait": True} for d, n in {"as_one_taken": 2, "as_two_all": 1, "as_two_any": 2, "as_two_never": 0, "as_cond_met": 1, "as_cond_not": 0, "as_bad_failed": 0, "as_bad_skipped": 0, "as_retry_taken": 1, "as_said_taken": 2, "as_alias_taken": 1, "as_alias_unused": 0, "as_or_time_taken": 1, "as_chain_2": 1, "as_chain_3": 1, "as_twins_all": 1, "as_ref_by_name": 1, "as_ref_by_uri": 1}.items()},
    "cl_all": {"clear": [{"tasks": ["a", "b", "c"]}]},
    "cl_failed_then_good": {"clear": [{"tasks": ["a"], "downstream": True}]},
    "cl_downstream": {"clear": [{"tasks": ["a"], "downstream": True}]},
    "cl_only_one": {"clear": [{"tasks": ["a"]}, {"tasks": ["b"]}]},
    "cl_skipped_stays": {"clear": [{"tasks": ["b"]}]},
    "cl_other_way": {"clear": [{"tasks": ["pick"], "downstream": True}]},
    "cl_with_retries": {"clear": [{"tasks": ["a"], "downstream": True}]},
    "cl_shrinks": {"clear": [{"tasks": ["fewer"], "downstream": True}]},
    "cl_grows": {"clear": [{"tasks": ["more"], "downstream": True}]},
    "cl_setup": {"clear": [{"tasks": ["w"]}]},
    "cl_mapped": {"clear": [{"tasks": ["give"], "downstream": True}]},
    **{d: {"called": 1} for d in "fa_child fa_child_bad fa_child_again fa_child_mapped".split()},
    **{d: {"called": 1, "wait": True} for d in "fb_nested fb_any_of_all fb_list fb_alias_or fb_second".split()},
    **{d: {"scheduled": n} for n, names in FIELD_RUNS.items() for d in names.split()},
    "fz_max_failures": {"scheduled": 2},
    "fa_waits": {"after": "fa_told"},
    "xw_waits": {"after": "xw_told"},
    **{d: {"called": 1} for d in "xt_child xt_child_bad".split()},
    **{d: {"called": 1, "wait": True} for d in "xa_all_of_metadata xa_any_nested".split()},
    **{d: {"scheduled": 3} for d in "wr_past_gate_mapped wr_past_lengths wr_downstream_skips wr_downstream_mapped wr_pool_and_limits".split()},
    "wr_past_mapped_cleared": {"scheduled": 3, "clear": [{"tasks": ["load"], "downstream": True, "run": 1}]},
    "wr_one_run_and_retry": {"scheduled": 2},
    "wr_by_conf": {"runs": [{"conf": {"items": ["a", {"k": 1}]}}, {"conf": {"items": []}}, {"conf": {"mode": "none"}}, {}]},
    "wr_clear_branch": {"clear": [{"tasks": ["pick"], "downstream": True}]},
    "wr_clear_shrinks_rules": {"clear": [{"tasks": ["fewer"], "downstream": True}, {"tasks": ["fewer"], "downstream": True}]},
    "wr_clear_grows_in_group": {"clear": [{"tasks": ["more"], "downstream": True}]},
    "wr_clear_failed_only": {"clear": [{"failed": True}]},
    "wr_clear_upstream": {"clear": [{"tasks": ["w"], "upstream": True}]},
    "wr_clear_future": {"scheduled": 3, "clear": [{"tasks": ["a"], "downstream": True, "run": 0, "future": True}]},
    "wr_clear_past_again": {"scheduled": 3, "clear": [{"tasks": ["a"], "downstream": True, "run": 1}] * 2},
    "wr_child": {"called": 2},
    "wr_markers": {"after": "wr_marked_child", "clear": [{"tasks": ["first"], "downstream": True}]},
    "wr_waits_in_groups": {"after": "wr_parents_children"},
    **{d: {"called": n, "wait": True} for d, n in {"wa_mapped_all": 1, "wa_mapped_or": 1, "wa_alias_all": 1, "wa_found_a": 1, "wa_found_c": 0, "wa_branch_any": 1, "wa_branch_left": 0, "wa_setups_all": 1, "wa_line_2": 1, "wa_line_3": 1, "wa_line_or_time": 1, "wa_started_taken": 1}.items()},
    "wa_started": {"called": 1},
    "xz_gaps": {"scheduled": 3},
    "xz_stops": {"scheduled": 2},
    "xp_weights": {"weights": True},
    "fx_grows_by_conf": {"runs": [{"conf": {"items": [1, 2, 3]}}, {"conf": {"items": []}}]},
    "fv_params": {"runs": [{}, {"conf": {"an_int": 9, "choice": 3, "maybe": "x", "an_object": {"k": 2, "more": 1}, "unknown": [1]}}]},
}


def plan(dag_id: str) -> dict[str, Any]:
    found = dict(PLANS.get(dag_id, {}))
    if not {"runs", "scheduled", "called"} & set(found):
        found["runs"] = [{}]
    return found


def expected(dag_id: str) -> int:
    """How many runs there will be."""
    found = plan(dag_id)
    return len(found.get("runs", [])) + found.get("scheduled", 0) + found.get("called", 0)


POOLS = {"one_slot": 1, "three_slots": 3}

# What is not compared, because Airflow itself does not always end the same way, or has a fault that is not copied (docs/differences.md):
# dag_id → {how the line that tells the difference begins: why}.
IN_MAPPED_GROUP = "3.3 does not find what a branch in a mapped group has decided"
PRIOR = "3.3 gives a list of all earlier values"
NEVER_STARTED = "an instance that never started leaves no attempt behind"
MORE_VALUES = "what 3.3 cannot write as JSON travels here"
LOOSE: dict[str, dict[str, str]] = {
    "br_mapped_group": {"/runs/0/tasks/g.": IN_MAPPED_GROUP},
    "sc_in_mapped_group": {"/runs/0/tasks/g.work[0]": IN_MAPPED_GROUP},
    "cl_failed_then_good": {"/runs/0/tasks/b/before": NEVER_STARTED},
    "cl_other_way": {"/runs/0/tasks/b/before": NEVER_STARTED},
    "cu_prior_dates": {"/runs/2": PRIOR},
    "xc_pull_other_run": {"/runs/1/tasks/earlier/xcom": PRIOR},
    "mg_two_in_line": {"/runs/0": "a mapped group over the results of another works here"},
    "mp_rules": {
        f"/runs/0/tasks/{rule}": "its length is not known when the rule is met: waited for here, upstream_failed there"
        for rule in ("one_done", "one_success")
    },
    "wf_run_callbacks": {"/notes": "the callback names the task that ended last, and `caught` does not wait for both instances of `m`"},
    "rn_custom_empty": {"/notes/0": "3.3 does not give the result to an overridden post_execute"},
    "xc_keys": {"/runs/0/tasks/pull/xcom/return_value/default": "3.3 forgets `default`"},
    "ff_setup_in_mapped_group": {f"/runs/0/{at}": "a skip or a failure decides, whichever comes first" for at in ("state", "tasks/after")},
    "ff_setup_mapped": {"/runs/0/state": "3.3 forgets `on_failure_fail_dagrun` of a mapped teardown"},
    "xw_waits": {f"/runs/0/tasks/{t}/": "3.3 fails a task that defers and comes back at once now and then" for t in ("deferrable_dag", "i")},
    "xz_gaps": {f"/runs/{n}/tasks/t/xcom/return_value/3": "whether the run before has ended by then is a matter of pace" for n in (1, 2)},
    "xm_gate_in_group_of_setups": {"/runs/0/tasks/below_g/": "begins before the gate has closed, or not"},
    "xf_deferral_mapped": {f"/runs/0/{at}": "a skip or a failure decides, whichever comes first" for at in ("state", "tasks/after/")},
    "fm_rules_inside": {"/runs/0/tasks/all_success/state": "a skip or a failure decides, whichever comes first"},
    **{d: {"/runs/0": MORE_VALUES} for d in ("xv_big", "xv_inf", "xv_nan")},
    **{d: {"/runs/0/tasks/by/xcom/return_value": "3.3 leaves out the events of Asset.ref"} for d in ("as_ref_by_name", "as_ref_by_uri")},
}

# The same for 3.3 only.
LOOSE_3: dict[str, dict[str, str]] = {
    "wg_defaults_of_groups": {f"/runs/0/tasks/each.{t}[0]/xcom/return_value/0": "3.3 writes a trigger rule as TriggerRule.ALL_DONE" for t in ("a", "own")},
    "wg_gate_over_mapped_group": {f"/runs/0/{at}": "3.3 gives None for a task of a mapped group that never came to be; an empty list here" for at in ("state", "tasks/closed")},
    "wr_clear_grows_in_group": {f"/runs/0/{at}": "a skip or a failure decides, whichever comes first" for at in ("state", "tasks/after/state")},
    "wr_clear_branch": {f"/runs/0/tasks/{t}/before": NEVER_STARTED for t in ("b.after", "b.list", "b.m[0]")},
    "wr_clear_failed_only": {f"/runs/0/tasks/{t}/before": NEVER_STARTED for t in ("after_m", "m[0]", "m[1]")},
    "wr_clear_shrinks_rules": {f"/runs/0/tasks/{t}/before": NEVER_STARTED for t in ("all_done_min_one_success", "all_failed", "all_success", "none_failed", "none_failed_min_one_success", "none_skipped")},
    "wr_marked_child": {f"/runs/0/tasks/{t}/{at}": "3.3 does not follow ExternalTaskMarker" for t in ("s", "t") for at in ("before", "try")},
    "wv_templated_mapped_fields": {f"/runs/0/{at}": "3.3 does not resolve what a task gives inside of the dictionaries of expand_kwargs" for at in ("state", "tasks/by_kwargs[0]/")},
}

# The same for 2.11 only (docs/differences.md, "Generation 2").
GATHERED_2 = "a skip or a failure decides, whichever comes first: what one look of 2.11's loop gathers"
NONE_2 = "2.11 gives None for a mapped task without values, 3 and we an empty list"
LAST_2 = "2.11 names the task that ended last, also one that never ran, in a run's callback"
LITERAL_2 = "2.11 runs a task with a literal list right below a branch that has left it out"
LOOSE_2: dict[str, dict[str, str]] = {
    "ff_rules_of_groups": {f"/runs/0/tasks/{g}_all_success/state": GATHERED_2 for g in ("g", "h", "gh")},
    "ff_setup_mixes": {"/runs/0/tasks/wab2/state": GATHERED_2},
    "fv_custom_fields": {"/runs/0/tasks/all/xcom/return_value/1/deep/l": "2.11 turns tuples inside of other values into lists"},
    "fv_native_mixed": {f"/runs/0/{at}": "2.11 takes keyword-only arguments behind *args for positional ones, and refuses" for at in ("state", "tasks/seen/")},
    "fx_grows_by_conf": {f"/runs/1/{at}": NONE_2 for at in ("state", "tasks/collect/")},
    "wr_clear_failed_only": {f"/runs/0/tasks/{t}/before": NEVER_STARTED for t in ("after_m", "m[0]", "m[1]")},
    "xm_deep_kwargs": {f"/runs/0/tasks/pair[{n}]/xcom/return_value/1": "2.11 turns tuples of mapping into lists" for n in range(4)},
    "wg_gate_over_mapped_group": {f"/runs/0/{at}": NONE_2 for at in ("state", "tasks/closed")},
    "wg_two_branches_into_group": {"/runs/0/tasks/g.n[0]/": LITERAL_2},
    "wg_zero_and_some": {f"/runs/0/{at}": NONE_2 for at in ("state", "tasks/collect/")},
    "xc_callbacks_raise": {"/notes": "2.11 calls on_success_callback also for a skip"},
    "xc_hooks_skip": {f"/runs/0/tasks/{t}/xcom": "2.11 pushes what a task returned before its post_execute fails or skips" for t in ("by_arg_post", "post_F", "post_K")},
    "xc_run_skipped": {"/notes": LAST_2},
    "xm_branch_to_mapped_group": {"/runs/0/tasks/g.": LITERAL_2},
    "xm_label_of_xcom": {"/runs/0/tasks/bad_label[0]/xcom": "2.11 pushes what a task returned before it renders the label, which fails"},
    "xm_mapped_below_branch": {f"/runs/0/tasks/{t}": LITERAL_2 for t in ("left[", "after_left/")},
    "xf_deferral_mapped": {"/runs/0/tasks/m[0]/": "2.11 cannot write a lazy sequence of XComs inside of other values"},
}


def loose(generation: str, dag_id: str) -> tuple[str, ...]:
    """How lines begin that are not compared."""
    return (*LOOSE.get(dag_id, {}), *(LOOSE_2 if generation == "2" else LOOSE_3).get(dag_id, {}))


# DAGs that 2.11 ends otherwise than generation 2 here (docs/differences.md, "Generation 2"): how the dag_id begins → why. Their rows are kept, not compared.
ALWAYS_2 = "2.11 skips a task with rule `always` that has not begun when a branch or short circuit above it ends"
TIMEOUT_2 = "2.11 leaves tasks without a state when a run times out; skipped here, as in 3"
TUPLE_2 = "2.11 turns tuples inside of other values, and those of mapping, into lists; they stay tuples here, as in 3"
TRIGGER_2 = "a run that TriggerDagRun makes is of 3's kind: type operator_triggered, no XCom with its date"
OTHERWISE_2: dict[str, str] = {
    "br_rules_below": ALWAYS_2,
    **{f"sc_{n}_hard": ALWAYS_2 for n in ("empty_list", "false", "none", "zero")},
    "cb_dag_failure": "2.11 names the task that ended last, also one that never ran; the failed one here, as in 3",
    "cb_ends": "2.11 calls on_success_callback also for a skip",
    "cb_sensor": "2.11 calls on_success_callback also for a skip",
    "cl_shrinks": "2.11 waits for ever below removed instances",
    **{d: TIMEOUT_2 for d in ("dp_by_hand_failed", "dp_timeout", "dp_wait_for_downstream_fails", "li_pool_missing", "li_too_many_slots", "rn_timeout", "wr_timeout_of_retry")},
    **{f"fx_{n}_of_outputs": "2.11 wants each of several outputs in a list that is mapped over to be a list itself" for n in ("dict", "list")},
    "mg_ends": "2.11 lets one_success look beyond its own index of a mapped group",
    "mg_rules": "2.11 lets one_failed look beyond its own index of a mapped group",
    **{f"mp_{n}": NONE_2 for n in ("empty", "of_failed", "of_none", "of_skipped", "over_mapped_skip", "too_long", "two_one")},
    **{d: TUPLE_2 for d in ("mp_dict_literal", "mp_of_dict", "mp_zip", "xv_nested_tuple")},
    "rt_exit_zero": "2.11 takes sys.exit(0) for success; a failure here, as in 3",
    "xc_keys": "a list of tasks gives None for one without the key, as in 3; 2.11 leaves it out",
    **{d: TRIGGER_2 for d in ("xd_", "wr_child", "wr_parents_children", "xt_")},
    "wr_clear_branch": LITERAL_2,
    "wr_clear_shrinks_rules": "2.11 waits for ever below removed instances",
    "xs_waits": "2.11 reads allowed and skipped states of ExternalTaskSensor otherwise; the sensor here is 3's",
    "xv_uuid": "2.11 cannot write a UUID",
}
