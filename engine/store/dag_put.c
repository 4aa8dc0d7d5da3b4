/* What parsing found: documents, versions, source code, import errors. */
#include "store/dags.h"

#include "io/token.h"
#include "store/feed_write.h"
#include "store/write.h"

struct stored {
	bool there, stale, errors;	/* the dag row */
	struct tw_str version_id, hash; /* the newest version; p NULL = none */
	int number;
};

static enum tw_rc look_up(struct tw_store *s, struct tw_str dag_id, struct tw_arena *a,
			  struct stored *ret, struct tw_err *err)
{
	struct tw_q q;
	int rc;

	*ret = (struct stored){0};
	tw_q(&q, s, "select is_stale, has_import_errors from dag where dag_id = ?");
	tw_q_put_str(&q, dag_id);
	rc = tw_q_next(&q, err);
	if (rc <= 0)
		return rc;
	ret->there = true;
	ret->stale = tw_q_get_int(&q);
	ret->errors = tw_q_get_int(&q);
	tw_q_done(&q);
	tw_q(&q, s,
	     "select v.id, v.version_number, s.dag_hash from dag_version v join serialized_dag s"
	     " on s.dag_version_id = v.id where v.dag_id = ? order by v.version_number desc limit 1");
	tw_q_put_str(&q, dag_id);
	rc = tw_q_next(&q, err);
	if (rc <= 0)
		return rc;
	ret->version_id = tw_q_get_uuid_text(&q, a);
	ret->number = (int)tw_q_get_int(&q);
	ret->hash = tw_q_get_str(&q, a);
	tw_q_done(&q);
	return TW_OK;
}

static void put_description(struct tw_q *q, const struct tw_file_put *f, const struct tw_dag_row *d)
{
	tw_q_put_time(q, f->parsed_at);
	tw_q_put_real(q, f->duration);
	tw_q_put_str(q, f->fileloc);
	tw_q_put_str(q, f->relative_fileloc);
	tw_q_put_str(q, f->bundle_name);
	tw_q_put_str(q, f->bundle_version);
	tw_q_put_str(q, d->owners);
	tw_q_put_str(q, d->display_name.n ? d->display_name : d->dag_id);
	tw_q_put_str(q, d->description);
	tw_q_put_str(q, d->timetable_type.p ? d->timetable_type : TW_STR(""));
	tw_q_put_str(q, d->timetable_summary);
	tw_q_put_str(q, d->timetable_description);
	tw_q_put_int(q, d->timetable_partitioned);
	tw_q_put_int(q, d->timetable_periodic);
	tw_q_put_str(q, d->asset_expression);
	tw_q_put_str(q, d->owner_links);
	tw_q_put_str(q, d->allowed_run_types);
	tw_q_put_int(q, d->max_active_tasks);
	tw_q_put_int(q, d->max_active_runs);
	tw_q_put_int(q, d->max_consecutive_failed);
	tw_q_put_int(q, d->has_task_concurrency_limits);
	tw_q_put_int(q, d->fail_fast);
}

static enum tw_rc put_row(struct tw_store *s, const struct tw_file_put *f,
			  const struct tw_dag_row *d, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "insert into dag (last_parsed_time, last_parse_duration, fileloc, relative_fileloc, bundle_name,"
	     " bundle_version, owners, dag_display_name, description, timetable_type, timetable_summary,"
	     " timetable_description, timetable_partitioned, timetable_periodic, asset_expression, owner_links,"
	     " allowed_run_types, max_active_tasks, max_active_runs, max_consecutive_failed_dag_runs,"
	     " has_task_concurrency_limits, fail_fast, dag_id, is_paused, is_stale)"
	     " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"
	     " on conflict (dag_id) do update set last_parsed_time = excluded.last_parsed_time,"
	     " last_parse_duration = excluded.last_parse_duration, fileloc = excluded.fileloc,"
	     " relative_fileloc = excluded.relative_fileloc, bundle_name = excluded.bundle_name,"
	     " bundle_version = excluded.bundle_version, owners = excluded.owners,"
	     " dag_display_name = excluded.dag_display_name, description = excluded.description,"
	     " timetable_type = excluded.timetable_type, timetable_summary = excluded.timetable_summary,"
	     " timetable_description = excluded.timetable_description,"
	     " timetable_partitioned = excluded.timetable_partitioned,"
	     " timetable_periodic = excluded.timetable_periodic, asset_expression = excluded.asset_expression,"
	     " owner_links = excluded.owner_links, allowed_run_types = excluded.allowed_run_types,"
	     " max_active_tasks = excluded.max_active_tasks, max_active_runs = excluded.max_active_runs,"
	     " max_consecutive_failed_dag_runs = excluded.max_consecutive_failed_dag_runs,"
	     " has_task_concurrency_limits = excluded.has_task_concurrency_limits, fail_fast = excluded.fail_fast,"
	     " is_stale = 0, has_import_errors = 0");
	put_description(&q, f, d);
	tw_q_put_str(&q, d->dag_id);
	tw_q_put_int(&q, d->is_paused);
	return tw_q_run(&q, NULL, err);
}

