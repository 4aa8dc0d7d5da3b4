#include "store/totals.h"

#include <pthread.h>

#include "io/clock.h"

#define SHORT_US 2000
#define REUSE 30
#define REUSE_MAX_US (30 * TW_US_SEC)
#define ENTRIES_MAX 512

struct total {
	int64_t n, until; /* µs, monotonic */
	bool counting;	  /* somebody does, to replace it */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tw_map totals; /* key → struct total */

void tw_totals_key(const struct tw_store *s, struct tw_str sql, const struct tw_ask *ask, struct tw_buf *out)
{
	tw_buf_printf(out, "%s\n", s->opts.url);
	tw_buf_addstr(out, sql);
	for (size_t i = 0; i < ask->nconds; i++) {
		const struct tw_cond *c = &ask->conds[i];

		tw_buf_printf(out, "\n%zu:", c->text.n);
		tw_buf_addstr(out, c->text);
		tw_buf_printf(out, ":%lld:%lld", (long long)c->num, (long long)c->time);
		for (size_t k = 0; k < c->nlist; k++) {
			tw_buf_printf(out, ":%zu:", c->list[k].n);
			tw_buf_addstr(out, c->list[k]);
		}
	}
}

bool tw_totals_recall(struct tw_str key, int64_t *ret_total)
{
	struct total *t;
	bool there = false;

	pthread_mutex_lock(&lock);
	t = tw_map_get(&totals, key);
	if (t && (t->counting || tw_monotonic() < t->until)) {
		*ret_total = t->n;
		there = true;
	} else if (t) {
		t->counting = true;
	}
	pthread_mutex_unlock(&lock);
	return there;
}

static void forget_all(void)
{
	tw_map_foreach(&totals, e) free(e->value);
	tw_map_release(&totals);
}

void tw_totals_keep(struct tw_str key, int64_t total, int64_t took)
{
	struct total *t;

	pthread_mutex_lock(&lock);
	t = tw_map_get(&totals, key);
	if (took < SHORT_US) {
		if (t)
			free(tw_map_del(&totals, key));
	} else {
		if (!t) {
			if (totals.len >= ENTRIES_MAX)
				forget_all();
			t = tw_new(struct total);
			tw_map_set(&totals, key, t);
		}
		t->n = total;
		t->counting = false;
		t->until = tw_monotonic() + (took * REUSE < REUSE_MAX_US ? took * REUSE : REUSE_MAX_US);
	}
	pthread_mutex_unlock(&lock);
}
