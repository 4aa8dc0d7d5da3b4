#include "runner/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "io/file.h"

#define MAGIC "tradewind-journal 1 "
#define FILE_LIMIT ((size_t)1 << 30)
#define COMPACT_FROM ((size_t)1 << 20)

/* Between a process's start and its record: a fork in Python is heard of late on a busy machine. */
#define SLACK_SECONDS 30

static uint64_t ticks_now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_BOOTTIME, &ts);
	uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);
	return (uint64_t)ts.tv_sec * hz + (uint64_t)ts.tv_nsec / (1000000000 / hz);
}

/* Field 22 of /proc/PID/stat, 0 when there is no such process. */
static uint64_t starttime(pid_t pid)
{
	char path[64], text[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	/* The second field, the program's name, may hold anything: count from its last ')'. */
	char *p = strrchr(text, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p + 1, NULL, 10) : 0;
}

bool tw_journal_same_process(const struct tw_journal_entry *e)
{
	uint64_t start = e->pid > 1 ? starttime(e->pid) : 0;
	uint64_t slack = SLACK_SECONDS * (uint64_t)sysconf(_SC_CLK_TCK);
	/* No such process: the rest of its group may live on without its leader. */
	return e->pid > 1 && (!start || (start <= e->ticks + 100 && start + slack >= e->ticks));
}

static void read_boot_id(char out[64])
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	snprintf(out, 64, "unknown");
	if (tw_file_read("/proc/sys/kernel/random/boot_id", 256, &b, NULL) == TW_OK && b.n) {
		struct tw_str id = tw_str_trim(tw_buf_str(&b));
		snprintf(out, 64, TW_STR_FMT, TW_STR_ARG(id));
	}
}

static void entry_free(struct tw_journal_entry *e)
{
	free(e->attempt);
	tw_buf_release(&e->result);
	free(e);
}

static struct tw_journal_entry *entry_get(struct tw_journal *j, struct tw_str attempt)
{
	struct tw_journal_entry *e = tw_map_get(&j->entries, attempt);
	if (!e) {
		e = tw_new(struct tw_journal_entry);
		e->attempt = tw_str_dup(attempt);
		tw_map_set(&j->entries, attempt, e);
	}
	return e;
}

/* Reading ------------------------------------------------------------------------------------ */

static void load_line(struct tw_journal *j, struct tw_str line, bool same_boot)
{
	/* Where the power went a disk may have left NULs. */
	if (line.n < 3 || line.p[1] != ' ' || line.p[2] == ' ' || memchr(line.p, '\0', line.n))
		return;
	struct tw_str rest, attempt = tw_str_cut(tw_strn(line.p + 2, line.n - 2), ' ', &rest);
	struct tw_journal_entry *e;
	int64_t pid, start;
	switch (line.p[0]) {
	case 'S':
		e = entry_get(j, attempt);
		e->state = TW_JOURNAL_LOST;
		if (rest.p && tw_str_to_int(rest, &start))
			e->started = start;
		break;
	case 'P': {
		struct tw_str ticks, pid_text = tw_str_cut(rest, ' ', &ticks);
		e = tw_map_get(&j->entries, attempt);
		if (e && same_boot && tw_str_to_int(pid_text, &pid) &&
		    tw_str_to_int(ticks, &start) && pid > 1 && pid <= INT32_MAX) {
			e->pid = (pid_t)pid;
			e->ticks = (uint64_t)start;
		}
		break;
	}
	case 'F':
		if (!rest.p || !rest.n)
			break;
		e = entry_get(j, attempt);
		e->state = TW_JOURNAL_FINISHED;
		tw_buf_clear(&e->result);
		tw_buf_addstr(&e->result, rest);
		break;
	case 'A':
		e = tw_map_del(&j->entries, attempt);
		if (e)
			entry_free(e);
		break;
	default:
		break;
	}
}

static void load(struct tw_journal *j, struct tw_str text)
{
	struct tw_str rest, head = tw_str_cut(text, '\n', &rest);
	if (!rest.p || !tw_str_starts(head, MAGIC))
		return;
	size_t skip = strlen(MAGIC);
	bool same_boot = tw_str_is(tw_strn(head.p + skip, head.n - skip), j->boot);
	while (rest.p && rest.n) {
		struct tw_str line = tw_str_cut(rest, '\n', &rest);
		if (!rest.p)
			break; /* torn */
		load_line(j, line, same_boot);
	}
}

/* Writing ------------------------------------------------------------------------------------ */

static void write_all(struct tw_journal *j, int fd, struct tw_str s)
{
	while (s.n && !j->failed) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			tw_error(
				"cannot write the journal, results may be lost if the runner dies: "
				"%s path=%s",
				strerror(errno), j->path);
			j->failed = true;
			return;
		}
		s.p += n;
		s.n -= (size_t)n;
	}
}

