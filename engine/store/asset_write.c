/* What the scheduler decided about assets: events, who waits, what a run took; and events that others post. */
#include "store/assets.h"

#include <stdio.h>

#include "base/log.h"
#include "store/write.h"

static struct tw_str json_or_empty(struct tw_str s)
{
	return s.n ? s : TW_STR("{}");
}

/* An alias may name an asset that no DAG file does: it is made. */
static enum tw_rc find_or_make(struct tw_store *s, const struct tw_asset_event_row *e, int64_t *ret_id,
			       struct tw_err *err)
{
	tw_time now = tw_store_now(s);

	TW_TRY(tw_q_number(s, ret_id, err, "select id from asset where name = ? and uri = ?", "ss", e->name, e->uri));
	if (*ret_id)
		return TW_OK;
	TW_TRY(tw_q_exec(s, NULL, err,
			 "insert into asset (name, uri, \"group\", extra, created_at, updated_at)"
			 " values (?, ?, ?, ?, ?, ?)",
			 "sssstt", e->name, e->uri, e->group.n ? e->group : TW_STR("asset"),
			 json_or_empty(e->asset_extra), now, now));
	return tw_q_number(s, ret_id, err, "select id from asset where name = ? and uri = ?", "ss", e->name, e->uri);
}

static enum tw_rc put_event(struct tw_store *s, const struct tw_asset_event_row *e, int64_t asset_id, int64_t *ret_id,
			    struct tw_err *err)
{
	*ret_id = e->id;
	if (e->id)
		return tw_q_exec(s, NULL, err, "update asset_event set timestamp = ? where id = ?", "ti", e->timestamp,
				 e->id);
	TW_TRY(tw_q_exec(s, NULL, err,
			 "insert into asset_event (asset_id, extra, source_task_id, source_dag_id, source_run_id,"
			 " source_map_index, timestamp, partition_key) values (?, ?, ?, ?, ?, ?, ?, ?)",
			 "issssits", asset_id, json_or_empty(e->extra), e->source_task_id, e->source_dag_id,
			 e->source_run_id, (int64_t)e->source_map_index, e->timestamp, e->partition_key));
	return tw_q_number(s, ret_id, err, "select max(id) from asset_event where asset_id = ? and timestamp = ?", "it",
			   asset_id, e->timestamp);
}

static enum tw_rc put_alias(struct tw_store *s, struct tw_str alias, int64_t asset_id, int64_t event_id,
			    bool *ret_new, struct tw_err *err)
{
	int64_t id, n;

	TW_TRY(tw_q_exec(s, NULL, err,
			 "insert into asset_alias (name, \"group\") values (?, 'asset') on conflict (name) do nothing",
			 "s", alias));
	TW_TRY(tw_q_number(s, &id, err, "select id from asset_alias where name = ?", "s", alias));
	TW_TRY(tw_q_exec(s, &n, err,
			 "insert into asset_alias_asset (alias_id, asset_id) values (?, ?)"
			 " on conflict (alias_id, asset_id) do nothing",
			 "ii", id, asset_id));
	*ret_new |= n > 0;
	return tw_q_exec(s, NULL, err,
			 "insert into asset_alias_asset_event (alias_id, event_id) values (?, ?)"
			 " on conflict (alias_id, event_id) do nothing",
			 "ii", id, event_id);
}

enum tw_rc tw_write_asset_event(struct tw_store *s, const struct tw_asset_event_row *e, struct tw_err *err)
{
	int64_t asset_id, event_id;
	bool more = false;

	TW_TRY(find_or_make(s, e, &asset_id, err));
	TW_TRY(put_event(s, e, asset_id, &event_id, err));
	for (int i = 0; i < e->naliases; i++)
		TW_TRY(put_alias(s, e->aliases[i], asset_id, event_id, &more, err));
	return more ? tw_write_assets_settle(s, err) : TW_OK;
}

enum tw_rc tw_write_asset_mark(struct tw_store *s, const struct tw_asset_mark_row *m, struct tw_err *err)
{
	return tw_q_exec(s, NULL, err,
			 "insert into asset_dag_run_queue (asset_id, target_dag_id, created_at)"
			 " select a.id, ?, ? from asset a where a.name = ? and a.uri = ?"
			 " on conflict (asset_id, target_dag_id) do nothing",
			 "stss", m->dag_id, m->at, m->name, m->uri);
}

enum tw_rc tw_write_asset_unmark(struct tw_store *s, const struct tw_asset_mark_row *m, struct tw_err *err)
{
	if (!m->name.p)
		return tw_q_exec(s, NULL, err, "delete from asset_dag_run_queue where target_dag_id = ?", "s",
				 m->dag_id);
	return tw_q_exec(s, NULL, err,
			 "delete from asset_dag_run_queue where target_dag_id = ? and asset_id in"
			 " (select id from asset where name = ? and uri = ?)",
			 "sss", m->dag_id, m->name, m->uri);
}

