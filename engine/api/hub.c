#include "api/hub.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/log.h"
#include "io/clock.h"
#include "store/feed.h"
#include "store/users.h"

#define ROWS_MAX 4096
#define BYTES_MAX (2u << 20)
#define STEP 256	/* rows read at once */
#define LOOK_MS 1000	/* when nobody tells: another machine's scheduler */
#define HEALTH_US (5 * TW_US_SEC)
#define AUTH_US (15 * TW_US_SEC) /* what was changed past us is seen then */

/* A piece of the row's text: a name as JSON has it, with its quotes; n 0: the event has none. */
struct piece {
	uint32_t at, n;
};

struct event {
	unsigned kind;
	const char *name;
	struct piece json, dag, run, task;
};

struct row {
	int64_t seq;
	char *text;
	size_t ntext, nevents;
	struct event events[];
};

struct tw_hub {
	struct tw_hub_opts opts;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	bool stopping;
	int wake_fd, watch_fd, feed_watch;
	struct row *ring[ROWS_MAX]; /* by seq % ROWS_MAX: those of first … last */
	int64_t first, last;	    /* last 0: there never was one; first > last: none is kept */
	size_t bytes;
	struct tw_listener *listeners;
	struct tw_buf health, statuses;
	uint64_t health_no;
	int64_t health_due, look_due; /* µs, monotonic */
	int64_t auth; /* tw_store_auth_stamp */
};

static const struct {
	const char *name;
	unsigned kind;
} kinds[] = {
	{"run", TW_HUB_RUN},   {"task", TW_HUB_TASK},	{"tasks", TW_HUB_TASK},	  {"dag", TW_HUB_DAG},
	{"pool", TW_HUB_POOL}, {"asset", TW_HUB_ASSET}, {"health", TW_HUB_HEALTH}, {"import_error", TW_HUB_IMPORT_ERROR},
	{"backfill", TW_HUB_BACKFILL},
};

static const char *kind_of(struct tw_str name, unsigned *ret_kind)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (tw_str_is(name, kinds[i].name)) {
			*ret_kind = kinds[i].kind;
			return kinds[i].name;
		}
	return NULL;
}

unsigned tw_hub_kind(struct tw_str name)
{
	unsigned kind = 0;

	return kind_of(name, &kind) && !tw_str_is(name, "tasks") ? kind : 0;
}

/* ── rows ─────────────────────────────────────────────────────────────────────────────── */

static struct piece piece(const struct row *r, struct tw_str s)
{
	return s.p ? (struct piece){(uint32_t)(s.p - r->text), (uint32_t)s.n} : (struct piece){0, 0};
}

static bool read_event(const struct row *r, struct event *ret)
{
	struct tw_feed_line line;

	if (!tw_feed_line_read(tw_strn(r->text + ret->json.at, ret->json.n), &line))
		return false;
	ret->name = kind_of(line.kind, &ret->kind);
	ret->dag = piece(r, line.dag_id);
	ret->run = piece(r, line.run_id);
	ret->task = piece(r, line.task_id);
	return ret->name != NULL;
}

static struct row *row_new(const struct tw_feed_row *f)
{
	size_t lines = 0, from = 0;
	struct row *r;

	for (size_t i = 0; i < f->text.n; i++)
		lines += f->text.p[i] == '\n';
	r = tw_alloc(sizeof *r + lines * sizeof *r->events);
	*r = (struct row){.seq = f->seq, .text = tw_str_dup(f->text), .ntext = f->text.n};
	for (size_t i = 0; i < f->text.n; i++) {
		struct event e = {.json = {(uint32_t)from, (uint32_t)(i - from)}};

		if (f->text.p[i] != '\n')
			continue;
		if (read_event(r, &e))
			r->events[r->nevents++] = e;
		from = i + 1;
	}
	return r;
}

static size_t size_of(const struct row *r)
{
	return sizeof *r + r->ntext + r->nevents * sizeof *r->events;
}

