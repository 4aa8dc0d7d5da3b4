/*
 * What the dag-processor's files share.
 *	dagproc.c  the loop, files and what they depend on     parse.c  one file to documents, in a child or here
 *	found.c    documents to rows, stored many files at a time
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

struct found;
struct parse;
struct call;

/* A file of the folder. */
struct pfile {
	char *path, *relative;
	TW_VEC(char *) inputs;         /* what its last parse read, itself included */
	bool queued;                   /* in dagproc.queue */
	bool changed;                  /* while it was being parsed */
	bool alone;                    /* to be parsed in a process that has parsed no other */
	bool seen;                     /* by the present look at the folder */
	struct parse *parse;           /* under way */
	int parses;
	int deaths;                    /* of the zygote while it was being parsed; then it is parsed by itself */
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
	struct tw_map broken;          /* relative path → itself: files that had an import error the last time */
	bool broken_known;
	struct tw_map inputs;          /* path → struct dependents */
	TW_VEC(struct pfile *) queue;  /* to be parsed, from queue_head on */
	size_t queue_head;
	TW_VEC(struct parse *) active;
	TW_VEC(struct found *) found;  /* to be stored */
	uv_timer_t gather;             /* when */
	bool worked;                   /* since memory was given back */
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

/* A process that parses, and the file it is at. */
struct parse {
	struct dagproc *dp;
	struct pfile *file;            /* NULL: it went away meanwhile, or there is none for this process any more */
	int before;                    /* files it has parsed before this one */
	int64_t id;
	struct tw_link *link;
	pid_t pid;
	uv_timer_t timer;
	int64_t started;               /* with this file; µs, wall clock */
	bool done;                     /* the file's result is here */
	bool timed_out;
	bool exited;
};

/* dagproc.c */
void dagproc_parse_ended(struct parse *p);              /* frees it, goes on with the queue */
bool dagproc_more(struct parse *p);                     /* gives the process another file; false: there is none for it */
void dagproc_set_inputs(struct pfile *f, struct dagproc *dp, struct tw_value parsed);
void dagproc_next(struct dagproc *dp);

/* parse.c */
void parse_start(struct dagproc *dp, struct pfile *f);  /* in a new process */
void parse_again(struct parse *p, struct pfile *f);     /* in one that has parsed others */
void parse_close(struct parse *p);
void parse_forked(struct dagproc *dp, int64_t id, pid_t pid);
void parse_exited(struct dagproc *dp, int64_t id, int status);
void parse_fork_failed(struct dagproc *dp, int64_t id, struct tw_str why);
void parse_fail_all(struct dagproc *dp, const char *why);

/* calls.c */
enum tw_rc calls_start(struct dagproc *dp, struct tw_err *err);
void dagproc_rung(void *dp); /* somebody has left a callback to run, or a file to parse */
void calls_look(struct dagproc *dp);                    /* takes what is there and there is room for */
void calls_forked(struct dagproc *dp, struct tw_str id, pid_t pid);
void calls_exited(struct dagproc *dp, struct tw_str id, int status);
void calls_fork_failed(struct dagproc *dp, struct tw_str id, struct tw_str why);
void calls_give_back(struct dagproc *dp);               /* all of them: the Python they ran in is gone */
void calls_stop(struct dagproc *dp);

/* found.c: what one file's parse found */
struct found *found_new(struct dagproc *dp, const struct pfile *f, int64_t started);
void found_document(struct found *j, struct tw_value doc, struct tw_value warnings);
void found_error(struct found *j, struct tw_str text);
void found_done(struct found *j, bool at_once);         /* takes it over; it is stored at once or with others */
void found_store_all(struct dagproc *dp);

/* zygote.c */
enum tw_rc zygote_start(struct dagproc *dp, struct tw_err *err);
void zygote_stop(struct dagproc *dp);
