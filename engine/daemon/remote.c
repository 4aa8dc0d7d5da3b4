/* What workers elsewhere tell: rows of the inbox that the api-server posts, and heartbeats that it writes. */
#include "base/log.h"
#include "daemon/shell.h"
#include "store/tis.h"

/* The attempt, if an executor has it whose workers are elsewhere; NULL: nothing of it counts (any more). */
static struct attempt *attempt_of(struct shell *sh, struct tw_value payload)
{
	struct tw_id id;
	struct attempt *a = tw_id_parse(tw_map_str(payload, "attempt", ""), &id) ? attempt_find(sh, id) : NULL;

	return a && a->ex->pulled ? a : NULL;
}

static tw_time instant(struct tw_value payload, const char *key, tw_time dflt)
{
	struct tw_str text = tw_map_str(payload, key, NULL);
	tw_time t;

	return text.p && tw_time_parse(text, NULL, &t, NULL) == TW_OK ? t : dflt;
}

enum tw_rc remote_take_started(struct shell *sh, struct tw_value payload, struct tw_err *err)
{
	struct attempt *a = attempt_of(sh, payload);
	struct tw_exec_started s = {
		.pid = (int)tw_map_int(payload, "pid", 0),
		.hostname = tw_map_str(payload, "hostname", ""),
		.unixname = tw_map_str(payload, "unixname", ""),
		.external_id = tw_map_str(payload, "claim", NULL),
		.at = instant(payload, "at", shell_now(sh)),
	};

	if (!a)
		return TW_OK;
	s.attempt = a->id;
	if (!a->taken)
		turn_workload_drop(sh, a->id);
	a->taken = true;
	tw_executor_remote_started(a->ex, &s);
	return TW_OK;
}

enum tw_rc remote_take_finished(struct shell *sh, struct tw_value payload, struct tw_err *err)
{
	struct attempt *a = attempt_of(sh, payload);
	struct tw_exec_finished f = {
		.at = instant(payload, "at", shell_now(sh)),
		.started_at = instant(payload, "started_at", 0),
		.reason = tw_map_str(payload, "reason", ""),
		.body = payload,
	};

	if (!tw_end_parse(tw_map_str(payload, "state", ""), &f.end))
		return tw_err_set(err, TW_ERR_INVALID, "an end in no known state");
	if (!a)
		return TW_OK;
	f.attempt = a->id;
	tw_executor_remote_finished(a->ex, &f);
	return TW_OK;
}

/* Its process is gone, and what it told before, if anything, has been taken: nobody will tell more. */
enum tw_rc remote_take_gone(struct shell *sh, struct tw_value payload, struct tw_err *err)
{
	struct attempt *a = attempt_of(sh, payload);
	struct tw_exec_finished f = {
		.end = TW_END_LOST, .at = shell_now(sh), .reason = tw_map_str(payload, "reason", "its worker lost it")};

	/* Meanwhile it may have ended, and go on under the same id. */
	if (!a || tw_map_bool(payload, "started", false) != (a->taken || a->was_running))
		return TW_OK;
	f.attempt = a->id;
	tw_executor_remote_finished(a->ex, &f);
	return TW_OK;
}

static bool any_pulled(const struct shell *sh)
{
	for (size_t i = 0; i < sh->executors.n; i++)
		if (sh->executors.v[i]->pulled && sh->executors.v[i]->held)
			return true;
	return false;
}

void remote_beats(struct shell *sh)
{
	struct tw_arena a = { 0 };
	struct tw_err err = { 0 };
	struct tw_id *ids;
	size_t n = 0;
	tw_time now = shell_now(sh);

	if (!any_pulled(sh))
		return;
	if (tw_store_tis_beaten(sh->reader, sh->remote_beaten, &a, &ids, &n, &err) < 0)
		tw_error("heartbeats: %s", err.msg);
	for (size_t i = 0; i < n; i++) {
		struct attempt *at = attempt_find(sh, ids[i]);

		if (at && at->ex->pulled)
			tw_executor_remote_beat(at->ex, &ids[i], 1);
	}
	/* A clock may be a little behind ours. */
	sh->remote_beaten = now - TW_US_SEC * 10;
	tw_arena_release(&a);
}