static void drop_first(struct tw_hub *h)
{
	struct row **at = &h->ring[h->first++ % ROWS_MAX], *r = *at;

	h->bytes -= size_of(r);
	free(r->text);
	free(r);
	*at = NULL;
}

static void drop_all(struct tw_hub *h)
{
	while (h->first <= h->last)
		drop_first(h);
}

static void keep(struct tw_hub *h, const struct tw_feed_row *f)
{
	struct row *r = row_new(f);

	if (f->seq != h->last + 1 || !h->last)
		drop_all(h); /* what lies between is not there any more */
	if (h->first > h->last)
		h->first = f->seq;
	while (h->first <= h->last && (f->seq - h->first >= ROWS_MAX || h->bytes + size_of(r) > BYTES_MAX))
		drop_first(h);
	h->last = f->seq;
	h->ring[f->seq % ROWS_MAX] = r;
	h->bytes += size_of(r);
}

/* ── whom it concerns ─────────────────────────────────────────────────────────────────── */

static bool is(const struct row *r, struct piece p, struct tw_str name)
{
	return p.n == name.n && memcmp(r->text + p.at, name.p, p.n) == 0;
}

static bool among(const struct row *r, struct piece dag, const struct tw_str *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is(r, dag, names[i]))
			return true;
	return false;
}

static bool of_dags(const struct tw_listener *l, const struct row *r, struct piece dag)
{
	return !l->ndags || !dag.n || among(r, dag, l->dag_names, l->ndags);
}

/* Is it one of those that are told by their number? */
static bool by_number(const struct tw_listener *l, const struct row *r, const struct event *e)
{
	return l->brief && e->kind == TW_HUB_TASK && !among(r, e->dag, l->tasks_of_names, l->ntasks_of);
}

static bool concerns(const struct tw_listener *l, const struct row *r, const struct event *e)
{
	return (l->kinds & e->kind) && of_dags(l, r, e->dag) &&
	       (!l->run_name.n || !e->run.n || is(r, e->run, l->run_name)) &&
	       (!l->task_name.n || !e->task.n || is(r, e->task, l->task_name));
}

static bool may_hear(const struct tw_listener *l, const struct row *r, const struct event *e)
{
	struct tw_arena a = {0};
	struct tw_value v = TW_NULL;
	bool yes;

	if (!l->may)
		return true;
	if (e->dag.n)
		tw_json_parse(&a, tw_strn(r->text + e->dag.at, e->dag.n), &v, NULL);
	yes = l->may(l->may_arg, e->kind, v.kind == TW_V_STR ? v.s : (struct tw_str){0});
	tw_arena_release(&a);
	return yes;
}

static bool row_concerns(const struct tw_listener *l, const struct row *r)
{
	for (size_t i = 0; i < r->nevents; i++)
		if (concerns(l, r, &r->events[i]))
			return true;
	return false;
}

/* Whom it does not concern, and who has had all before it, has had it. */
static void wake_for(struct tw_hub *h, const struct row *r)
{
	for (struct tw_listener *l = h->listeners; l; l = l->next)
		if (row_concerns(l, r)) {
			l->heard++;
			tw_http_wake(&l->nap);
		} else if (l->seq == r->seq - 1) {
			l->seq = r->seq;
		}
}

static void wake_all(struct tw_hub *h)
{
	for (struct tw_listener *l = h->listeners; l; l = l->next)
		tw_http_wake(&l->nap);
}

/* ── following ────────────────────────────────────────────────────────────────────────── */

/* The first look: what is there is kept for those who come back. */
static enum tw_rc begin_at(struct tw_hub *h, struct tw_store *s, struct tw_err *err)
{
	int64_t first, last;
	enum tw_rc rc = tw_store_feed_span(s, &first, &last, err);

	if (rc < 0)
		return rc;
	if (last < h->last) { /* another database */
		drop_all(h);
		h->first = last + 1;
		h->last = last;
		wake_all(h);
	} else if (first > h->last + 1) {
		drop_all(h);
		h->last = first - 1;
		h->first = first;
		wake_all(h);
	}
	return TW_OK;
}

