/*
 * BashOperator: `bash -c COMMAND`, in a temporary folder unless it has a cwd. Output and errors go
 * one way, line by line into the log; the last line is the return value. It ends when its output
 * does: a background process that holds on to it is waited for, as in Python.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"
#include "operator/decode.h"
#include "operator/env.h"
#include "operator/operator.h"

#define LOGGER "airflow.task.hooks.airflow.providers.standard.hooks.subprocess.SubprocessHook"
#define LAST_LINE ((size_t)16 << 20) /* a last line longer than this is cut */
#define READ_TURN 16		     /* pieces read before others get their turn */

struct bash {
	struct tw_op *op;
	struct tw_decoder *decoder;
	uv_poll_t *poll; /* NULL when the output has ended */
	int out;
	pid_t pid;
	bool exited;
	struct tw_exit exit;
	char *tmpdir;	    /* to be removed; NULL with a cwd */
	char *script;	    /* to be removed */
	struct tw_buf line; /* the line being read, then the last one */
	bool complete;	    /* its newline was seen: the next byte begins another */
};

static void say(struct tw_op *op, const char *text)
{
	op->host->log(op, TW_LOG_INFO, LOGGER, tw_str(text));
}

static void decode_line(void *arg, struct tw_str bytes, struct tw_buf *out)
{
	struct bash *b = arg;
	tw_decoder_line(b->decoder, bytes, out);
}

static void decode_for_host(void *arg, struct tw_str bytes, struct tw_buf *out)
{
	struct tw_op *op = arg;
	decode_line(op->state, bytes, out);
}

/* Arguments --------------------------------------------------------------------------------- */

/* env as Python builds it: the given one, or the inherited one, or both; AIRFLOW_CTX_… on top. */
static enum tw_rc build_env(struct tw_op *op, struct tw_env *env, struct tw_err *err)
{
	struct tw_value given = tw_map_value(op->args, "env");
	bool append = tw_map_bool(op->args, "append_env", false);
	if (given.kind != TW_V_NULL && given.kind != TW_V_MAP)
		return tw_err_set(err, TW_ERR_INVALID, "env must be a dictionary, not %s",
				  tw_kind_name(given.kind));
	if (given.kind == TW_V_NULL || append)
		tw_env_add_list(env, op->environ);
	for (size_t i = 0; i < tw_value_len(given); i++) {
		struct tw_pair *p = &given.map->v[i];
		if (p->key.kind != TW_V_STR || p->value.kind != TW_V_STR)
			return tw_err_set(err, TW_ERR_INVALID,
					  "expected str, bytes or os.PathLike object, not %s",
					  tw_kind_name(p->value.kind));
		if (memchr(p->key.s.p, '=', p->key.s.n))
			return tw_err_set(err, TW_ERR_INVALID, "illegal environment variable name");
		tw_env_set(env, p->key.s, p->value.s);
	}
	for (const char *const *e = op->environ; e && *e; e++) {
		struct tw_str value, name = tw_str_cut(tw_str(*e), '=', &value);
		if (value.p && tw_str_starts(name, "AIRFLOW_CTX_"))
			tw_env_set(env, name, value);
	}
	return TW_OK;
}

static enum tw_rc check_cwd(struct tw_str cwd, const char *path, struct tw_err *err)
{
	if (!cwd.p)
		return TW_OK;
	if (!tw_file_exists(path))
		return tw_err_set(err, TW_ERR_NOT_FOUND, "Can not find the cwd: %s", path);
	if (!tw_file_is_dir(path))
		return tw_err_set(err, TW_ERR_INVALID, "The cwd %s must be a directory", path);
	return TW_OK;
}

/* A command that is still called like a script after rendering is run as a file of that content. */
static enum tw_rc write_script(struct bash *b, const char *dir, struct tw_str text,
			       struct tw_err *err)
{
	b->script = tw_asprintf("%s/tmpXXXXXX.sh", dir);
	int fd = mkstemps(b->script, 3);
	bool ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n;
	int why = errno;
	if (fd >= 0)
		close(fd);
	return ok ? TW_OK : tw_err_errno(err, why, "cannot write '%s'", b->script);
}

/* The end ----------------------------------------------------------------------------------- */

static bool skips(struct tw_op *op, int code)
{
	const struct tw_value *v = tw_map_findc(op->args, "skip_on_exit_code");
	if (!v)
		return code == 99;
	if (v->kind == TW_V_INT)
		return v->i == code;
	for (size_t i = 0; v->kind != TW_V_MAP && i < tw_value_len(*v); i++)
		if (v->list->v[i].kind == TW_V_INT && v->list->v[i].i == code)
			return true;
	return false;
}

