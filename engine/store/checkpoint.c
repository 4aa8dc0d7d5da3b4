#include "store/checkpoint.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"

#define WORTH_PAGES 1000  /* below that it is not worth the syncs */
#define LARGE_PAGES 16000 /* 64 MB: no more waiting for a quiet moment */
#define QUIET_NS 50000000

struct tw_checkpointer {
	sqlite3 *h;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int pages;        /* in the log, as of the last commit */
	unsigned commits;
	bool stop;
};

/* Waits as long as there are commits. The lock is held. */
static void await_quiet(struct tw_checkpointer *c)
{
	unsigned seen;

	do {
		struct timespec until;

		seen = c->commits;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += QUIET_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		while (!c->stop && c->pages < LARGE_PAGES &&
		       pthread_cond_timedwait(&c->wake, &c->lock, &until) == 0)
			;
	} while (!c->stop && c->pages < LARGE_PAGES && c->commits != seen);
}

static void *run(void *arg)
{
	struct tw_checkpointer *c = arg;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		if (c->pages < WORTH_PAGES) {
			pthread_cond_wait(&c->wake, &c->lock);
			continue;
		}
		await_quiet(c);
		if (c->stop)
			break;
		c->pages = 0; /* the next commit tells what is left */
		pthread_mutex_unlock(&c->lock);
		/* Passive: waits for nobody and nobody waits for it. What it cannot do is done the next time. */
		sqlite3_wal_checkpoint_v2(c->h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

enum tw_rc tw_checkpointer_new(const char *path, struct tw_checkpointer **ret_c, struct tw_err *err)
{
	struct tw_checkpointer *c = tw_new(struct tw_checkpointer);
	pthread_condattr_t attr;
	int rc;

	/* A connection that has read nothing does not know of the log, and its checkpoints would do nothing. */
	if (sqlite3_open_v2(path, &c->h, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite3_exec(c->h, "pragma schema_version", NULL, NULL, NULL) != SQLITE_OK) {
		tw_err_set(err, TW_ERR_IO, "cannot open the database %s: %s", path,
			   c->h ? sqlite3_errmsg(c->h) : "out of memory");
		sqlite3_close_v2(c->h);
		free(c);
		return TW_ERR_IO;
	}
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_condattr_destroy(&attr);
	rc = pthread_create(&c->thread, NULL, run, c);
	if (rc) {
		sqlite3_close_v2(c->h);
		free(c);
		return tw_err_errno(err, rc, "cannot start the checkpoint thread");
	}
	*ret_c = c;
	return TW_OK;
}

void tw_checkpointer_free(struct tw_checkpointer *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->wake);
	sqlite3_close_v2(c->h);
	free(c);
}

void tw_checkpointer_committed(struct tw_checkpointer *c, int pages)
{
	pthread_mutex_lock(&c->lock);
	c->pages = pages;
	c->commits++;
	if (pages >= WORTH_PAGES)
		pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}
