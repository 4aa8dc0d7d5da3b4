#include "api/errand.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "io/clock.h"

#define OUT_MAX 32
#define LOOK_MS 5
#define LOOK_MS_MAX 50

struct tw_errand {
	struct tw_arena arena;
	void (*fn)(void *what, struct tw_arena *a);
	void *what;
	atomic_bool back;
	atomic_int holders; /* the request, and the thread */
	unsigned looked_ms;
};

static atomic_int out;

struct tw_errand *tw_errand_new(void)
{
	struct tw_errand *e = tw_new(struct tw_errand);

	atomic_init(&e->holders, 1);
	return e;
}

struct tw_arena *tw_errand_arena(struct tw_errand *e)
{
	return &e->arena;
}

static void let_go(struct tw_errand *e)
{
	if (!e || atomic_fetch_sub(&e->holders, 1) > 1)
		return;
	tw_arena_release(&e->arena);
	free(e);
}

static void *run(void *arg)
{
	struct tw_errand *e = arg;

	e->fn(e->what, &e->arena);
	atomic_store(&e->back, true);
	let_go(e);
	atomic_fetch_sub(&out, 1);
	return NULL;
}

static bool start(struct tw_errand *e)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool ok = atomic_fetch_add(&out, 1) < OUT_MAX;

	if (ok) {
		atomic_fetch_add(&e->holders, 1);
		pthread_attr_init(&attr);
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		ok = pthread_create(&thread, &attr, run, e) == 0;
		pthread_attr_destroy(&attr);
		if (!ok)
			atomic_fetch_sub(&e->holders, 1);
	}
	if (!ok)
		atomic_fetch_sub(&out, 1);
	return ok;
}

static void look_later(struct tw_request *req, struct tw_response *resp)
{
	struct tw_errand *e = req->errand;

	e->looked_ms = e->looked_ms ? e->looked_ms * 2 : LOOK_MS;
	if (e->looked_ms > LOOK_MS_MAX)
		e->looked_ms = LOOK_MS_MAX;
	if (!req->memo)
		req->memo = req;
	resp->again_ms = e->looked_ms;
}

void tw_errand_send(struct tw_request *req, struct tw_response *resp, struct tw_errand *e,
		    void (*fn)(void *what, struct tw_arena *a), void *what)
{
	e->fn = fn;
	e->what = what;
	if (!start(e)) {
		let_go(e);
		tw_reply_error(resp, 503, "Too many are signing in at this moment; try again in a few seconds");
		return;
	}
	tw_errand_forget(req);
	req->errand = e;
	look_later(req, resp);
}

bool tw_errand_out(struct tw_request *req, struct tw_response *resp)
{
	if (!req->errand || atomic_load(&req->errand->back))
		return false;
	look_later(req, resp);
	return true;
}

void *tw_errand_back(const struct tw_request *req)
{
	return req->errand && atomic_load(&req->errand->back) ? req->errand->what : NULL;
}

void tw_errand_forget(struct tw_request *req)
{
	let_go(req->errand);
	req->errand = NULL;
}

bool tw_errands_home(int64_t patience_us)
{
	int64_t until = tw_monotonic() + patience_us;

	while (atomic_load(&out) && tw_monotonic() < until)
		usleep(5000);
	return !atomic_load(&out);
}