static void last_line(struct bash *b, struct tw_op_outcome *o)
{
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	tw_decoder_line(b->decoder, tw_buf_str(&b->line), &text);
	o->has_result = true;
	o->result = tw_v_str(tw_str_copy(b->op->arena, tw_buf_str(&text)));
}

static void remove_files(struct bash *b)
{
	if (b->script)
		unlink(b->script);
	if (b->tmpdir)
		b->op->host->drop_folder(b->op, b->tmpdir);
	free(b->script);
	b->script = b->tmpdir = NULL;
}

static void finish(struct bash *b)
{
	struct tw_op *op = b->op;
	remove_files(b);
	struct tw_op_outcome o = {
		.state = "success", .exit_code = b->exit.code, .signal = b->exit.signal};
	/* Python shows the death by a signal as a negative code. */
	int code = b->exit.signal ? -b->exit.signal : b->exit.code;
	char text[200] = "";
	snprintf(text, sizeof text, "Command exited with return code %d", code);
	say(op, text);
	text[0] = '\0';
	if (skips(op, code)) {
		o.state = "skipped";
		snprintf(text, sizeof text, "Bash command returned exit code %d. Skipping.", code);
	} else if (code) {
		o.state = "failed";
		o.exception = "AirflowException";
		snprintf(text, sizeof text,
			 "Bash command failed. The command returned a non-zero exit code %d.",
			 code);
	} else {
		last_line(b, &o);
	}
	o.reason = tw_str(text);
	op->host->done(op, &o);
}

static void maybe_finish(struct bash *b)
{
	if (b->exited && !b->poll)
		finish(b);
}

/* Output ------------------------------------------------------------------------------------ */

/* Keeps what the last line will have been. */
static void track(struct bash *b, struct tw_str bytes)
{
	while (bytes.n) {
		if (b->complete)
			tw_buf_clear(&b->line);
		struct tw_str rest, part = tw_str_cut(bytes, '\n', &rest);
		b->complete = rest.p != NULL;
		if (b->line.n < LAST_LINE)
			tw_buf_addstr(&b->line, part);
		bytes = rest.p ? rest : tw_strn("", 0);
	}
}

static void on_poll_closed(uv_handle_t *h)
{
	free(h);
}

static void close_output(struct bash *b)
{
	if (!b->poll)
		return;
	uv_poll_stop(b->poll);
	uv_close((uv_handle_t *)b->poll, on_poll_closed);
	b->poll = NULL;
	close(b->out);
}