/* The events of a DAG's assets, its aliases' and its references'; three times the dag_id. */
#define OF_DAG                                                                                                      \
	"(e.asset_id in (select r.asset_id from dag_schedule_asset_reference r where r.dag_id = ?)"                 \
	" or e.id in (select x.event_id from asset_alias_asset_event x join dag_schedule_asset_alias_reference r"   \
	" on r.alias_id = x.alias_id where r.dag_id = ?)"                                                           \
	" or e.asset_id in (select a.id from asset a join dag_schedule_asset_name_reference r on r.name = a.name"   \
	" where r.dag_id = ?)"                                                                                      \
	" or e.asset_id in (select a.id from asset a join dag_schedule_asset_uri_reference r on r.uri = a.uri"      \
	" where r.dag_id = ?))"

/* Where a DAG's window of events begins: after its last asset run, or where it began to listen. */
static enum tw_rc window_floor(struct tw_store *s, struct tw_str dag_id, tw_time before, bool all_before,
			       tw_time *ret, struct tw_err *err)
{
	struct tw_q q;
	int rc;

	tw_q(&q, s,
	     "select coalesce((select max(run_after) from dag_run where dag_id = ? and run_type = 'asset_triggered'"
	     " and run_after < ?), case when ? = 0 then (select min(created_at) from dag_schedule_asset_reference"
	     " where dag_id = ?) end)");
	tw_q_put_str(&q, dag_id);
	tw_q_put_time(&q, before);
	tw_q_put_int(&q, all_before);
	tw_q_put_str(&q, dag_id);
	rc = tw_q_next(&q, err);
	if (rc < 0)
		return rc;
	*ret = rc ? tw_q_get_time(&q) : TW_TIME_NONE;
	tw_q_done(&q);
	if (*ret == TW_TIME_NONE)
		*ret = TW_TIME_MIN;
	return TW_OK;
}

enum tw_rc tw_write_asset_consume(struct tw_store *s, const struct tw_asset_mark_row *m, struct tw_err *err)
{
	tw_time from;

	TW_TRY(window_floor(s, m->dag_id, m->at, m->all_before, &from, err));
	return tw_q_exec(s, NULL, err,
			 "insert into dagrun_asset_event (dag_run_id, event_id) select d.id, e.id from dag_run d, asset_event e"
			 " where d.dag_id = ? and d.run_id = ? and e.timestamp <= ? and e.timestamp > ? and " OF_DAG
			 " on conflict (dag_run_id, event_id) do nothing",
			 "ssttssss", m->dag_id, m->run_id, m->at, from, m->dag_id, m->dag_id, m->dag_id, m->dag_id);
}

enum tw_rc tw_store_asset_clock(struct tw_store *s, tw_time *ret, struct tw_err *err)
{
	struct tw_q q;
	int rc;

	*ret = TW_TIME_NONE;
	tw_q(&q, s, "select max(timestamp) from asset_event");
	rc = tw_q_next(&q, err);
	if (rc < 0)
		return rc;
	if (rc > 0) {
		*ret = tw_q_get_time(&q);
		tw_q_done(&q);
	}
	return TW_OK;
}

enum tw_rc tw_store_asset_span(struct tw_store *s, struct tw_str dag_id, tw_time *ret_start, tw_time *ret_end,
			       struct tw_err *err)
{
	struct tw_q q;
	tw_time from;
	int rc;

	*ret_start = *ret_end = TW_TIME_NONE;
	TW_TRY(window_floor(s, dag_id, TW_TIME_MAX, true, &from, err));
	tw_q(&q, s,
	     "select min(coalesce(d.data_interval_start, e.timestamp)), max(coalesce(d.data_interval_end, e.timestamp))"
	     " from asset_event e left join dag_run d on d.dag_id = e.source_dag_id and d.run_id = e.source_run_id"
	     " where e.timestamp > ? and " OF_DAG);
	tw_q_put_time(&q, from);
	for (int i = 0; i < 4; i++)
		tw_q_put_str(&q, dag_id);
	rc = tw_q_next(&q, err);
	if (rc < 0)
		return rc;
	if (rc > 0) {
		*ret_start = tw_q_get_time(&q);
		*ret_end = tw_q_get_time(&q);
		tw_q_done(&q);
	}
	return TW_OK;
}

/* ── posted by others ───────────────────────────────────────────────────────────────── */

