/*
 * The runner's memory beyond its own death: which attempts it started, which processes they
 * became, how they ended, until the scheduler has acknowledged the end.
 *
 * A text file, appended to with one write(2) a record before the thing is done that it tells of:
 *
 *	tradewind-journal 1 BOOT-ID
 *	S ATTEMPT TIME            about to start; microseconds since the epoch
 *	P ATTEMPT PID TICKS       its process group, and when that was known: clock ticks since boot,
 *	                          what field 22 of /proc/PID/stat counts in
 *	F ATTEMPT {"op":"finished",…}
 *	A ATTEMPT                 acknowledged: forgotten
 *
 * It protects against the death of the process, not of the machine, so nothing is synced: after
 * a power cut nothing that was started runs any more, and the scheduler calls lost what no
 * runner knows. A record torn at the end of the file never happened. The file is written anew, with
 * what is alive only, when it is opened and when most of it is dead.
 */
#pragma once

#include <sys/types.h>

#include "base/map.h"
#include "base/str.h"

enum tw_journal_state {
	TW_JOURNAL_STARTED,
	TW_JOURNAL_LOST,     /* started by an earlier runner that died before it knew the end */
	TW_JOURNAL_FINISHED,
};

struct tw_journal_entry {
	char *attempt;
	enum tw_journal_state state;
	int64_t started;     /* wall clock, 0 when not known */
	pid_t pid;           /* leads the group; 0 when not known, or of before the machine's last boot */
	uint64_t ticks;
	struct tw_buf result; /* the `finished` frame, when FINISHED */
};

struct tw_journal {
	char *path;
	int fd;
	char boot[64];
	struct tw_map entries;  /* attempt → struct tw_journal_entry */
	size_t written;         /* bytes of the file */
	size_t alive;           /* about how many of them matter */
	bool failed;            /* the disk is full, …: said once, and gone on without */
};

/* Reads what an earlier runner left; its started attempts are LOST now. */
enum tw_rc tw_journal_open(struct tw_journal *j, const char *path, struct tw_err *err);
void tw_journal_close(struct tw_journal *j);

struct tw_journal_entry *tw_journal_find(struct tw_journal *j, struct tw_str attempt); /* or NULL */
void tw_journal_start(struct tw_journal *j, struct tw_str attempt, int64_t now);
void tw_journal_process(struct tw_journal *j, struct tw_str attempt, pid_t pid);
void tw_journal_finish(struct tw_journal *j, struct tw_str attempt, struct tw_str result);
void tw_journal_ack(struct tw_journal *j, struct tw_str attempt);

/*
 * May the process group still be the one that was recorded? Not when its leader's number belongs
 * to a process that began at another time. (Reading /proc at each start would tell it to the tick, and cost
 * more than the start itself.)
 */
bool tw_journal_same_process(const struct tw_journal_entry *e);
