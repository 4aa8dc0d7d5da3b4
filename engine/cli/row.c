#include "cli/row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/file.h"
#include "model/dag.h"
#include "model/yaml.h"
#include "store/dags.h"
#include "store/runs.h"
#include "value/json.h"

#define FILE_LIMIT (64u << 20)
#define WAIT_US (10 * 1000000LL)

struct tw_value row_new(struct tw_value list)
{
	struct tw_value row = tw_v_map(&tw_cli()->arena);

	tw_list_push(&tw_cli()->arena, list, row);
	return row;
}

static void put(struct tw_value row, const char *key, struct tw_value v)
{
	tw_map_putc(&tw_cli()->arena, row, key, v);
}

void row_str(struct tw_value row, const char *key, struct tw_str s)
{
	put(row, key, s.p ? tw_v_str(s) : TW_NULL);
}

void row_cstr(struct tw_value row, const char *key, const char *s)
{
	put(row, key, tw_v_cstr(s));
}

void row_int(struct tw_value row, const char *key, int64_t i)
{
	put(row, key, tw_v_int(i));
}

void row_num(struct tw_value row, const char *key, double f)
{
	put(row, key, tw_v_float(f));
}

void row_bool(struct tw_value row, const char *key, bool b)
{
	put(row, key, tw_v_bool(b));
}

void row_time(struct tw_value row, const char *key, tw_time t)
{
	char text[TW_ISO_MAX];

	put(row, key,
	    t == TW_TIME_NONE
		    ? TW_NULL
		    : tw_v_cstr(tw_arena_strdup(&tw_cli()->arena, tw_time_iso_utc(text, t))));
}

void row_stamp(struct tw_value row, const char *key, tw_time t)
{
	char text[TW_ISO_MAX];

	if (t == TW_TIME_NONE) {
		put(row, key, TW_NULL);
		return;
	}
	tw_time_iso_utc(text, t);
	text[10] = ' ';
	put(row, key, tw_v_cstr(tw_arena_strdup(&tw_cli()->arena, text)));
}

void row_date(struct tw_value row, const char *key, tw_time t)
{
	if (t == TW_TIME_NONE)
		row_cstr(row, key, "");
	else
		row_time(row, key, t);
}

void row_words(struct tw_value row, const char *key, struct tw_str list)
{
	struct tw_value v = tw_v_list(&tw_cli()->arena);

	while (list.p && list.n) {
		struct tw_str word = tw_str_trim(tw_str_cut(list, ',', &list));

		if (word.n)
			tw_list_push(&tw_cli()->arena, v, tw_v_str(word));
	}
	put(row, key, v);
}

void row_json(struct tw_value row, const char *key, struct tw_str json)
{
	struct tw_value v;

	if (!json.p)
		put(row, key, TW_NULL);
	else
		put(row, key,
		    tw_json_parse(&tw_cli()->arena, json, &v, NULL) == TW_OK ? v : tw_v_str(json));
}

bool cli_run_find(const char *dag_id, const char *id_or_date, struct tw_run_row *ret_run)
{
	struct tw_cli *c = tw_cli();
	struct tw_store *s = tw_cli_store();
	struct tw_run_view view;
	struct tw_err err = { 0 };
	enum tw_rc rc = tw_store_run(s, tw_str(dag_id), tw_str(id_or_date), &c->arena, &view, &err);
	tw_time t;

	if (rc == TW_ERR_NOT_FOUND &&
	    tw_time_parse(tw_str(id_or_date), tw_zones_fixed(&c->zones, 0), &t, NULL) == TW_OK)
		rc = tw_store_run_by_date(s, tw_str(dag_id), t, &c->arena, &view, &err);
	if (rc == TW_ERR_NOT_FOUND)
		return false;
	if (rc < 0)
		tw_cli_die(&err);
	*ret_run = view.run;
	return true;
}

struct tw_run_row cli_run(const char *dag_id, const char *id_or_date)
{
	struct tw_run_row run;

	if (!cli_run_find(dag_id, id_or_date, &run))
		tw_cli_dief("DagRun for %s with run_id or logical_date of '%s' not found", dag_id, id_or_date);
	return run;
}

static struct tw_dag *parse(struct tw_str json)
{
	struct tw_err err = {0};
	struct tw_dag *dag;

	if (tw_dag_parse_json(json, &tw_cli()->zones, &dag, &err) < 0)
		tw_cli_die(&err);
	return dag;
}

struct tw_dag *cli_dag(const char *dag_id)
{
	struct tw_str json;
	struct tw_err err = {0};
	enum tw_rc rc = tw_store_document_newest(tw_cli_store(), tw_str(dag_id), &tw_cli()->arena,
						 &json, NULL, &err);

	if (rc == TW_ERR_NOT_FOUND)
		tw_cli_dief("Dag '%s' could not be found; either it does not exist or it failed to "
			    "parse "
			    "(see `tradewind dags list-import-errors`)",
			    dag_id);
	if (rc < 0)
		tw_cli_die(&err);
	return parse(json);
}

