/*
 * A DAG, read from its document (docs/dag-document.md) and then never changed. Tasks are numbered
 * 0 … ntasks-1 in order of definition; everything that is about "which task" is that number.
 *
 *	struct tw_dag *dag;
 *	if (tw_dag_parse_json(text, zones, &dag, err) < 0) ...;
 *	int t = tw_dag_task(dag, tw_str("extract"));
 *	tw_dag_unref(dag);
 *
 * A tw_dag owns one arena that holds everything it points to, and is counted: whoever keeps it takes a
 * reference (atomic: threads may share one). Only the zones it names must outlive it.
 * This header reads; graph.h asks about the graph, params.h merges and validates parameters, yaml.h
 * reads YAML documents.
 */
#pragma once

#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "model/assets.h"
#include "model/state.h"
#include "time/timetable.h"
#include "value/value.h"

#define TW_DAG_FORMAT 1
#define TW_DAG_MAX_TASKS 1000000
#define TW_ID_MAX 250        /* characters of a dag_id, task_id */
#define TW_GROUP_ID_MAX 200
#define TW_POOL_DEFAULT "default_pool"

/* Name and number; what they mean is core/rules.c's. */
#define TW_TRIGGER_RULES(X)                                                                        \
	X(ALL_SUCCESS, "all_success")                                                              \
	X(ALL_FAILED, "all_failed")                                                                \
	X(ALL_DONE, "all_done")                                                                    \
	X(ALL_DONE_MIN_ONE_SUCCESS, "all_done_min_one_success")                                    \
	X(ALL_DONE_SETUP_SUCCESS, "all_done_setup_success")                                        \
	X(ONE_SUCCESS, "one_success")                                                              \
	X(ONE_FAILED, "one_failed")                                                                \
	X(ONE_DONE, "one_done")                                                                    \
	X(NONE_FAILED, "none_failed")                                                              \
	X(NONE_FAILED_MIN_ONE_SUCCESS, "none_failed_min_one_success")                              \
	X(NONE_SKIPPED, "none_skipped")                                                            \
	X(ALL_SKIPPED, "all_skipped")                                                              \
	X(ALWAYS, "always")

enum tw_trigger_rule {
#define X(id, name) TW_RULE_##id,
	TW_TRIGGER_RULES(X)
#undef X
	TW_RULE_N,
};
const char *tw_trigger_rule_name(enum tw_trigger_rule r);
bool tw_trigger_rule_parse(struct tw_str name, enum tw_trigger_rule *ret); /* 2.x spellings too */

enum tw_weight_rule { TW_WEIGHT_DOWNSTREAM, TW_WEIGHT_UPSTREAM, TW_WEIGHT_ABSOLUTE, TW_WEIGHT_CUSTOM };

/* Where a mapped argument's items come from. */
enum tw_source_kind { TW_SRC_LITERAL, TW_SRC_XCOM, TW_SRC_MAP, TW_SRC_ZIP, TW_SRC_CONCAT };

struct tw_source {
	enum tw_source_kind kind;
	int64_t length;              /* LITERAL: items */
	int task;                    /* XCOM: whose return value */
	struct tw_str key;           /* XCOM */
	struct tw_source *inner;     /* MAP: one; ZIP, CONCAT: n */
	int n;
	bool fill;                   /* ZIP: the longest, not the shortest */
	struct tw_value value;       /* as in the document */
};

struct tw_map_arg {
	struct tw_str name;
	struct tw_source source;
};

struct tw_mapping {
	bool kwargs;                 /* expand_kwargs: one source without a name */
	struct tw_map_arg *over;     /* last argument fastest */
	int n;
};

struct tw_sensor {
	bool reschedule;
	double poke_interval, timeout; /* seconds */
	bool soft_fail, silent_fail, never_fail, exponential_backoff;
	double max_wait;             /* 0 = none */
};

/* Why an arrow from one task to another is there. */
enum tw_edge_kind {
	TW_EDGE_DIRECT,              /* upstream → downstream, as written */
	TW_EDGE_SETUP,               /* an indirect setup → a task in its scope */
	TW_EDGE_SCOPE,               /* a task in a setup's scope → that scope's teardown */
	TW_EDGE_NKINDS,
};

struct tw_edge {
	int task;                    /* the other end */
	uint8_t kind;                /* enum tw_edge_kind */
	bool same_index;             /* both in one mapped group: index i goes to index i only */
};

#define TW_CB_EXECUTE 1u
#define TW_CB_SUCCESS 2u
#define TW_CB_FAILURE 4u
#define TW_CB_RETRY 8u
#define TW_CB_SKIPPED 16u
#define TW_CB_SLA_MISS 32u
#define TW_CB_MAIL_FAILURE 64u  /* email and email_on_failure */
#define TW_CB_MAIL_RETRY 128u

