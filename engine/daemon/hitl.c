/*
 * Questions to people. An attempt that asked waits in awaiting_input under a number of its own, as for a trigger;
 * the answer, which the API puts into the metastore, is the event that it goes on with.
 */
#include "store/hitl.h"

#include <stdlib.h>

#include "base/log.h"
#include "daemon/shell.h"
#include "store/tis.h"
#include "time/instant.h"

#define TOO_LATE                                                                                                       \
	"{\"error\":\"The Human-in-the-loop response timeout has passed without a response.\","                        \
	"\"error_type\":\"timeout\"}"

/* What execute_complete gets; instants are tagged, as deferrals' values are. */
static void write_event(const struct tw_hitl_row *h, bool timed_out, struct tw_buf *out)
{
	struct tw_jw w = { .out = out };

	tw_jw_obj(&w);
	tw_jw_key(&w, "chosen_options");
	tw_jw_raw(&w, h->chosen_options.p ? h->chosen_options : TW_STR("[]"));
	tw_jw_key(&w, "params_input");
	tw_jw_raw(&w, h->params_input.n ? h->params_input : TW_STR("{}"));
	tw_jw_key(&w, "responded_at");
	tw_jw_obj(&w);
	tw_jw_key(&w, "__type");
	tw_jw_cstr(&w, "datetime");
	workload_time(&w, "__var", h->responded_at);
	tw_jw_end(&w);
	tw_jw_key(&w, "responded_by_user");
	if (h->responded_by_id.p) {
		tw_jw_obj(&w);
		tw_jw_key(&w, "id");
		tw_jw_str(&w, h->responded_by_id);
		tw_jw_key(&w, "name");
		tw_jw_str(&w, h->responded_by_name);
		tw_jw_end(&w);
	} else {
		tw_jw_null(&w);
	}
	tw_jw_key(&w, "timedout");
	tw_jw_bool(&w, timed_out);
	tw_jw_end(&w);
}

static void go_on(struct shell *sh, int64_t trigger_id, struct tw_str event)
{
	struct tw_event ev = { .type = TW_EV_TRIGGER, .at = shell_now(sh),
			       .trigger = { trigger_id, TW_TRIGGER_FIRED, event } };
	struct tw_err err = { 0 };

	if (shell_step(sh, &ev, &err) < 0)
		tw_warn("an answer is not taken: %s", err.msg);
}

/* Goes on if there is an answer. */
static bool take_answer(struct shell *sh, const struct tw_hitl_row *h, int64_t trigger_id, bool timed_out)
{
	struct tw_buf event = { 0 };

	if (h->responded_at == TW_TIME_NONE)
		return false;
	write_event(h, timed_out, &event);
	go_on(sh, trigger_id, tw_buf_str(&event));
	tw_buf_release(&event);
	return true;
}

void hitl_parked(struct shell *sh, struct tw_id attempt, int64_t trigger_id)
{
	struct tw_arena a = { 0 };
	struct tw_hitl_row h;

	if (tw_store_hitl(sh->reader, attempt, &a, &h, NULL) == TW_OK)
		take_answer(sh, &h, trigger_id, false);
	tw_arena_release(&a);
}

/* The core knows best what the attempt does now: its park may be decided and not yet committed. */
static bool waits(struct shell *sh, const struct tw_ti_row *ti, int64_t *ret_trigger_id)
{
	struct tw_ti_row now;

	if (!tw_sched_ti(sh->core, (struct tw_run_ref){ ti->dag_id, ti->run_id }, ti->task_id, ti->map_index, &now) ||
	    !tw_id_eq(now.id, ti->id) || now.state != TW_TI_AWAITING_INPUT)
		return false;
	*ret_trigger_id = now.trigger_id;
	return true;
}

enum tw_rc hitl_answered(struct shell *sh, struct tw_id attempt, struct tw_err *err)
{
	struct tw_arena a = { 0 };
	struct tw_hitl_row h;
	struct tw_ti_view ti;
	int64_t trigger_id;
	enum tw_rc rc = tw_store_hitl(sh->reader, attempt, &a, &h, err);

	if (rc == TW_OK && tw_store_ti_by_id(sh->reader, attempt, &a, &ti, NULL) == TW_OK &&
	    waits(sh, &ti.ti, &trigger_id))
		take_answer(sh, &h, trigger_id, false);
	tw_arena_release(&a);
	return rc == TW_ERR_NOT_FOUND ? TW_OK : rc;
}

/* The values of the question's params: what stands in the form when nobody has touched it. */
static struct tw_str default_params(struct tw_str params, struct tw_arena *a)
{
	struct tw_value v, out = tw_v_map(a);
	char *text;
	struct tw_str s;

	if (!params.n || tw_json_parse(a, params, &v, NULL) < 0 || v.kind != TW_V_MAP)
		return TW_STR("{}");
	for (size_t i = 0; i < v.map->n; i++) {
		struct tw_value p = v.map->v[i].value;
		const struct tw_value *value = p.kind == TW_V_MAP ? tw_map_findc(p, "value") : NULL;

		tw_map_put(a, out, v.map->v[i].key.s, value ? *value : p);
	}
	text = tw_json_dump(out, TW_JSON_COMPACT);
	s = tw_str_copy(a, tw_str(text));
	free(text);
	return s;
}

void hitl_no_answer(struct shell *sh, const struct tw_fx_ask *ask)
{
	struct tw_arena *a = &sh->gathering->arena;
	struct tw_hitl_row *h = tw_arena_new(a, struct tw_hitl_row);
	struct tw_err err = { 0 };
	enum tw_rc rc = tw_store_hitl(sh->reader, ask->attempt, a, h, &err);

	if (rc == TW_OK && take_answer(sh, h, ask->trigger_id, false))
		return; /* it came in the last moment */
	if (rc < 0 || !h->defaults.p) {
		go_on(sh, ask->trigger_id, TW_STR(TOO_LATE));
		return;
	}
	h->responded_at = shell_now(sh);
	h->chosen_options = h->defaults;
	h->params_input = default_params(h->params, a);
	tw_batch_hitl_answer(&sh->gathering->batch, h);
	take_answer(sh, h, ask->trigger_id, true);
}
