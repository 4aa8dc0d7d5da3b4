/*
 * Params: defaults of the DAG, of the task, the run's conf over them, and JSON schema to check the result.
 */
#pragma once

#include "model/dag.h"

/*
 * The values that a task of a run sees: DAG < task < conf. task may be NULL; conf TW_NULL; override says
 * whether conf counts ([core] dag_run_conf_overrides_params). Lives in the arena.
 */
struct tw_value tw_params_merge(struct tw_arena *a, const struct tw_dag *dag,
				const struct tw_task *task, struct tw_value conf, bool override);

/*
 * Every Param of the DAG with conf over it against its schema: what an API answers 400 with.
 * "Invalid input for param n: 0 is less than the minimum of 1", as Airflow begins it.
 */
enum tw_rc tw_params_check(const struct tw_dag *dag, struct tw_value conf, struct tw_err *err);

/*
 * JSON schema, the words people use: type enum const minimum maximum exclusiveMinimum exclusiveMaximum
 * multipleOf minLength maxLength pattern format(date-time date time email uri ipv4 ipv6 uuid) items
 * prefixItems minItems maxItems uniqueItems contains properties required additionalProperties
 * minProperties maxProperties propertyNames anyOf oneOf allOf not if/then/else. Unknown words are ignored, as
 * the standard says. Messages as python-jsonschema words them.
 */
enum tw_rc tw_schema_check(struct tw_value schema, struct tw_value v, struct tw_err *err);
/* Python's re.search, as far as POSIX expressions go. */
bool tw_pattern_matches(struct tw_str pattern, struct tw_str s);
