/* How long until the next try (states.md §5). */
#include <math.h>

#include "core/core.h"
#include "model/spread.h"

/* str(datetime): a space where ISO has its T. */
static void date_text(struct tw_buf *out, tw_time t)
{
	char iso[TW_ISO_MAX];

	tw_time_iso_utc(iso, t);
	if (t != TW_TIME_NONE && iso[10] == 'T')
		iso[10] = ' ';
	tw_buf_adds(out, iso);
}

int64_t tw_core_retry_delay(const struct ti *ti)
{
	const struct run *r = ti->run;
	const struct tw_task *t = &r->dag->tasks[ti->task];
	int64_t wait = t->retry_delay;

	if (t->retry_backoff > 0 && t->retry_backoff != 1) { /* times one: the plain delay, as in Airflow */
		struct tw_buf text = { 0 };
		double seconds = (double)t->retry_delay / 1e6;
		double least = ceil(seconds * pow(t->retry_backoff, ti->try_number - 1));
		int64_t m = least < 1 ? 1 : least > 86400 ? 86400 : (int64_t)least;
		tw_buf_addstr(&text, r->row.dag_id);
		tw_buf_addc(&text, '#');
		tw_buf_addstr(&text, t->task_id);
		tw_buf_addc(&text, '#');
		date_text(&text, r->row.logical_date);
		tw_buf_printf(&text, "#%d", ti->try_number);
		int64_t s = m + (int64_t)tw_spread(tw_buf_str(&text), (uint64_t)m);
		wait = (s > 86400 ? 86400 : s) * TW_US_SEC;
		tw_buf_release(&text);
		if (t->max_retry_delay >= 0 && wait > t->max_retry_delay)
			wait = t->max_retry_delay; /* of a wait that grows; the plain one is what it says */
	}
	return wait;
}