static enum tw_rc put_tags(struct tw_store *s, const struct tw_dag_row *d, struct tw_err *err)
{
	TW_TRY(tw_q_exec(s, NULL, err, "delete from dag_tag where dag_id = ?", "s", d->dag_id));
	for (size_t i = 0; i < d->ntags; i++)
		TW_TRY(tw_q_exec(
			s, NULL, err,
			"insert into dag_tag (name, dag_id) values (?, ?) on conflict (name, dag_id) do nothing",
			"ss", d->tags[i], d->dag_id));
	return TW_OK;
}

static enum tw_rc put_warnings(struct tw_store *s, const struct tw_dag_put *d, struct tw_err *err)
{
	TW_TRY(tw_q_exec(s, NULL, err,
			 "delete from dag_warning where dag_id = ? and warning_type = 'parse'", "s",
			 d->dag.dag_id));
	for (size_t i = 0; i < d->nwarnings; i++)
		TW_TRY(tw_q_exec(
			s, NULL, err,
			"insert into dag_warning (dag_id, warning_type, message, timestamp)"
			" values (?, 'parse', ?, ?)",
			"sst", d->dag.dag_id, d->warnings[i], (tw_time)tw_store_now(s)));
	return TW_OK;
}

/* ── versions ───────────────────────────────────────────────────────────────────────── */

static struct tw_str new_id(struct tw_store *s, struct tw_arena *a)
{
	char *text = tw_arena_alloc(a, TW_UUID_LEN + 1);

	tw_uuid7(text, tw_store_now(s));
	return tw_strn(text, TW_UUID_LEN);
}

static enum tw_rc add_version(struct tw_store *s, const struct tw_file_put *f,
			      const struct tw_dag_put *d, struct tw_arena *a,
			      struct tw_put_outcome *o, struct tw_err *err)
{
	tw_time now = tw_store_now(s);

	o->version_id = new_id(s, a);
	TW_TRY(tw_q_exec(
		s, NULL, err,
		"insert into dag_version (id, version_number, dag_id, bundle_name, bundle_version, created_at,"
		" last_updated) values (?, ?, ?, ?, ?, ?, ?)",
		"uissstt", o->version_id, (int64_t)o->version_number, d->dag.dag_id, f->bundle_name,
		f->bundle_version, now, now));
	TW_TRY(tw_q_exec(
		s, NULL, err,
		"insert into serialized_dag (id, dag_id, data, created_at, last_updated, dag_hash, dag_version_id)"
		" values (?, ?, ?, ?, ?, ?, ?)",
		"ussttsu", new_id(s, a), d->dag.dag_id, d->document, now, now, d->hash,
		o->version_id));
	return tw_q_exec(
		s, NULL, err,
		"insert into dag_code (id, dag_id, fileloc, created_at, last_updated, source_code, dag_version_id)"
		" values (?, ?, ?, ?, ?, ?, ?)",
		"ussttsu", new_id(s, a), d->dag.dag_id, f->fileloc, now, now,
		d->source.p ? d->source : TW_STR(""), o->version_id);
}

/* The newest version takes this document; *ret_changed: its text was another. */
static enum tw_rc replace_version(struct tw_store *s, const struct tw_file_put *f,
				  const struct tw_dag_put *d, struct tw_str version_id,
				  bool *ret_changed, struct tw_err *err)
{
	tw_time now = tw_store_now(s);
	int64_t n;

	TW_TRY(tw_q_exec(
		s, &n, err,
		"update serialized_dag set data = ?, dag_hash = ?, last_updated = ? where dag_version_id = ?"
		" and data <> ?",
		"sstus", d->document, d->hash, now, version_id, d->document));
	*ret_changed = n > 0;
	if (n)
		TW_TRY(tw_q_exec(
			s, NULL, err,
			"update dag_version set bundle_name = ?, bundle_version = ?, last_updated = ? where id = ?",
			"sstu", f->bundle_name, f->bundle_version, now, version_id));
	if (d->source.p)
		TW_TRY(tw_q_exec(
			s, NULL, err,
			"update dag_code set source_code = ?, fileloc = ?, last_updated = ?"
			" where dag_version_id = ? and source_code <> ?",
			"sstus", d->source, f->fileloc, now, version_id, d->source));
	return TW_OK;
}

static enum tw_rc decide(struct tw_store *s, const struct tw_dag_put *d, const struct stored *have,
			 enum tw_put_result *ret, struct tw_err *err)
{
	int64_t used = 0;