static enum tw_rc post_event(struct tw_store *s, const struct tw_asset_event_row *e, int64_t *ret_id,
			     int64_t *ret_inbox, struct tw_err *err)
{
	struct tw_asset_event_row row = *e;
	char payload[64];
	struct tw_inbox_row post = {.at = TW_TIME_NONE, .kind = TW_STR("asset_event")};

	row.timestamp = tw_store_now(s);
	TW_TRY(put_event(s, &row, e->asset_id, ret_id, err));
	snprintf(payload, sizeof payload, "{\"event_id\": %lld}", (long long)*ret_id);
	post.payload = tw_str(payload);
	return tw_store_inbox_post(s, &post, 1, ret_inbox, err);
}

enum tw_rc tw_store_asset_event_post(struct tw_store *s, const struct tw_asset_event_row *e, int64_t *ret_id,
				     int64_t *ret_inbox, struct tw_err *err)
{
	enum tw_rc rc;
	bool own;

	TW_TRY(tw_tx_enter(s, &own, err));
	rc = post_event(s, e, ret_id, ret_inbox, err);
	return tw_tx_leave(s, own, rc, err);
}

enum tw_rc tw_write_watcher(struct tw_store *s, const struct tw_watcher_row *w, struct tw_err *err)
{
	return tw_q_exec(s, NULL, err, "insert into asset_watcher (name, asset_id, trigger_id) values (?, ?, ?)", "sii",
			 w->name, w->asset_id, w->trigger_id);
}

/* ── partitions ─────────────────────────────────────────────────────────────────────── */

enum tw_rc tw_write_partition(struct tw_store *s, const struct tw_asset_mark_row *m, struct tw_err *err)
{
	TW_TRY(tw_q_exec(s, NULL, err,
			 "insert into asset_partition_dag_run (target_dag_id, partition_key, created_at, updated_at)"
			 " select ?, ?, ?, ? where not exists (select 1 from asset_partition_dag_run p where"
			 " p.target_dag_id = ? and p.partition_key = ? and p.created_dag_run_id is null)",
			 "ssttss", m->dag_id, m->partition_key, m->at, m->at, m->dag_id, m->partition_key));
	TW_TRY(tw_q_exec(s, NULL, err,
			 "update asset_partition_dag_run set partition_date = ? where target_dag_id = ? and partition_key = ?"
			 " and created_dag_run_id is null",
			 "tss", m->partition_date, m->dag_id, m->partition_key));
	return tw_q_exec(s, NULL, err,
			 "insert into partitioned_asset_key_log (asset_id, asset_event_id, asset_partition_dag_run_id,"
			 " source_partition_key, target_dag_id, target_partition_key, created_at)"
			 " select a.id, e.id, p.id, ?, p.target_dag_id, p.partition_key, ? from asset a"
			 " join asset_event e on e.asset_id = a.id and e.timestamp = ? join asset_partition_dag_run p"
			 " on p.target_dag_id = ? and p.partition_key = ? and p.created_dag_run_id is null"
			 " where a.name = ? and a.uri = ?",
			 "sttssss", m->source_key, m->at, m->at, m->dag_id, m->partition_key, m->name, m->uri);
}

enum tw_rc tw_write_partition_run(struct tw_store *s, const struct tw_asset_mark_row *m, struct tw_err *err)
{
	TW_TRY(tw_q_exec(s, NULL, err,
			 "insert into dagrun_asset_event (dag_run_id, event_id) select d.id, l.asset_event_id from dag_run d"
			 " join asset_partition_dag_run p on p.target_dag_id = d.dag_id and p.created_dag_run_id is null"
			 " join partitioned_asset_key_log l on l.asset_partition_dag_run_id = p.id"
			 " where d.dag_id = ? and d.run_id = ? and p.partition_key = ?"
			 " on conflict (dag_run_id, event_id) do nothing",
			 "sss", m->dag_id, m->run_id, m->partition_key));
	return tw_q_exec(s, NULL, err,
			 "update asset_partition_dag_run set updated_at = ?, created_dag_run_id = (select id from dag_run"
			 " where dag_id = ? and run_id = ?) where target_dag_id = ? and partition_key = ?"
			 " and created_dag_run_id is null",
			 "tssss", m->at, m->dag_id, m->run_id, m->dag_id, m->partition_key);
}

enum tw_rc tw_write_partitions_drop(struct tw_store *s, struct tw_str dag_id, struct tw_err *err)
{
	TW_TRY(tw_q_exec(s, NULL, err,
			 "delete from partitioned_asset_key_log where asset_partition_dag_run_id in (select id from"
			 " asset_partition_dag_run where target_dag_id = ? and created_dag_run_id is null)",
			 "s", dag_id));
	return tw_q_exec(s, NULL, err,
			 "delete from asset_partition_dag_run where target_dag_id = ? and created_dag_run_id is null", "s",
			 dag_id);
}