struct tw_task {
	int index;
	struct tw_str task_id, label, display_name;
	struct tw_str op_module, op_class, op_name; /* operator_name shown: op_name, else op_class */
	struct tw_str native;        /* p NULL = runs in Python */
	struct tw_value args;        /* map */
	struct tw_value raw;         /* the whole task object: what travels to the runner */
	int *upstream, nupstream;    /* direct, by number, sorted */
	int *downstream, ndownstream;
	struct tw_edge *out;         /* every arrow that this task's end moves something along */
	int nout;
	struct tw_edge *in;          /* the same arrows seen from their heads */
	int nin;
	int nin_kind[TW_EDGE_NKINDS];
	int group;                   /* innermost, -1 = none */
	int mapped_group;            /* the mapped group that it is in, -1 = none */
	struct tw_str owner;
	enum tw_trigger_rule trigger_rule;
	tw_time start_date, end_date;/* TW_TIME_NONE = none */
	int retries;
	int64_t retry_delay;         /* µs */
	double retry_backoff;        /* multiplier, 0 = off */
	int64_t max_retry_delay;     /* µs, -1 = none */
	int64_t execution_timeout;   /* µs, -1 = none */
	struct tw_str pool;
	int pool_slots;
	int priority_weight;
	enum tw_weight_rule weight_rule;
	int weight_total;            /* what queues order by; computed, in 32 bits */
	const int *weights;          /* of a custom rule: by tries made before, the last for all after; see tw_task_weight */
	int nweights;
	struct tw_str queue, executor; /* p NULL = default */
	bool depends_on_past, wait_for_downstream, ignore_first_depends_on_past, wait_past_skip;
	int max_active_per_dag, max_active_per_run; /* -1 = none */
	bool is_setup, is_teardown, on_failure_fail_dagrun;
	bool scheduler_only;         /* an empty task that nobody executes */
	bool leaf;                   /* its end decides the run's (states.md §2) */
	bool has_outlets, has_inlets;
	struct tw_asset_term *inlets, *outlets;
	int ninlets, noutlets;
	bool can_skip;               /* branch, short circuit, latest only: writes skip records */
	bool start_from_trigger;
	bool deferrable, do_xcom_push;
	unsigned callbacks;          /* TW_CB_ */
	bool is_sensor;
	struct tw_sensor sensor;
	struct tw_mapping *map;      /* own mapping, NULL = none */
	struct tw_str map_index_template;
};

struct tw_group {
	struct tw_str group_id, label, display_name;
	int parent;                  /* -1 = the root */
	struct tw_mapping *map;      /* NULL = not mapped */
	struct tw_value raw;
};

struct tw_dag {
	int refs;
	struct tw_arena arena;
	struct tw_value doc;         /* the document */
	struct tw_str dag_id, display_name, description, doc_md, fileloc, relative_fileloc;
	char hash[65];               /* hex: the version */
	struct tw_value schedule;
	struct tw_timetable *timetable;
	struct tw_str timetable_summary, timetable_description;
	const struct tw_zone *zone;
	tw_time start_date, end_date;
	tw_time default_start_date;  /* that of default_args */
	struct tw_restriction bounds;/* earliest and latest logical date of scheduled runs (states.md §2) */
	bool catchup;
	int max_active_runs, max_active_tasks;
	bool max_active_tasks_of_dag;/* counted over all runs (2.x), not of one run */
	int max_consecutive_failed;
	int64_t dagrun_timeout;      /* µs, -1 = none */
	bool fail_fast;
	int paused_upon_creation;    /* -1 = the configuration says */
	bool render_native, python_templates, unsafe_to_fork;
	unsigned callbacks;          /* TW_CB_ */
	int compat;                  /* 2 or 3 */
	struct tw_value tags, owners, params, assets, dependencies; /* lists, params a map */
	struct tw_asset *asset_list; /* that schedule, inlets and outlets name */
	int nassets;
	struct tw_asset_term *asset_condition; /* of the schedule, NULL = assets make no runs of it */
	struct tw_str *allowed_run_types;
	int nallowed_run_types;      /* 0 = all */
	struct tw_task *tasks;
	int ntasks;
	struct tw_group *groups;
	int ngroups;
	int *topo;                   /* tasks in topological order, ties in order of definition */
	struct tw_map by_id;         /* task_id → &tasks[i] */
	bool has_past;               /* some task depends on the previous run */
	bool has_mapped_groups;
};

/*
 * Reads and validates a document. Messages name the DAG and the place:
 *	dag 'x': task 'a': unknown upstream 'b'
 *	dag 'x': cycle: a >> b >> c >> a
 * ret is the caller's reference. The value is copied; the text may go away.
 */
enum tw_rc tw_dag_parse(struct tw_value doc, struct tw_zones *zones, struct tw_dag **ret,
			struct tw_err *err);
enum tw_rc tw_dag_parse_json(struct tw_str text, struct tw_zones *zones, struct tw_dag **ret,
			     struct tw_err *err);
struct tw_dag *tw_dag_ref(const struct tw_dag *dag);
void tw_dag_unref(const struct tw_dag *dag); /* NULL is fine */
bool tw_dag_shared(const struct tw_dag *dag);                     /* does somebody besides the caller hold a reference? */

int tw_dag_task(const struct tw_dag *dag, struct tw_str task_id); /* -1 = no such task */
struct tw_str tw_task_operator(const struct tw_task *t);          /* what people are shown */

/* The document's hash without parsing the rest: 64 hex digits and a NUL. */
void tw_dag_hash(struct tw_value doc, char ret_hex[65]);

/* [\w.-]+ (Unicode word), at most TW_ID_MAX characters. what is "dag_id", "task_id" for the message. */
enum tw_rc tw_id_check(const char *what, struct tw_str id, struct tw_err *err);
enum tw_rc tw_group_id_check(struct tw_str id, struct tw_err *err);
/*
 * A run's id: not empty, at most 250, no "..", no '/' and no control characters; a manual one must not start with another type's
 * prefix.
 */
enum tw_rc tw_run_id_check(struct tw_str run_id, enum tw_run_type type, struct tw_err *err);
/* One that somebody chose: what [scheduler] allowed_run_id_pattern (NULL: Airflow's default) takes, or Airflow's own form. */
enum tw_rc tw_run_id_allowed(struct tw_str run_id, const char *pattern, struct tw_err *err);
/* "scheduled__…" is SCHEDULED and so on; anything else MANUAL. */
enum tw_run_type tw_run_type_of_id(struct tw_str run_id);