static void put_entry(struct tw_buf *out, const struct tw_journal_entry *e)
{
	if (e->state == TW_JOURNAL_FINISHED) {
		tw_buf_printf(out, "F %s ", e->attempt);
		tw_buf_addstr(out, tw_buf_str(&e->result));
		tw_buf_addc(out, '\n');
		return;
	}
	tw_buf_printf(out, "S %s %lld\n", e->attempt, (long long)e->started);
	if (e->pid)
		tw_buf_printf(out, "P %s %d %llu\n", e->attempt, (int)e->pid,
			      (unsigned long long)e->ticks);
}

/* What is alive, to a new file that takes the old one's place. */
static enum tw_rc rewrite(struct tw_journal *j, struct tw_err *err)
{
	TW_AUTO(tw_buf_release) struct tw_buf out = {0};
	TW_AUTO(tw_freep) char *tmp = tw_asprintf("%s.new", j->path);
	tw_buf_printf(&out, MAGIC "%s\n", j->boot);
	tw_map_foreach(&j->entries, at) put_entry(&out, at->value);
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return tw_err_errno(err, errno, "cannot write the journal '%s'", tmp);
	j->failed = false;
	write_all(j, fd, tw_buf_str(&out));
	if (j->failed || rename(tmp, j->path) != 0) {
		enum tw_rc rc = tw_err_errno(err, errno, "cannot write the journal '%s'", j->path);
		close(fd);
		unlink(tmp);
		return rc;
	}
	if (j->fd >= 0)
		close(j->fd);
	j->fd = fd;
	j->written = j->alive = out.n;
	return TW_OK;
}

static void append(struct tw_journal *j, const struct tw_buf *record)
{
	write_all(j, j->fd, tw_buf_str(record));
	j->written += record->n;
	if (j->written < COMPACT_FROM || j->written < 4 * j->alive)
		return;
	struct tw_err err = {0};
	if (rewrite(j, &err) < 0) {
		tw_warn("%s", err.msg);
		j->alive = j->written; /* not again at once */
	}
}

enum tw_rc tw_journal_open(struct tw_journal *j, const char *path, struct tw_err *err)
{
	*j = (struct tw_journal){.path = tw_strdup(path), .fd = -1};
	read_boot_id(j->boot);
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	enum tw_rc rc = tw_file_read(path, FILE_LIMIT, &text, err);
	if (rc == TW_OK)
		load(j, tw_buf_str(&text));
	if (rc == TW_OK || rc == TW_ERR_NOT_FOUND)
		rc = rewrite(j, err);
	if (rc < 0)
		tw_journal_close(j);
	return rc;
}

void tw_journal_close(struct tw_journal *j)
{
	tw_map_foreach(&j->entries, at) entry_free(at->value);
	tw_map_release(&j->entries);
	if (j->path && j->fd >= 0)
		close(j->fd);
	free(j->path);
	*j = (struct tw_journal){.fd = -1};
}

struct tw_journal_entry *tw_journal_find(struct tw_journal *j, struct tw_str attempt)
{
	return tw_map_get(&j->entries, attempt);
}

void tw_journal_start(struct tw_journal *j, struct tw_str attempt, int64_t now)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_journal_entry *e = entry_get(j, attempt);
	e->state = TW_JOURNAL_STARTED;
	e->started = now;
	put_entry(&b, e);
	j->alive += b.n;
	append(j, &b);
}

void tw_journal_process(struct tw_journal *j, struct tw_str attempt, pid_t pid)
{
	struct tw_journal_entry *e = tw_journal_find(j, attempt);
	if (!e)
		return;
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	e->pid = pid;
	e->ticks = ticks_now();
	tw_buf_printf(&b, "P %s %d %llu\n", e->attempt, (int)pid, (unsigned long long)e->ticks);
	append(j, &b);
}

void tw_journal_finish(struct tw_journal *j, struct tw_str attempt, struct tw_str result)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	struct tw_journal_entry *e = entry_get(j, attempt);
	e->state = TW_JOURNAL_FINISHED;
	tw_buf_clear(&e->result);
	tw_buf_addstr(&e->result, result);
	put_entry(&b, e);
	j->alive += b.n;
	append(j, &b);
}

void tw_journal_ack(struct tw_journal *j, struct tw_str attempt)
{
	struct tw_journal_entry *e = tw_map_del(&j->entries, attempt);
	if (!e)
		return;
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	tw_buf_printf(&b, "A %s\n", e->attempt);
	size_t size = e->result.n + strlen(e->attempt) + 4;
	j->alive -= size < j->alive ? size : j->alive;
	entry_free(e);
	append(j, &b);
}