static void catch_up(struct tw_hub *h, struct tw_store *s, bool look_well)
{
	struct tw_feed_row *v;
	struct tw_arena a = {0};
	struct tw_err err = {0};
	enum tw_rc rc = look_well ? begin_at(h, s, &err) : TW_OK;
	size_t n = STEP;

	if (look_well)
		h->look_due = tw_monotonic() + LOOK_MS * 1000;

	while (rc == TW_OK && n == STEP) {
		rc = tw_store_feed_after(s, h->last, STEP, &a, &v, &n, &err);
		for (size_t i = 0; rc == TW_OK && i < n; i++) {
			keep(h, &v[i]);
			wake_for(h, h->ring[v[i].seq % ROWS_MAX]);
		}
		tw_arena_clear(&a);
	}
	tw_arena_release(&a);
	if (rc < 0)
		tw_warn("the feed of changes cannot be read: %s", err.msg);
}

static void look_at_auth(struct tw_hub *h, struct tw_store *s)
{
	int64_t stamp;

	if (tw_store_auth_stamp(s, &stamp, NULL) < 0 || stamp == h->auth)
		return;
	h->auth = stamp;
	wake_all(h);
}

static void look_at_health(struct tw_hub *h, struct tw_store *s)
{
	struct tw_buf json = {0}, statuses = {0};

	if (!h->opts.health || tw_monotonic() < h->health_due)
		return;
	h->health_due = tw_monotonic() + HEALTH_US;
	h->opts.health(h->opts.arg, s, &json, &statuses);
	tw_buf_release(&h->health);
	h->health = json;
	if (!tw_str_eq(tw_buf_str(&statuses), tw_buf_str(&h->statuses))) {
		h->health_no++;
		for (struct tw_listener *l = h->listeners; l; l = l->next)
			if (l->kinds & TW_HUB_HEALTH)
				tw_http_wake(&l->nap);
	}
	tw_buf_release(&h->statuses);
	h->statuses = statuses;
}

static void watch_feed(struct tw_hub *h, struct tw_store *s)
{
	const char *path = tw_store_feed_file(s);
	int fd;

	if (!path || h->feed_watch >= 0)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd >= 0)
		close(fd);
	h->feed_watch = inotify_add_watch(h->watch_fd, path, IN_MODIFY);
}

/* Who watches a log is woken here; true: the feed has news. */
static bool take_written(struct tw_hub *h)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool news = false;
	ssize_t n;

	while ((n = read(h->watch_fd, buf, sizeof buf)) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const struct inotify_event *)(buf + at);

			at += (ssize_t)(sizeof *e + e->len);
			if (e->mask & IN_Q_OVERFLOW)
				wake_all(h);
			news |= e->wd == h->feed_watch || (e->mask & IN_Q_OVERFLOW);
			if (e->wd == h->feed_watch && (e->mask & IN_IGNORED))
				h->feed_watch = -1;
			for (struct tw_listener *l = h->listeners; l && e->wd != h->feed_watch; l = l->next)
				if (l->file == e->wd)
					tw_http_wake(&l->nap);
		}
	}
	return news;
}

static void *follow(void *arg)
{
	struct tw_hub *h = arg;
	struct tw_store *s = NULL;
	struct tw_err err = {0};
	bool quiet = false;

	pthread_mutex_lock(&h->lock);
	while (!h->stopping) {
		struct pollfd fds[] = {{.fd = h->wake_fd, .events = POLLIN}, {.fd = h->watch_fd, .events = POLLIN}};
		int wait = h->listeners ? LOOK_MS : -1; /* nobody listens: nothing to follow */
		uint64_t ignored;
		bool late;

		pthread_mutex_unlock(&h->lock);
		poll(fds, wait < 0 ? 1 : 2, wait);
		if (fds[0].revents & POLLIN)
			(void)!read(h->wake_fd, &ignored, sizeof ignored);
		pthread_mutex_lock(&h->lock);
		if (!h->listeners || h->stopping)
			continue;
		if (!s && tw_store_open(&h->opts.store, &s, &err) < 0) {
			if (!quiet)
				tw_warn("the feed of changes: %s", err.msg);
			quiet = true;
			continue;
		}
		watch_feed(h, s);
		late = tw_monotonic() >= h->look_due;
		if (late)
			look_at_auth(h, s);
		if (take_written(h) || late)
			catch_up(h, s, late);
		look_at_health(h, s);
	}
	pthread_mutex_unlock(&h->lock);
	tw_store_close(s);
	return NULL;
}

