#include "io/http.h"

struct waiting {
	struct tw_arena *arena;
	struct tw_http_result *ret;
	struct tw_err *err;
	enum tw_rc rc;
	uv_loop_t loop;
};

static void on_done(void *arg, const struct tw_http_result *r)
{
	struct waiting *w = arg;

	uv_stop(&w->loop);
	if (r->err) {
		w->rc = tw_err_set(w->err, r->err->rc, "%s", r->err->msg);
		return;
	}
	w->rc = TW_OK;
	*w->ret = (struct tw_http_result){.status = r->status,
					  .body = tw_str_copy(w->arena, r->body),
					  .headers = tw_str_copy(w->arena, r->headers)};
}

enum tw_rc tw_http_wait(const struct tw_http_opts *o, struct tw_arena *a, struct tw_http_result *ret, struct tw_err *err)
{
	struct waiting w = {.arena = a, .ret = ret, .err = err, .rc = TW_ERR_IO};
	struct tw_http_opts opts = *o;
	struct tw_http *http;
	enum tw_rc rc;

	opts.on_data = NULL;
	opts.on_done = on_done;
	opts.arg = &w;
	uv_loop_init(&w.loop);
	rc = tw_http_new(&w.loop, &http, err);
	if (rc == TW_OK) {
		rc = tw_http_start(http, &opts, NULL, err);
		if (rc == TW_OK) {
			uv_run(&w.loop, UV_RUN_DEFAULT);
			rc = w.rc;
		}
		tw_http_free(http);
		uv_run(&w.loop, UV_RUN_DEFAULT);
	}
	uv_loop_close(&w.loop);
	return rc;
}
