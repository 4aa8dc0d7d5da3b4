/*
 * What a native sensor waits for, and by which rules: Airflow's BaseSensorOperator without its loop. A runner begins a
 * wait (sensor.c) and hands it over; whoever keeps it (daemon/waits.c) holds the specification as JSON text, and at each
 * poke asks tw_wait_poke and tw_wait_judge.
 *
 * The specification is an object:
 *
 *	kind           "file" "moment" "weekday" "external"
 *	               file:     path (a glob), recursive
 *	               moment:   at (instant)
 *	               weekday:  days ([1..7], Monday is 1), zone; or day, of a fixed date, instead of today
 *	               external: dag_id, task_ids, group_id, dates, run_ids, allowed, skipped, failed (states), wanted
 *	say            what each poke logs
 *	started        instant: the clock of the timeout
 *	poke_interval  seconds
 *	timeout        seconds, or null: none. exact: it ends the wait when it is over; else the next poke notices
 *	backoff        null, or {"key": "dag#task#started#", "max_wait": seconds or null, "reschedule": bool}
 *	soft_fail, never_fail, silent_fail
 *	limit          execution_timeout in seconds, or null
 *	fire           what is posted when it is there, encoded; absent: the task ends
 *	log, logger    where the lines go
 */
#pragma once

#include "time/zone.h"
#include "value/value.h"

enum tw_poke { TW_POKE_NO, TW_POKE_YES, TW_POKE_SKIP, TW_POKE_FAIL };

struct tw_poked {
	enum tw_poke what;
	const char *exception;     /* FAIL: as Python would call it */
	struct tw_buf text;        /* YES: a line for the log, if any; SKIP, FAIL: the reason */
};
void tw_poked_release(struct tw_poked *p);

/* Kinds that need nobody else: file (touches the disk), moment, weekday. TW_ERR_UNSUPPORTED: another kind. */
enum tw_rc tw_wait_poke(struct tw_value spec, tw_time now, struct tw_zones *zones, struct tw_poked *ret,
			struct tw_err *err);
/*
 * external: `ask` answers dag_run_count or task_states (docs/runner-protocol.md); an error ends the poke. A mapped task
 * counts when all of its instances do.
 */
typedef enum tw_rc (*tw_wait_ask)(void *arg, const char *what, struct tw_value body, struct tw_arena *a,
				  struct tw_value *ret, struct tw_err *err);
enum tw_rc tw_wait_poke_others(struct tw_value spec, tw_wait_ask ask, void *arg, struct tw_arena *a,
			       struct tw_poked *ret, struct tw_err *err);

struct tw_wait_end {
	bool over;                 /* else: poke again at `next` */
	tw_time next;
	const char *state;         /* "success", "skipped", "failed", "failed_final" */
	const char *exception;     /* NULL: none */
	struct tw_buf reason;
};
void tw_wait_end_release(struct tw_wait_end *e);
/* After poke number `count` (from 1): is it over, and how; or when is the next? */
void tw_wait_judge(struct tw_value spec, tw_time now, int count, const struct tw_poked *p, struct tw_wait_end *ret);
/*
 * Somebody else takes the wait over, given what it began with: it pokes at once, and exponential back-off goes on with the pause
 * that it had come to.
 */
void tw_wait_resume(struct tw_value spec, tw_time now, int *count, tw_time *next);
/* Between two pokes nothing but these can end it: the moment itself, an exact timeout, execution_timeout. TW_TIME_NONE: none. */
tw_time tw_wait_alarm(struct tw_value spec);
/* Has an alarm come that ends it, whatever a poke would say? */
bool tw_wait_expired(struct tw_value spec, tw_time now, struct tw_wait_end *ret);
