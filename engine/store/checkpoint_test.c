/* Checkpoints: inside of commits, on a thread of their own, or left to another handle. */
#include "store/testing.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/query.h"

static struct tw_store *s;
static char *path;

static void open_with(enum tw_checkpoints checkpoints)
{
	char *url;

	path = tw_asprintf("%s/tw-checkpoint-%d.db", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", (int)getpid());
	url = tw_asprintf("sqlite:///%s", path);
	ok(tw_store_open(&(struct tw_store_opts){.url = url, .mode = TW_STORE_MIGRATE, .relaxed = true,
						 .checkpoints = checkpoints},
			 &s, &test_err));
	free(url);
}

static int teardown(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm"};

	tw_store_close(s);
	for (size_t i = 0; i < 3; i++) {
		char *file = tw_asprintf("%s%s", path, ends[i]);
		unlink(file);
		free(file);
	}
	free(path);
	return 0;
}

static int64_t size_of(const char *end)
{
	char *file = tw_asprintf("%s%s", path, end);
	struct stat st = {0};

	stat(file, &st);
	free(file);
	return (int64_t)st.st_size;
}

/* How often the log has begun anew: its header says it, in the fourth of its big-endian words. */
static uint32_t rounds_of_log(void)
{
	char *file = tw_asprintf("%s-wal", path);
	unsigned char header[16] = {0};
	FILE *f = fopen(file, "rb");

	assert_non_null(f);
	assert_int_equal(fread(header, 1, sizeof header, f), sizeof header);
	fclose(f);
	free(file);
	return (uint32_t)header[12] << 24 | (uint32_t)header[13] << 16 | (uint32_t)header[14] << 8 | header[15];
}

static void write_rows(int n)
{
	for (int i = 0; i < n; i++)
		ok(tw_q_exec(s, NULL, &test_err,
			     "insert into variable (key, val, is_encrypted)"
			     " values (hex(randomblob(8)), hex(randomblob(1500)), 0)",
			     ""));
}

static void commits_do_it(void **state)
{
	open_with(TW_CHECKPOINTS_IN_COMMITS);
	write_rows(3000);
	assert_true(size_of("") > 4 << 20);
}

/* When all of the log is copied, the next commit begins it anew. */
static void a_thread_does_it(void **state)
{
	uint32_t before;

	open_with(TW_CHECKPOINTS_ASIDE);
	write_rows(3000);
	before = rounds_of_log();
	for (int i = 0; i < 100 && rounds_of_log() == before; i++) {
		usleep(100000);
		write_rows(1);
	}
	assert_true(rounds_of_log() > before);
	assert_true(size_of("") > 8 << 20);
}

static void others_do_it(void **state)
{
	open_with(TW_CHECKPOINTS_BY_OTHERS);
	int64_t before = size_of("");
	write_rows(3000);
	assert_int_equal(size_of(""), before);
	assert_true(size_of("-wal") > 8 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(commits_do_it, teardown),
		cmocka_unit_test_teardown(a_thread_does_it, teardown),
		cmocka_unit_test_teardown(others_do_it, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
