#include "store/compare.h"

#include "store/query.h"

static void read_xcom(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_difference *d = row;

	d->task_id = tw_q_get_str(q, a);
	d->map_index = (int)tw_q_get_int(q);
	d->key = tw_q_get_str(q, a);
	d->a = tw_q_get_str(q, a);
	d->b = tw_q_get_str(q, a);
	d->cut = tw_q_get_int(q) != 0;
}

#define RUN_OF "(select id from dag_run where dag_id = ? and run_id = ?)"
#define TEXT(side) "coalesce(cast(" side ".value as text), 'null')"
/* Of those that are there: a null is a value, too. */
#define SHOWN(side) "case when " side ".key is not null then substr(" TEXT(side) ", 1, ?) end"

/* x of the first run, y of the second: what x has; then what only y has. */
#define XCOMS                                                                                                  \
	"select x.task_id, x.map_index, x.key, " SHOWN("x") ", " SHOWN("y") ","                                \
	" case when length(" TEXT("x") ") > ? or length(" TEXT("y") ") > ? then 1 else 0 end"                  \
	" from xcom x left join xcom y on y.dag_run_id = " RUN_OF                                              \
	" and y.task_id = x.task_id and y.map_index = x.map_index and y.key = x.key"                           \
	" where x.dag_run_id = " RUN_OF " and (y.key is null or " TEXT("x") " <> " TEXT("y") ")"               \
	" union all"                                                                                           \
	" select y.task_id, y.map_index, y.key, null, " SHOWN("y") ","                                         \
	" case when length(" TEXT("y") ") > ? then 1 else 0 end"                                               \
	" from xcom y left join xcom x on x.dag_run_id = " RUN_OF                                              \
	" and x.task_id = y.task_id and x.map_index = y.map_index and x.key = y.key"                           \
	" where y.dag_run_id = " RUN_OF " and x.key is null"                                                   \
	" order by 1, 2, 3 limit ?"

static void put_run(struct tw_q *q, struct tw_str dag_id, struct tw_str run_id)
{
	tw_q_put_str(q, dag_id);
	tw_q_put_str(q, run_id);
}

enum tw_rc tw_store_compare_xcoms(struct tw_store *s, struct tw_str dag_id, struct tw_str run_a, struct tw_str run_b, size_t max,
				  size_t max_chars, struct tw_arena *a, struct tw_difference **ret_v, size_t *ret_n,
				  struct tw_err *err)
{
	int64_t chars = (int64_t)max_chars;
	struct tw_q q;

	tw_q(&q, s, XCOMS);
	for (int i = 0; i < 4; i++) /* shown twice, compared twice */
		tw_q_put_int(&q, chars);
	put_run(&q, dag_id, run_b);
	put_run(&q, dag_id, run_a);
	for (int i = 0; i < 2; i++)
		tw_q_put_int(&q, chars);
	put_run(&q, dag_id, run_a);
	put_run(&q, dag_id, run_b);
	tw_q_put_int(&q, (int64_t)max);
	return TW_Q_ALL(&q, struct tw_difference, read_xcom, a, ret_v, ret_n, err);
}

static void read_rendered(struct tw_q *q, struct tw_arena *a, void *row)
{
	struct tw_difference *d = row;

	d->task_id = tw_q_get_str(q, a);
	d->map_index = (int)tw_q_get_int(q);
	d->a = tw_q_get_str(q, a);
	d->b = tw_q_get_str(q, a);
}

enum tw_rc tw_store_compare_rendered(struct tw_store *s, struct tw_str dag_id, struct tw_str run_a, struct tw_str run_b,
				     size_t max, struct tw_arena *a, struct tw_difference **ret_v, size_t *ret_n,
				     struct tw_err *err)
{
	struct tw_q q;

	tw_q(&q, s,
	     "select x.task_id, x.map_index, x.rendered_fields, y.rendered_fields from rendered_task_instance_fields x"
	     " join rendered_task_instance_fields y on y.dag_id = x.dag_id and y.run_id = ? and y.task_id = x.task_id"
	     " and y.map_index = x.map_index where x.dag_id = ? and x.run_id = ?"
	     " and cast(x.rendered_fields as text) <> cast(y.rendered_fields as text) order by 1, 2 limit ?");
	tw_q_put_str(&q, run_b);
	put_run(&q, dag_id, run_a);
	tw_q_put_int(&q, (int64_t)max);
	return TW_Q_ALL(&q, struct tw_difference, read_rendered, a, ret_v, ret_n, err);
}
