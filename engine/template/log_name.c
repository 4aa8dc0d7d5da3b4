#include "template/log_name.h"

#include <stdlib.h>

#include "template/template.h"

struct tw_log_name {
	struct tw_template *tpl; /* NULL: the default, written without a render */
};

static void write_default(const struct tw_log_of *of, struct tw_buf *out)
{
	tw_buf_printf(out, "dag_id=" TW_STR_FMT "/run_id=" TW_STR_FMT "/task_id=" TW_STR_FMT "/", TW_STR_ARG(of->dag_id),
		      TW_STR_ARG(of->run_id), TW_STR_ARG(of->task_id));
	if (of->map_index >= 0)
		tw_buf_printf(out, "map_index=%d/", of->map_index);
	tw_buf_printf(out, "attempt=%d.log", of->try_number);
}

/* ── names ────────────────────────────────────────────────────────────────────────────── */

struct naming {
	const struct tw_log_of *of;
	struct tw_arena *a;
};

static bool plain(const struct naming *n, struct tw_str name, struct tw_value *ret)
{
	const struct tw_log_of *of = n->of;

	if (tw_str_is(name, "dag_id"))
		*ret = tw_v_str(of->dag_id);
	else if (tw_str_is(name, "run_id"))
		*ret = tw_v_str(of->run_id);
	else if (tw_str_is(name, "task_id"))
		*ret = tw_v_str(of->task_id);
	else if (tw_str_is(name, "map_index"))
		*ret = tw_v_int(of->map_index);
	else if (tw_str_is(name, "try_number"))
		*ret = tw_v_int(of->try_number);
	else
		return false;
	return true;
}

static bool dated(const struct naming *n, struct tw_str name, struct tw_value *ret)
{
	static const char *const formats[][2] = {
		{ "ds", "%Y-%m-%d" }, { "ds_nodash", "%Y%m%d" }, { "ts_nodash", "%Y%m%dT%H%M%S" }
	};
	struct tw_buf b = { 0 };
	char iso[TW_ISO_MAX];

	if (n->of->logical_date == TW_TIME_NONE)
		return false;
	if (tw_str_is(name, "ts")) {
		*ret = tw_v_cstr(tw_arena_strdup(n->a, tw_time_iso_utc(iso, n->of->logical_date)));
		return true;
	}
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		if (!tw_str_is(name, formats[i][0]))
			continue;
		tw_strftime(&b, tw_str(formats[i][1]), n->of->logical_date, NULL);
		*ret = tw_v_str(tw_str_copy(n->a, tw_buf_str(&b)));
		tw_buf_release(&b);
		return true;
	}
	return false;
}

static struct tw_value instance(const struct naming *n)
{
	static const char *const keys[] = { "dag_id", "run_id", "task_id", "map_index", "try_number" };
	struct tw_value ti = tw_v_map(n->a), v;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (plain(n, tw_str(keys[i]), &v))
			tw_map_putc(n->a, ti, keys[i], v);
	return ti;
}

static enum tw_rc look_up(void *ud, struct tw_tpl *t, struct tw_str name, struct tw_value *ret, struct tw_err *err)
{
	const struct naming *n = ud;

	if (plain(n, name, ret) || dated(n, name, ret))
		return TW_OK;
	if (!tw_str_is(name, "ti") && !tw_str_is(name, "task_instance"))
		return TW_ERR_NOT_FOUND;
	*ret = instance(n);
	return TW_OK;
}

static enum tw_rc render(struct tw_template *tpl, const struct tw_log_of *of, struct tw_buf *out, struct tw_err *err)
{
	struct tw_arena a = { 0 };
	struct naming n = { of, &a };
	struct tw_tpl_env env = { .ud = &n, .lookup = look_up };
	enum tw_rc rc = tw_template_render(tpl, &env, &a, out, err);

	tw_arena_release(&a);
	return rc;
}

/* ── the template ─────────────────────────────────────────────────────────────────────── */

enum tw_rc tw_log_name_new(struct tw_str text, struct tw_log_name **ret, struct tw_err *err)
{
	static const struct tw_log_of sample = { { "d", 1 }, { "r", 1 }, { "t", 1 }, 0, 1, 0 };
	struct tw_log_name *n = tw_new(struct tw_log_name);
	struct tw_buf path = { 0 };
	enum tw_rc rc = TW_OK;

	if (text.n && !tw_str_is(text, TW_LOG_NAME)) {
		rc = tw_template_compile(TW_STR("log_filename_template"), text, 0, &n->tpl, NULL, err);
		if (rc == TW_OK)
			rc = render(n->tpl, &sample, &path, err);
		if (rc == TW_OK && (!path.n || path.p[0] == '/' || strstr(path.p, "..")))
			rc = tw_err_set(err, TW_ERR_INVALID, "it gives '%s', which is no path below the log folder",
					path.n ? path.p : "");
		tw_buf_release(&path);
	}
	if (rc < 0) {
		tw_log_name_free(n);
		return tw_err_wrap(err, "[logging] log_filename_template");
	}
	*ret = n;
	return TW_OK;
}

void tw_log_name_free(struct tw_log_name *n)
{
	if (!n)
		return;
	tw_template_unref(n->tpl);
	free(n);
}

void tw_log_name(const struct tw_log_name *n, const struct tw_log_of *of, struct tw_buf *out)
{
	struct tw_err err = { 0 };

	if (!n || !n->tpl || render(n->tpl, of, out, &err) < 0)
		write_default(of, out);
}