	if (!have->there || !have->version_id.p) {
		*ret = have->there ? TW_PUT_NEW_VERSION : TW_PUT_NEW_DAG;
	} else if (tw_str_eq(have->hash, d->hash)) {
		*ret = TW_PUT_SAME;
	} else {
		TW_TRY(tw_q_number(s, &used, err,
				   "select 1 from dag_run where created_dag_version_id = ? limit 1",
				   "u", have->version_id));
		*ret = used ? TW_PUT_NEW_VERSION : TW_PUT_OVERWRITTEN;
	}
	return TW_OK;
}

static enum tw_rc put_dag(struct tw_store *s, const struct tw_file_put *f,
			  const struct tw_dag_put *d, struct tw_arena *a, struct tw_put_outcome *o,
			  struct tw_err *err)
{
	struct stored have;
	bool changed = true;

	TW_TRY(look_up(s, d->dag.dag_id, a, &have, err));
	TW_TRY(decide(s, d, &have, &o->result, err));
	o->woken = have.stale || have.errors;
	o->version_id = have.version_id;
	o->version_number = have.number;
	TW_TRY(put_row(s, f, &d->dag, err));
	if (o->result == TW_PUT_NEW_DAG || o->result == TW_PUT_NEW_VERSION) {
		o->version_number++;
		TW_TRY(add_version(s, f, d, a, o, err));
	} else {
		TW_TRY(replace_version(s, f, d, have.version_id, &changed, err));
	}
	if (o->result != TW_PUT_SAME)
		TW_TRY(put_tags(s, &d->dag, err));
	TW_TRY(put_warnings(s, d, err));
	if (d->parsed)
		TW_TRY(tw_write_dag_assets(s, d->parsed, &o->assets_moved, err));
	return changed || o->woken ? tw_write_post(s, "dag_changed", d->dag.dag_id, err) : TW_OK;
}

/* ── files ──────────────────────────────────────────────────────────────────────────── */

static enum tw_rc drop_error(struct tw_store *s, struct tw_str bundle, struct tw_str file, struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_exec(s, &n, err, "delete from import_error where bundle_name = ? and filename = ?", "ss", bundle,
			 file));
	if (n)
		tw_feed_import_error(s, bundle, file);
	return TW_OK;
}

static enum tw_rc put_error(struct tw_store *s, const struct tw_file_put *f, struct tw_err *err)
{
	int64_t n;

	if (!f->error.p)
		return drop_error(s, f->bundle_name, f->relative_fileloc, err);
	tw_feed_import_error(s, f->bundle_name, f->relative_fileloc);
	TW_TRY(tw_q_exec(
		s, &n, err,
		"update import_error set timestamp = ?, stacktrace = ? where bundle_name = ? and filename = ?",
		"tsss", f->parsed_at, f->error, f->bundle_name, f->relative_fileloc));
	if (n)
		return TW_OK;
	return tw_q_exec(
		s, NULL, err,
		"insert into import_error (timestamp, filename, bundle_name, stacktrace) values (?, ?, ?, ?)",
		"tsss", f->parsed_at, f->relative_fileloc, f->bundle_name, f->error);
}

static bool in_file(const struct tw_file_put *f, struct tw_str dag_id)
{
	for (size_t i = 0; i < f->ndags; i++)
		if (tw_str_eq(f->dags[i].dag.dag_id, dag_id))
			return true;
	return false;
}

static void read_id(struct tw_q *q, struct tw_arena *a, void *row)
{
	*(struct tw_str *)row = tw_q_get_str(q, a);
}

static enum tw_rc make_stale(struct tw_store *s, struct tw_str dag_id, struct tw_err *err)
{
	TW_TRY(tw_q_exec(
		s, NULL, err,
		"update dag set is_stale = 1, has_import_errors = 0, last_expired = ?, next_dagrun = null,"
		" next_dagrun_data_interval_start = null, next_dagrun_data_interval_end = null,"
		" next_dagrun_create_after = null where dag_id = ?",
		"ts", (tw_time)tw_store_now(s), dag_id));
	return tw_write_post(s, "dag_changed", dag_id, err);
}

static enum tw_rc mark_broken(struct tw_store *s, struct tw_str dag_id, struct tw_err *err)
{
	int64_t n;

	TW_TRY(tw_q_exec(
		s, &n, err,
		"update dag set has_import_errors = 1 where dag_id = ? and has_import_errors = 0",
		"s", dag_id));
	return n ? tw_write_post(s, "dag_changed", dag_id, err) : TW_OK;
}

/* DAGs that the table has for this file and the parse did not give. */
static enum tw_rc drop_others(struct tw_store *s, const struct tw_file_put *f, struct tw_arena *a,
			      struct tw_err *err)
{
	struct tw_str *ids;
	struct tw_q q;
	size_t n;

