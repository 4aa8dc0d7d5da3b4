/*
 * What the dag-processor's files share.
 *	dagproc.c  the loop, files and what they depend on     parse.c  one file to documents, in a child or here
 *	zygote.c   the Python process that forks parse children     calls.c    callbacks of runs and of dead tasks
 */
#pragma once

#include <uv.h>

#include "base/map.h"
#include "base/vec.h"
#include "daemon/dagproc.h"
#include "io/doorbell.h"
#include "io/frame.h"
#include "io/proc.h"
#include "io/watch.h"
#include "runner/tasklog.h"
#include "store/dags.h"
#include "time/zone.h"

struct parse;
struct call;

/* A file of the folder. */
struct pfile {
	char *path, *relative;
	TW_VEC(char *) inputs;         /* what its last parse read, itself included */
	bool queued;                   /* in dagproc.queue */
	bool changed;                  /* while it was being parsed */
	bool seen;                     /* by the present look at the folder */
	struct parse *parse;           /* under way */
	int parses;
};

struct zygote {
	pid_t pid;
	struct tw_link *link;
	bool ready;
	unsigned pause_ms;
	uv_timer_t timer;
};

struct dagproc {
	const struct tw_dagproc_options *opts;
	uv_loop_t loop;
	struct tw_reaper *reaper;
	struct tw_watch *watch;
	struct tw_store *store;
	struct tw_zones zones;
	struct zygote zygote;
	struct tw_map files;           /* path → struct pfile */
	struct tw_map inputs;          /* path → struct dependents */
	TW_VEC(struct pfile *) queue;  /* to be parsed, from queue_head on */
	size_t queue_head;
	TW_VEC(struct parse *) active;
	int64_t next_id;
	TW_VEC(struct call *) calls;   /* callbacks under way */
	struct tw_logs logs;           /* theirs */
	struct tw_bell *bell;
	uv_timer_t rescan, refresh, beat;
	uv_signal_t term, intr;
	int64_t job_id;
	bool stopping;
	int status;
};

/* The files that read a path. */
struct dependents {
	TW_VEC(struct pfile *) files;
};

/* One parse under way. */
struct parse {
	struct dagproc *dp;
	struct pfile *file;            /* NULL: the file went away meanwhile */
	int64_t id;
	struct tw_link *link;
	pid_t pid;
	uv_timer_t timer;
	int64_t started;               /* µs, wall clock */
	bool done;                     /* its result is stored */
	bool timed_out;
	bool exited;                   /* well, and its result is still on its way */
};

/* dagproc.c */
void dagproc_parse_ended(struct parse *p);              /* frees it, goes on with the queue */
void dagproc_set_inputs(struct pfile *f, struct dagproc *dp, struct tw_value parsed);
void dagproc_next(struct dagproc *dp);

/* parse.c */
void parse_start(struct dagproc *dp, struct pfile *f);
void parse_close(struct parse *p);
void parse_forked(struct dagproc *dp, int64_t id, pid_t pid);
void parse_exited(struct dagproc *dp, int64_t id, int status);
void parse_fork_failed(struct dagproc *dp, int64_t id, struct tw_str why);
void parse_fail_all(struct dagproc *dp, const char *why);

/* calls.c */
enum tw_rc calls_start(struct dagproc *dp, struct tw_err *err);
void calls_look(struct dagproc *dp);                    /* takes what is there and there is room for */
void calls_forked(struct dagproc *dp, struct tw_str id, pid_t pid);
void calls_exited(struct dagproc *dp, struct tw_str id, int status);
void calls_fork_failed(struct dagproc *dp, struct tw_str id, struct tw_str why);
void calls_give_back(struct dagproc *dp);               /* all of them: the Python they ran in is gone */
void calls_stop(struct dagproc *dp);

/* zygote.c */
enum tw_rc zygote_start(struct dagproc *dp, struct tw_err *err);
void zygote_stop(struct dagproc *dp);