/* False at the end of the output. */
static bool read_output(struct bash *b, int turns)
{
	static char chunk[64 << 10];
	while (turns-- > 0) {
		ssize_t n = read(b->out, chunk, sizeof chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		struct tw_str bytes = tw_strn(chunk, (size_t)n);
		track(b, bytes);
		b->op->host->output(b->op, LOGGER, decode_for_host, bytes);
	}
	return true;
}

static void on_output(uv_poll_t *h, int status, int events)
{
	struct bash *b = h->data;
	if (status == 0 && read_output(b, READ_TURN))
		return;
	close_output(b);
	maybe_finish(b);
}

static void on_exit_code(void *arg, const struct tw_exit *e)
{
	struct bash *b = arg;
	b->exited = true;
	b->exit = *e;
	/* Mostly the output ends with it; what is there already need not wait for a turn of the
	 * loop. */
	if (b->poll && (!read_output(b, READ_TURN) || b->op->killed))
		close_output(b);
	maybe_finish(b);
}

/* The beginning ------------------------------------------------------------------------------ */

static enum tw_rc listen_to(struct bash *b, int fd, struct tw_err *err)
{
	uv_poll_t *poll = tw_new(uv_poll_t);
	int rc = uv_poll_init(b->op->loop, poll, fd); /* makes it non-blocking */
	if (rc) {
		free(poll);
		close(fd);
		return tw_err_set(err, TW_ERR_IO, "cannot read from a pipe: %s", uv_strerror(rc));
	}
	b->out = fd;
	b->poll = poll;
	poll->data = b;
	uv_poll_start(poll, UV_READABLE, on_output);
	return TW_OK;
}

static enum tw_rc spawn(struct bash *b, const char *const *argv, const char *const *env,
			const char *cwd, struct tw_err *err)
{
	int fds[2];
	enum tw_rc rc = tw_proc_pipe(fds, err);
	if (rc < 0)
		return rc;
	rc = listen_to(b, fds[0], err);
	if (rc == TW_OK) {
		const struct tw_fd_map maps[] = {{-1, 0}, {fds[1], 1}, {fds[1], 2}};
		const struct tw_proc_opts o = {
			.argv = argv,
			.envp = env,
			.cwd = cwd,
			.fds = maps,
			.nfds = 3,
			.group = TW_PROC_OWN_SESSION,
		};
		rc = tw_proc_spawn(&o, &b->pid, err);
	}
	close(fds[1]);
	if (rc < 0)
		return rc;
	tw_reaper_watch(b->op->reaper, b->pid, 0, on_exit_code, b);
	b->op->host->spawned(b->op, b->pid);
	return TW_OK;
}

static void log_command(struct tw_op *op, const char *const *argv)
{
	TW_AUTO(tw_buf_release) struct tw_buf text = {0};
	tw_buf_printf(&text, "Tmp dir root location: %s", op->tmp);
	say(op, tw_buf_cstr(&text));
	tw_buf_clear(&text);
	tw_buf_adds(&text, "Running command: [");
	for (size_t i = 0; argv[i]; i++) {
		tw_buf_adds(&text, i ? ", " : "");
		tw_op_repr(&text, tw_str(argv[i]));
	}
	tw_buf_addc(&text, ']');
	op->host->log(op, TW_LOG_INFO, LOGGER, tw_buf_str(&text));
	say(op, "Output:");
}

static bool is_program(const char *file)
{
	struct stat st;
	return stat(file, &st) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0;
}

/* bash of our own PATH, as shutil.which finds it; looked for anew only when it has gone. */
static const char *bash_path(void)
{
	static char *found;
	if (found && access(found, X_OK) == 0)
		return found;
	free(found);
	found = NULL;
	const char *path = getenv("PATH");
	for (struct tw_str rest = tw_str(path ? path : "/usr/bin:/bin"); rest.p;) {
		struct tw_str dir = tw_str_cut(rest, ':', &rest);
		char *file = tw_asprintf(TW_STR_FMT "/bash", TW_STR_ARG(dir));
		if (dir.n && is_program(file)) {
			found = file;
			return found;
		}
		free(file);
	}
	return "bash";
}

static enum tw_rc begin(struct bash *b, struct tw_str command, struct tw_err *err)
{
	struct tw_op *op = b->op;
	struct tw_str cwd = tw_map_str(op->args, "cwd", NULL);
	const char *dir = cwd.p ? tw_arena_strndup(op->arena, cwd.p, cwd.n) : NULL;
	enum tw_rc rc = check_cwd(cwd, dir, err);
	if (rc < 0)
		return rc;
	TW_AUTO(tw_env_release) struct tw_env env = {.arena = op->arena};
	rc = build_env(op, &env, err);
	if (rc == TW_OK && !dir)
		rc = op->host->make_folder(op, &b->tmpdir, err);
	if (!dir)
		dir = b->tmpdir;
	const char *argv[] = {bash_path(), "-c", tw_arena_strndup(op->arena, command.p, command.n),
			      NULL};
	if (rc == TW_OK && (tw_str_ends(command, ".sh") || tw_str_ends(command, ".bash"))) {
		rc = write_script(b, dir, command, err);
		argv[1] = rc == TW_OK ? strrchr(b->script, '/') + 1 : NULL;
		argv[2] = NULL;
	}
	if (rc < 0)
		return rc;
	static const char *const nothing[] = {NULL};
	log_command(op, argv);
	return spawn(b, argv, env.v ? env.v : nothing, dir, err);
}

static enum tw_rc start(struct tw_op *op, struct tw_err *err)
{
	struct tw_value command = tw_map_value(op->args, "bash_command");
	if (command.kind != TW_V_STR)
		return tw_err_set(err, TW_ERR_UNSUPPORTED, "bash_command is no text");
	if (memchr(command.s.p, '\0', command.s.n))
		return tw_err_set(err, TW_ERR_INVALID, "embedded null byte");
	struct tw_decoder *decoder;
	enum tw_rc rc =
		tw_decoder_new(tw_map_str(op->args, "output_encoding", "utf-8"), &decoder, err);
	if (rc < 0)
		return rc;
	struct bash *b = tw_arena_new(op->arena, struct bash);
	b->op = op;
	b->decoder = decoder;
	op->state = b;
	return begin(b, command.s, err);
}

static void end(struct tw_op *op)
{
	struct bash *b = op->state;
	if (!b || !b->exited)
		return; /* the exit comes yet */
	close_output(b);
	finish(b);
}

static void on_kill(struct tw_op *op)
{
	say(op, "Sending SIGTERM signal to process group");
	end(op);
}

static void release(struct tw_op *op)
{
	struct bash *b = op->state;
	if (!b)
		return;
	if (b->pid && !b->exited)
		tw_reaper_unwatch(op->reaper, b->pid);
	close_output(b);
	remove_files(b);
	tw_buf_release(&b->line);
	tw_decoder_free(b->decoder);
	op->state = NULL;
}

const struct tw_op_type tw_op_bash = {
	.name = "bash", .start = start, .kill = on_kill, .release = release};
