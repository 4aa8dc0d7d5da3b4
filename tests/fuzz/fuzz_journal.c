/*
 * A runner's journal, as a crash or a bad disk left it: what can be read is taken, the rest is left out, and the runner goes on
 * writing to it. What it wrote then is there when the next one reads.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/file.h"
#include "runner/journal.h"

static char path[64];

static void remove_it(void)
{
	unlink(path);
}

static bool open_it(struct tw_journal *j)
{
	struct tw_err err = { 0 };
	enum tw_rc rc = tw_journal_open(j, path, &err);

	TW_ASSERT(rc == TW_OK || err.msg[0]);
	return rc == TW_OK;
}

static void check_entries(struct tw_journal *j)
{
	tw_map_foreach(&j->entries, e) {
		const struct tw_journal_entry *x = e->value;
		TW_ASSERT(tw_str_is(e->key, x->attempt));
		TW_ASSERT(x->state != TW_JOURNAL_FINISHED || x->result.n);
		TW_ASSERT(x->state != TW_JOURNAL_STARTED); /* nobody of this runner has started */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tw_journal j = { 0 };

	if (!path[0]) {
		snprintf(path, sizeof path, "/dev/shm/tradewind-fuzz-journal-%d", (int)getpid());
		atexit(remove_it);
	}
	TW_ASSERT(tw_file_write(path, tw_strn((const char *)data, size), 0600, NULL) == TW_OK);
	if (!open_it(&j))
		return 0;
	check_entries(&j);
	tw_journal_start(&j, TW_STR("new-one"), 7);
	tw_journal_finish(&j, TW_STR("new-one"), TW_STR("{\"op\":\"finished\"}"));
	tw_journal_start(&j, TW_STR("other"), 8);
	tw_journal_close(&j);
	j = (struct tw_journal){ 0 };
	TW_ASSERT(open_it(&j));
	check_entries(&j);
	struct tw_journal_entry *e = tw_journal_find(&j, TW_STR("new-one")), *o = tw_journal_find(&j, TW_STR("other"));
	TW_ASSERT(e && e->state == TW_JOURNAL_FINISHED && tw_str_is(tw_buf_str(&e->result), "{\"op\":\"finished\"}"));
	TW_ASSERT(o && o->state == TW_JOURNAL_LOST);
	tw_journal_ack(&j, TW_STR("new-one"));
	TW_ASSERT(!tw_journal_find(&j, TW_STR("new-one")));
	tw_journal_close(&j);
	return 0;
}