	tw_q(&q, s,
	     "select dag_id from dag where bundle_name = ? and relative_fileloc = ? and is_stale = 0");
	tw_q_put_str(&q, f->bundle_name);
	tw_q_put_str(&q, f->relative_fileloc);
	TW_TRY(TW_Q_ALL(&q, struct tw_str, read_id, a, &ids, &n, err));
	for (size_t i = 0; i < n; i++) {
		if (in_file(f, ids[i]))
			continue;
		TW_TRY(f->error.p ? mark_broken(s, ids[i], err) : make_stale(s, ids[i], err));
	}
	return TW_OK;
}

static enum tw_rc put_file(struct tw_store *s, struct tw_file_put *f, struct tw_arena *a,
			   struct tw_err *err)
{
	struct tw_put_outcome *outcomes = tw_arena_array(a, struct tw_put_outcome, f->ndags);

	for (size_t i = 0; i < f->ndags; i++)
		if (put_dag(s, f, &f->dags[i], a, &outcomes[i], err) < 0)
			return tw_err_wrap(err, "dag '" TW_STR_FMT "'",
					   TW_STR_ARG(f->dags[i].dag.dag_id));
	TW_TRY(put_error(s, f, err));
	TW_TRY(drop_others(s, f, a, err));
	f->outcomes = outcomes;
	return TW_OK;
}

enum tw_rc tw_store_files_put(struct tw_store *s, struct tw_file_put *files, size_t n,
			      struct tw_arena *a, struct tw_err *err)
{
	enum tw_rc rc = TW_OK;
	bool own, moved = false;

	TW_TRY(tw_tx_enter(s, &own, err));
	for (size_t i = 0; rc == TW_OK && i < n; i++) {
		rc = put_file(s, &files[i], a, err);
		for (size_t k = 0; rc == TW_OK && k < files[i].ndags; k++)
			moved |= files[i].outcomes[k].assets_moved;
	}
	if (rc == TW_OK && moved)
		rc = tw_write_assets_settle(s, err);
	return tw_tx_leave(s, own, rc, err);
}

static enum tw_rc stale_all(struct tw_store *s, struct tw_q *q, struct tw_arena *a, size_t *ret_n,
			    struct tw_err *err)
{
	struct tw_str *ids;
	size_t n;

	TW_TRY(TW_Q_ALL(q, struct tw_str, read_id, a, &ids, &n, err));
	for (size_t i = 0; i < n; i++)
		TW_TRY(make_stale(s, ids[i], err));
	*ret_n += n;
	return TW_OK;
}

static enum tw_rc file_gone(struct tw_store *s, struct tw_str bundle, struct tw_str file,
			    struct tw_arena *a, struct tw_err *err)
{
	struct tw_q q;
	size_t n = 0;

	TW_TRY(drop_error(s, bundle, file, err));
	tw_q(&q, s,
	     "select dag_id from dag where bundle_name = ? and relative_fileloc = ? and is_stale = 0");
	tw_q_put_str(&q, bundle);
	tw_q_put_str(&q, file);
	return stale_all(s, &q, a, &n, err);
}

enum tw_rc tw_store_files_gone(struct tw_store *s, struct tw_str bundle,
			       const struct tw_str *relative_filelocs, size_t n, struct tw_err *err)
{
	struct tw_arena a = {0};
	enum tw_rc rc = TW_OK;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	for (size_t i = 0; rc == TW_OK && i < n; i++)
		rc = file_gone(s, bundle, relative_filelocs[i], &a, err);
	tw_arena_release(&a);
	return tw_tx_leave(s, own, rc, err);
}

enum tw_rc tw_store_dags_expire(struct tw_store *s, struct tw_str bundle, tw_time before,
				size_t *ret_n, struct tw_err *err)
{
	struct tw_arena a = {0};
	struct tw_q q;
	enum tw_rc rc;
	size_t n = 0;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	tw_q(&q, s,
	     "select dag_id from dag where bundle_name = ? and last_parsed_time < ? and is_stale = 0");
	tw_q_put_str(&q, bundle);
	tw_q_put_time(&q, before);
	rc = stale_all(s, &q, &a, &n, err);
	tw_arena_release(&a);
	TW_TRY(tw_tx_leave(s, own, rc, err));
	*ret_n = n;
	return TW_OK;
}

enum tw_rc tw_store_bundle_put(struct tw_store *s, struct tw_str name, bool active,
			       struct tw_str version, tw_time refreshed, struct tw_err *err)
{
	return tw_q_exec(
		s, NULL, err,
		"insert into dag_bundle (name, active, version, last_refreshed) values (?, ?, ?, ?)"
		" on conflict (name) do update set active = excluded.active, version = excluded.version,"
		" last_refreshed = excluded.last_refreshed",
		"sist", name, (int64_t)active, version, refreshed);
}
