/*
 * What the server's streams wait for: changes. One thread follows the metastore's feed (store/feed.h) for all of them, keeps
 * the newest of it in memory, and wakes those whom a change concerns; who reads takes what is his at his own pace. A
 * reader that falls behind what is kept is told so and goes on with the newest: nobody holds memory.
 * All functions may be called by any thread.
 */
#pragma once

#include "api/http.h"
#include "store/store.h"

enum tw_hub_kind {
	TW_HUB_RUN = 1,
	TW_HUB_TASK = 2,
	TW_HUB_DAG = 4,
	TW_HUB_IMPORT_ERROR = 8,
	TW_HUB_POOL = 16,
	TW_HUB_ASSET = 32,
	TW_HUB_HEALTH = 64,
	TW_HUB_BACKFILL = 128,
	TW_HUB_ALL = 255,
};
unsigned tw_hub_kind(struct tw_str name); /* 0: there is none of that name */

/* Within a stream's own data; strings and the arena are borrowed until it leaves. */
struct tw_listener {
	struct tw_http_nap nap;	   /* for tw_response.nap */
	unsigned kinds;		   /* tw_hub_kind */
	const struct tw_str *dags; /* only what concerns these; none: all */
	size_t ndags;
	struct tw_str run_id, task_id; /* p NULL: all */
	bool brief;		       /* of tasks only how many changed, but for those of these DAGs */
	const struct tw_str *tasks_of;
	size_t ntasks_of;
	/* May it hear of such a thing of this DAG (p NULL: of none)? NULL: of all. */
	bool (*may)(void *arg, unsigned kind, struct tw_str dag_id);
	void *may_arg;
	struct tw_arena *arena;
	_Atomic uint32_t heard; /* grows with each row that concerns it, for those who do not read */
	/* the hub's */
	struct tw_listener *prev, *next;
	bool joined;
	int64_t auth, auth_due;	  /* what its user may was looked at when the hub knew that, and is looked at again then */
	int64_t seq;		  /* of the last row that it has had in whole */
	size_t event;		  /* of the next row: what comes next */
	bool counted;		  /* of the next row: how many tasks has been told */
	uint64_t health;	  /* which one it has heard of */
	int file;		  /* inotify's number; -1: none */
	struct tw_str *dag_names, *tasks_of_names, run_name, task_name; /* what it listens for, as the feed writes it */
};

struct tw_hub;
struct tw_hub_opts {
	struct tw_store_opts store;
	/* Appends the health as JSON, and to statuses what of it counts as a change; NULL: no such events. */
	void (*health)(void *arg, struct tw_store *s, struct tw_buf *json, struct tw_buf *statuses);
	void *arg;
};
struct tw_hub *tw_hub_new(const struct tw_hub_opts *opts);
void tw_hub_free(struct tw_hub *h); /* after all listeners have left; NULL is fine */

/*
 * after: go on behind this row, as a client that was there before; -1: from now on. Returns the newest row's number.
 * s: the caller's handle.
 */
int64_t tw_hub_join(struct tw_hub *h, struct tw_listener *l, struct tw_store *s, int64_t after);
void tw_hub_leave(struct tw_hub *h, struct tw_listener *l); /* fine when it never joined */
/*
 * Has anybody's sign-in or permission changed since this was asked the last time, or is it long ago? All are woken when one has.
 * For streams: whose user is still who they were?
 */
bool tw_hub_look_again(struct tw_hub *h, struct tw_listener *l);
/* Also wakes it when this file is written to. */
void tw_hub_watch(struct tw_hub *h, struct tw_listener *l, const char *path);

/* Appends events as text/event-stream has them, until there are max bytes or no more for now. Returns the newest row's number. */
int64_t tw_hub_read(struct tw_hub *h, struct tw_listener *l, struct tw_buf *out, size_t max);
