#include "daemon/requests.h"

#include <stdlib.h>

#include "api/exec/execution.h"
#include "base/log.h"
#include "daemon/crypt.h"
#include "io/doorbell.h"
#include "store/backfill.h"
#include "store/tis.h"
#include "value/json.h"

/* A question on its way to the thread, an answer on its way back. */
struct request {
	struct request *next;
	struct tw_arena arena;
	struct tw_executor *ex;
	int64_t id;
	struct tw_execution_caller caller;
	struct tw_str what;
	struct tw_value body;
	struct tw_id *beats; /* heartbeats of attempts instead of a question */
	size_t nbeats;
	bool alive;          /* or the scheduler's own */

	enum tw_rc rc;
	struct tw_value result;
	struct tw_err err;
};

struct queue {
	struct request *head, *tail;
};

struct requests {
	struct shell *sh;
	struct tw_store *store;
	struct tw_crypt crypt;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct queue asked, answered; /* under lock */
	bool stop;                    /* under lock */
	uv_async_t wake;
};

static void queue_push(struct queue *q, struct request *r)
{
	r->next = NULL;
	if (q->tail)
		q->tail->next = r;
	else
		q->head = r;
	q->tail = r;
}

static struct request *queue_pop(struct queue *q)
{
	struct request *r = q->head;

	if (r) {
		q->head = r->next;
		if (!q->head)
			q->tail = NULL;
	}
	return r;
}

static void request_free(struct request *r)
{
	tw_arena_release(&r->arena);
	free(r);
}

static void complete_backfills(struct requests *rs)
{
	struct tw_err err = { 0 };
	int64_t n = 0;

	if (tw_store_backfills_complete(rs->store, shell_now(rs->sh), &n, &err) < 0)
		tw_error("completing backfills: %s", err.msg);
	else if (n)
		tw_info("completed %lld backfills", (long long)n);
}

static enum tw_rc say_alive(struct requests *rs, struct tw_err *err)
{
	struct shell *sh = rs->sh;
	tw_time now = shell_now(sh);
	enum tw_rc rc;

	rc = tw_store_lease_renew(rs->store, sh->lease.name, sh->lease.epoch, now + sh->opts->health_timeout, err);
	if (rc == TW_OK)
		rc = tw_store_job_beat(rs->store, sh->job_id, now, err);
	if (rc == TW_OK) {
		atomic_store(&sh->beaten, now);
		complete_backfills(rs);
	}
	return rc;
}

static void answer(struct requests *rs, struct request *r)
{
	bool ring = false, writes = r->alive || r->nbeats || tw_execution_writes(r->what);

	if (writes)
		pthread_mutex_lock(&rs->sh->write_lock);
	if (r->alive)
		r->rc = say_alive(rs, &r->err);
	else if (r->nbeats)
		tw_store_ti_beat(rs->store, r->beats, r->nbeats, shell_now(rs->sh), &r->err);
	else
		r->rc = tw_execution_do(rs->store, &r->caller, r->what, r->body, &r->arena, &r->result, &ring, &r->err);
	if (writes)
		pthread_mutex_unlock(&rs->sh->write_lock);
	if (ring)
		tw_bell_ring(rs->sh->opts->paths->bell);
}

static void *requests_main(void *arg)
{
	struct requests *rs = arg;

	pthread_mutex_lock(&rs->lock);
	for (;;) {
		struct request *r;

		while (!rs->asked.head && !rs->stop)
			pthread_cond_wait(&rs->work, &rs->lock);
		if (rs->stop)
			break;
		r = queue_pop(&rs->asked);
		pthread_mutex_unlock(&rs->lock);
		answer(rs, r);
		pthread_mutex_lock(&rs->lock);
		queue_push(&rs->answered, r);
		uv_async_send(&rs->wake);
	}
	pthread_mutex_unlock(&rs->lock);
	return NULL;
}

