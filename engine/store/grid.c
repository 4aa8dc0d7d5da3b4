#include "store/grid.h"

#include "store/rows.h"

#define SELECT                                                                                            \
	"select task_id, map_index, state, try_number, start_date, end_date from task_instance"          \
	" where dag_id = ? and run_id = ?"

static void read_ti(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_grid_ti *t = row;

	t->task_id = tw_q_get_str(q, a);
	t->map_index = (int)tw_q_get_int(q);
	tw_ti_state_parse(tw_q_get_str(q, a), &t->state);
	t->try_number = (int)tw_q_get_int(q);
	t->start_date = tw_q_get_time(q);
	t->end_date = tw_q_get_time(q);
}

enum tw_rc tw_store_grid(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_arena *a,
			 struct tw_grid_ti **ret_v, size_t *ret_n, struct tw_err *err)
{
	return tw_store_grid_of(s, dag_id, run_id, (struct tw_str){0}, a, ret_v, ret_n, err);
}

enum tw_rc tw_store_grid_of(struct tw_store *s, struct tw_str dag_id, struct tw_str run_id, struct tw_str task_id,
			    struct tw_arena *a, struct tw_grid_ti **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     task_id.p ? SELECT " and task_id = ? order by task_id, map_index" : SELECT " order by task_id, map_index");
	tw_q_put_str(&q, dag_id);
	tw_q_put_str(&q, run_id);
	if (task_id.p)
		tw_q_put_str(&q, task_id);
	return TW_Q_ALL(&q, struct tw_grid_ti, read_ti, a, ret_v, ret_n, err);
}

static void read_hour(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_run_hour *h = row;

	h->hour = tw_q_get_str(q, a);
	tw_run_state_parse(tw_q_get_str(q, a), &h->state);
	h->n = tw_q_get_int(q);
}

enum tw_rc tw_store_run_hours(struct tw_store *s, tw_time since, struct tw_arena *a, struct tw_run_hour **ret_v,
			      size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select substr(cast(start_date as text), 1, 13), state, count(*) from dag_run where start_date >= ?"
	     " group by 1, 2 order by 1");
	tw_q_put_time(&q, since);
	return TW_Q_ALL(&q, struct tw_run_hour, read_hour, a, ret_v, ret_n, err);
}

static void read_day(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_run_day *d = row;

	d->day = tw_q_get_str(q, a);
	tw_run_state_parse(tw_q_get_str(q, a), &d->state);
	d->n = tw_q_get_int(q);
	d->seconds = tw_q_get_real(q, 0);
}

enum tw_rc tw_store_run_days(struct tw_store *s, struct tw_str dag_id, tw_time since, enum tw_run_span span,
			     struct tw_arena *a, struct tw_run_day **ret_v, size_t *ret_n, struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select substr(cast(run_after as text), 1, ?), state, count(*), sum(duration) from dag_run"
	     " where dag_id = ? and run_after >= ? group by 1, 2 order by 1");
	tw_q_put_int(&q, span);
	tw_q_put_str(&q, dag_id);
	tw_q_put_time(&q, since);
	return TW_Q_ALL(&q, struct tw_run_day, read_day, a, ret_v, ret_n, err);
}