struct tw_dag *cli_dag_of_run(const struct tw_run_row *run)
{
	struct tw_str json;
	struct tw_err err = {0};
	char *id;
	struct tw_dag *dag;

	if (run->version_id.n && tw_store_document(tw_cli_store(), run->version_id,
						   &tw_cli()->arena, &json, &err) == TW_OK)
		return parse(json);
	id = tw_str_dup(run->dag_id);
	dag = cli_dag(id);
	free(id);
	return dag;
}

bool cli_post(const char *kind, struct tw_str dag_id, struct tw_str run_id, struct tw_value payload,
	      bool wait)
{
	struct tw_cli *c = tw_cli();
	struct tw_store *s = tw_cli_store();
	char *json = tw_json_dump(payload, TW_JSON_COMPACT);
	struct tw_inbox_row row = {.at = TW_TIME_NONE,
				   .kind = tw_str(kind),
				   .dag_id = dag_id,
				   .run_id = run_id,
				   .payload = tw_str(json)};
	struct tw_err err = {0};
	int64_t id, until = tw_monotonic() + WAIT_US;

	if (tw_store_inbox_post(s, &row, 1, &id, &err) < 0)
		tw_cli_die(&err);
	free(json);
	tw_cli_ring();
	while (wait && tw_monotonic() < until) {
		struct tw_inbox_row *rows;
		size_t n;

		if (tw_store_inbox_take(s, id - 1, 1, &c->arena, &rows, &n, &err) < 0)
			tw_cli_die(&err);
		if (!n || rows[0].id != id)
			return true;
		usleep(5000);
	}
	return !wait;
}

struct tw_value cli_read_file(const char *path)
{
	struct tw_buf text = {0};
	struct tw_value v;
	struct tw_err err = {0};
	struct tw_str s;
	bool yaml = tw_str_ends(tw_str(path), ".yaml") || tw_str_ends(tw_str(path), ".yml");

	if (tw_file_read(path, FILE_LIMIT, &text, &err) < 0)
		tw_cli_die(&err);
	s = tw_str_copy(&tw_cli()->arena, tw_buf_str(&text));
	tw_buf_release(&text);
	if (yaml ? tw_yaml_parse(&tw_cli()->arena, s, &v, &err) < 0
		 : tw_json_parse(&tw_cli()->arena, s, &v, &err) < 0)
		tw_cli_dief("%s: %s", path, err.msg);
	if (v.kind != TW_V_MAP)
		tw_cli_dief("%s: expected an object at the top", path);
	return v;
}

void cli_write_file(const char *path, struct tw_value v, const char *format)
{
	struct tw_buf out = {0};
	struct tw_err err = {0};
	bool yaml =
		format ? strcmp(format, "yaml") == 0
		       : tw_str_ends(tw_str(path), ".yaml") || tw_str_ends(tw_str(path), ".yml");

	if (yaml)
		tw_yaml_write(&out, v, 0);
	else
		tw_json_write(&out, v, TW_JSON_PRETTY);
	if (out.n && out.p[out.n - 1] != '\n')
		tw_buf_addc(&out, '\n');
	if (strcmp(path, "-") == 0)
		fwrite(out.p, 1, out.n, stdout);
	else if (tw_file_write(path, tw_buf_str(&out), 0600, &err) < 0)
		tw_cli_die(&err);
	tw_buf_release(&out);
}

/* As Airflow: what is not known is left out. */
static void tell_unknown(struct tw_value rows, const char *columns)
{
	struct tw_str rest = tw_str(columns);

	while (tw_value_len(rows) && rest.p) {
		struct tw_value row = rows.list->v[0];
		struct tw_str name = tw_str_trim(tw_str_cut(rest, ',', &rest));

		if (tw_map_find(row, name))
			continue;
		fprintf(stderr, "unknown column '" TW_STR_FMT "' is left out; there are:", TW_STR_ARG(name));
		for (size_t i = 0; i < row.map->n; i++)
			fprintf(stderr, " " TW_STR_FMT, TW_STR_ARG(row.map->v[i].key.s));
		fputc('\n', stderr);
	}
}

struct tw_value row_pick(struct tw_value rows, const char *columns)
{
	struct tw_arena *a = &tw_cli()->arena;
	struct tw_value out = tw_v_list(a);

	if (!columns)
		return rows;
	tell_unknown(rows, columns);
	for (size_t i = 0; i < tw_value_len(rows); i++) {
		struct tw_value row = tw_v_map(a);
		struct tw_str rest = tw_str(columns);

		while (rest.p) {
			struct tw_str name = tw_str_trim(tw_str_cut(rest, ',', &rest));
			const struct tw_value *v = tw_map_find(rows.list->v[i], name);

			if (v)
				tw_map_put(a, row, name, *v);
		}
		tw_list_push(a, out, row);
	}
	return out;
}