struct tw_hub *tw_hub_new(const struct tw_hub_opts *opts)
{
	struct tw_hub *h = tw_new(struct tw_hub);

	h->opts = *opts;
	h->feed_watch = -1;
	h->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	h->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	h->first = 1;
	pthread_mutex_init(&h->lock, NULL);
	TW_ASSERT(h->wake_fd >= 0);
	TW_ASSERT(pthread_create(&h->thread, NULL, follow, h) == 0);
	return h;
}

static void nudge(struct tw_hub *h)
{
	uint64_t one = 1;

	(void)!write(h->wake_fd, &one, sizeof one);
}

void tw_hub_free(struct tw_hub *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->stopping = true;
	pthread_mutex_unlock(&h->lock);
	nudge(h);
	pthread_join(h->thread, NULL);
	drop_all(h);
	close(h->wake_fd);
	if (h->watch_fd >= 0)
		close(h->watch_fd);
	tw_buf_release(&h->health);
	tw_buf_release(&h->statuses);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

/* ── listening ────────────────────────────────────────────────────────────────────────── */

static struct tw_str written(struct tw_listener *l, struct tw_str name)
{
	struct tw_buf out = {0};

	if (!name.p)
		return name;
	tw_json_write_str(&out, name, TW_JSON_COMPACT);
	name = tw_str_copy(l->arena, tw_buf_str(&out));
	tw_buf_release(&out);
	return name;
}

static struct tw_str *all_written(struct tw_listener *l, const struct tw_str *names, size_t n)
{
	struct tw_str *out = tw_arena_array(l->arena, struct tw_str, n + 1);

	for (size_t i = 0; i < n; i++)
		out[i] = written(l, names[i]);
	return out;
}

int64_t tw_hub_join(struct tw_hub *h, struct tw_listener *l, struct tw_store *s, int64_t after)
{
	int64_t last;

	l->dag_names = all_written(l, l->dags, l->ndags);
	l->tasks_of_names = all_written(l, l->tasks_of, l->ntasks_of);
	l->run_name = written(l, l->run_id);
	l->task_name = written(l, l->task_id);
	l->file = -1;
	pthread_mutex_lock(&h->lock);
	if (!h->listeners) {
		look_at_auth(h, s);
		catch_up(h, s, true);
		look_at_health(h, s);
	}
	l->next = h->listeners;
	if (l->next)
		l->next->prev = l;
	h->listeners = l;
	l->joined = true;
	l->auth = h->auth;
	l->auth_due = tw_monotonic() + AUTH_US;
	l->seq = after < 0 ? h->last : after;
	last = h->last;
	pthread_mutex_unlock(&h->lock);
	nudge(h);
	return last;
}

bool tw_hub_look_again(struct tw_hub *h, struct tw_listener *l)
{
	int64_t now = tw_monotonic();
	bool again;

	pthread_mutex_lock(&h->lock);
	again = l->auth != h->auth || now >= l->auth_due;
	l->auth = h->auth;
	pthread_mutex_unlock(&h->lock);
	if (again)
		l->auth_due = now + AUTH_US;
	return again;
}

static bool watched(const struct tw_hub *h, int file)
{
	for (const struct tw_listener *l = h->listeners; l; l = l->next)
		if (l->file == file)
			return true;
	return false;
}

void tw_hub_leave(struct tw_hub *h, struct tw_listener *l)
{
	if (!l->joined)
		return;
	pthread_mutex_lock(&h->lock);
	if (l->prev)
		l->prev->next = l->next;
	else
		h->listeners = l->next;
	if (l->next)
		l->next->prev = l->prev;
	if (l->file >= 0 && !watched(h, l->file))
		inotify_rm_watch(h->watch_fd, l->file);
	l->joined = false;
	pthread_mutex_unlock(&h->lock);
}

void tw_hub_watch(struct tw_hub *h, struct tw_listener *l, const char *path)
{
	pthread_mutex_lock(&h->lock);
	if (l->file < 0)
		l->file = inotify_add_watch(h->watch_fd, path, IN_MODIFY);
	pthread_mutex_unlock(&h->lock);
}

/* ── reading ──────────────────────────────────────────────────────────────────────────── */

static void write_event(struct tw_buf *out, const char *name, struct tw_str json, int64_t id)
{
	if (id >= 0)
		tw_buf_printf(out, "id: %lld\n", (long long)id);
	tw_buf_printf(out, "event: %s\ndata: ", name);
	tw_buf_addstr(out, json);
	tw_buf_adds(out, "\n\n");
}

/* The next one of the row that is the listener's, from i on. */
static size_t next_event(const struct tw_listener *l, const struct row *r, size_t i)
{
	while (i < r->nevents && !(concerns(l, r, &r->events[i]) && may_hear(l, r, &r->events[i]) &&
				   !(l->counted && by_number(l, r, &r->events[i]))))
		i++;
	return i;
}

/* How many from this one on are told by their number. */
static size_t count_from(const struct tw_listener *l, const struct row *r, size_t i)
{
	size_t n = 0;

	for (; i < r->nevents; i = next_event(l, r, i + 1))
		n += by_number(l, r, &r->events[i]);
	return n;
}

/* The last event of a row carries the row's number: who has it has had all of the row. */
static void read_row(struct tw_listener *l, const struct row *r, struct tw_buf *out, size_t max)
{
	size_t i = next_event(l, r, l->event);

	while (i < r->nevents && out->n < max) {
		const struct event *e = &r->events[i];
		struct tw_str json = tw_strn(r->text + e->json.at, e->json.n);
		const char *name = e->name;
		char number[64];
		size_t next;

		if (by_number(l, r, e)) {
			snprintf(number, sizeof number, "{\"kind\":\"tasks\",\"count\":%zu}", count_from(l, r, i));
			json = tw_str(number);
			name = "tasks";
			l->counted = true;
		}
		next = next_event(l, r, i + 1);
		write_event(out, name, json, next == r->nevents ? r->seq : -1);
		i = next;
	}
	l->event = i;
	if (i == r->nevents) {
		l->seq = r->seq;
		l->event = 0;
		l->counted = false;
	}
}

static void read_health(const struct tw_hub *h, struct tw_listener *l, struct tw_buf *out)
{
	if (!(l->kinds & TW_HUB_HEALTH) || l->health == h->health_no)
		return;
	l->health = h->health_no;
	write_event(out, "health", tw_buf_str(&h->health), -1);
}

int64_t tw_hub_read(struct tw_hub *h, struct tw_listener *l, struct tw_buf *out, size_t max)
{
	int64_t last;

	pthread_mutex_lock(&h->lock);
	if (l->seq > h->last || l->seq + 1 < h->first) {
		char json[40];

		snprintf(json, sizeof json, "{\"id\":%lld}", (long long)h->last);
		l->seq = h->last;
		l->event = 0;
		l->counted = false;
		write_event(out, "reset", tw_str(json), h->last);
	}
	read_health(h, l, out);
	while (l->seq < h->last && out->n < max)
		read_row(l, h->ring[(l->seq + 1) % ROWS_MAX], out, max);
	last = h->last;
	pthread_mutex_unlock(&h->lock);
	return last;
}
