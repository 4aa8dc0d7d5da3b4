#include "api/auth/throttle.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

#define SETS 1024u
#define WAYS 4u
#define SECOND 1000000ll
#define WAIT_MAX (300 * SECOND)
#define FORGET (900 * SECOND)
#define PER_ADDRESS 10 /* as many names may fail from one address */

struct slot {
	uint64_t key; /* 0: free */
	int64_t last;
	unsigned n;
};

struct tw_throttle {
	pthread_mutex_t lock;
	uint64_t seed;
	unsigned tries;
	struct slot slots[SETS][WAYS];
};

struct tw_throttle *tw_throttle_new(unsigned tries, uint64_t seed)
{
	struct tw_throttle *t = tw_new(struct tw_throttle);

	pthread_mutex_init(&t->lock, NULL);
	t->tries = tries;
	t->seed = seed;
	return t;
}

void tw_throttle_free(struct tw_throttle *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static uint64_t key_of(const struct tw_throttle *t, struct tw_str address, struct tw_str name)
{
	uint64_t a = tw_hash_keyed(address.p, address.n, t->seed);

	return (name.p ? tw_hash_keyed(name.p, name.n, a) : a) | 1;
}

/* The slot of a key, or the one of its set to be had: a free one, else the one that failed longest ago. */
static struct slot *slot_of(struct tw_throttle *t, uint64_t key)
{
	struct slot *set = t->slots[(key >> 32) % SETS], *best = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].last < best->last)
			best = &set[i];
	}
	*best = (struct slot){.key = key};
	return best;
}

static int64_t wait_of(const struct slot *s, unsigned tries, int64_t now)
{
	unsigned over = s->n > tries ? s->n - tries : 0;
	int64_t wait = !over ? 0 : over > 9 ? WAIT_MAX : (1 << (over - 1)) * SECOND;

	return s->last + wait > now ? s->last + wait - now : 0;
}

static void count(struct slot *s, int64_t now)
{
	s->n = s->last + FORGET < now ? 1 : s->n + 1;
	s->last = now;
}

/* The longer wait of the two. Failing is counted where both may be tried. */
int64_t tw_throttle_try(struct tw_throttle *t, struct tw_str address, struct tw_str name, int64_t now_us)
{
	struct slot *pair, *all;
	int64_t wait, more;

	pthread_mutex_lock(&t->lock);
	all = slot_of(t, key_of(t, address, (struct tw_str){0}));
	wait = wait_of(all, t->tries * PER_ADDRESS, now_us);
	if (!wait)
		count(all, now_us);
	pair = slot_of(t, key_of(t, address, name));
	more = wait_of(pair, t->tries, now_us);
	if (!wait && !more)
		count(pair, now_us);
	pthread_mutex_unlock(&t->lock);
	return wait > more ? wait : more;
}

void tw_throttle_passed(struct tw_throttle *t, struct tw_str address, struct tw_str name)
{
	struct slot *s;

	pthread_mutex_lock(&t->lock);
	*slot_of(t, key_of(t, address, name)) = (struct slot){0};
	s = slot_of(t, key_of(t, address, (struct tw_str){0}));
	if (s->n)
		s->n--;
	pthread_mutex_unlock(&t->lock);
}