static void on_answered(uv_async_t *handle)
{
	struct requests *rs = handle->data;
	struct request *r;

	for (;;) {
		pthread_mutex_lock(&rs->lock);
		r = queue_pop(&rs->answered);
		pthread_mutex_unlock(&rs->lock);
		if (!r)
			break;
		if (r->alive && r->rc == TW_ERR_CONFLICT)
			shell_fail(rs->sh, &r->err);
		else if (r->alive && r->rc < 0)
			tw_error("heartbeat: %s", r->err.msg);
		else if (!r->nbeats && r->id)
			tw_executor_reply(r->ex, r->id, r->result, r->rc < 0 ? tw_execution_fault(r->rc) : NULL, r->err.msg);
		request_free(r);
	}
	for (size_t i = 0; i < rs->sh->executors.n; i++)
		tw_executor_flush(rs->sh->executors.v[i]);
}

static void push(struct requests *rs, struct request *r)
{
	pthread_mutex_lock(&rs->lock);
	queue_push(&rs->asked, r);
	pthread_cond_signal(&rs->work);
	pthread_mutex_unlock(&rs->lock);
}

void requests_push(struct shell *sh, struct tw_executor *ex, const struct attempt *a, const struct tw_exec_request *r)
{
	struct request *q = tw_new(struct request);

	q->ex = ex;
	q->id = r->id;
	q->what = tw_str_copy(&q->arena, r->what);
	q->body = tw_value_copy(&q->arena, r->body);
	q->caller = (struct tw_execution_caller){
		.attempt = a->id,
		.dag_id = tw_str_copy(&q->arena, tw_str(a->dag_id)),
		.run_id = tw_str_copy(&q->arena, tw_str(a->run_id)),
		.task_id = tw_str_copy(&q->arena, tw_str(a->task_id)),
		.map_index = a->map_index,
		.try_number = a->try_number,
		.now = shell_now(sh),
		.zones = &sh->zones,
		.run_id_pattern = sh->opts->run_id_pattern,
	};
	push(sh->requests, q);
}

void requests_beat(struct shell *sh, const struct tw_id *ids, size_t n)
{
	struct request *q = tw_new(struct request);

	q->beats = tw_arena_alloc(&q->arena, n * sizeof *ids);
	memcpy(q->beats, ids, n * sizeof *ids);
	q->nbeats = n;
	push(sh->requests, q);
}

void requests_alive(struct shell *sh)
{
	struct request *q = tw_new(struct request);

	q->alive = true;
	push(sh->requests, q);
}

enum tw_rc requests_start(struct shell *sh, struct tw_err *err)
{
	struct requests *rs = tw_new(struct requests);
	struct tw_store_opts opts = {
		.url = sh->opts->store_url, .mode = TW_STORE_CHECK, .relaxed = sh->opts->store_relaxed,
		.checkpoints = TW_CHECKPOINTS_BY_OTHERS,
	};
	enum tw_rc rc;
	int errnum;

	sh->requests = rs;
	rs->sh = sh;
	pthread_mutex_init(&rs->lock, NULL);
	pthread_cond_init(&rs->work, NULL);
	tw_crypt_hook(&rs->crypt, &opts);
	rc = tw_crypt_init(&rs->crypt, tw_str(sh->opts->fernet_keys), err);
	if (rc == TW_OK)
		rc = tw_store_open(&opts, &rs->store, err);
	if (rc < 0)
		return rc;
	uv_async_init(&sh->loop, &rs->wake, on_answered);
	rs->wake.data = rs;
	errnum = pthread_create(&rs->thread, NULL, requests_main, rs);
	if (errnum)
		return tw_err_errno(err, errnum, "cannot start the requests thread");
	rs->started = true;
	return TW_OK;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void requests_stop(struct shell *sh)
{
	struct requests *rs = sh->requests;
	struct request *r;

	if (!rs)
		return;
	pthread_mutex_lock(&rs->lock);
	rs->stop = true;
	pthread_cond_signal(&rs->work);
	pthread_mutex_unlock(&rs->lock);
	if (rs->started)
		pthread_join(rs->thread, NULL);
	while ((r = queue_pop(&rs->asked)) || (r = queue_pop(&rs->answered)))
		request_free(r);
	tw_store_close(rs->store);
	if (rs->wake.data)
		uv_close((uv_handle_t *)&rs->wake, on_closed); /* an answer may have rung meanwhile */
	else
		free(rs);
	sh->requests = NULL;
}
