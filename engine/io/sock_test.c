#include "io/sock.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/doorbell.h"
#include "io/loop_testing.h"

/* A folder whose sockets don't fit an address. */
static char *long_folder(const char *base)
{
	struct tw_buf dir = {0};
	tw_buf_adds(&dir, base);
	for (int i = 0; i < 4; i++) {
		tw_buf_adds(&dir, "/a-folder-with-a-rather-long-name-in-it");
		assert_int_equal(mkdir(dir.p, 0700), 0);
	}
	return tw_buf_steal(&dir);
}

static void remove_folder(char *dir)
{
	char *cmd = tw_asprintf("rm -r '%s'", dir);
	assert_int_equal(system(cmd), 0);
	free(cmd);
	free(dir);
}

struct accepted {
	int n, fd[10];
};

static void on_accept(void *arg, int fd)
{
	struct accepted *a = arg;
	a->fd[a->n++] = fd;
}

static void check_listener(const char *path)
{
	uv_loop_t loop;
	struct tw_listener *l, *second;
	struct accepted a = {0};
	struct tw_err err;
	int fd, other;
	uv_loop_init(&loop);
	assert_int_equal(tw_sock_connect(path, &fd, &err), TW_ERR_NOT_FOUND);
	assert_int_equal(tw_listener_new(&loop, path, on_accept, &a, &l, &err), TW_OK);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(tw_listener_new(&loop, path, on_accept, &a, &second, &err), TW_ERR_EXISTS);
	assert_int_equal(tw_sock_connect(path, &fd, &err), TW_OK);
	assert_int_equal(tw_sock_connect(path, &other, &err), TW_OK);
	tw_test_run_until(&loop, &a.n, 2);
	char c = 0;
	assert_int_equal(write(fd, "y", 1), 1);
	tw_test_run_for(&loop, 5);
	int got = 0;
	for (int i = 0; i < a.n; i++) /* the second listener's probe is among them */
		got += read(a.fd[i], &c, 1) == 1;
	assert_true(got == 1 && c == 'y');
	for (int i = 0; i < a.n; i++)
		close(a.fd[i]);
	close(fd);
	close(other);
	tw_listener_free(l);
	assert_int_equal(access(path, F_OK), -1);
	tw_test_close_loop(&loop);
}

static void listens(void **state)
{
	char *dir = tw_test_folder(), *deep = long_folder(dir);
	char *path = tw_asprintf("%s/s", dir), *far = tw_asprintf("%s/s", deep);
	check_listener(path);
	check_listener(far);
	free(path);
	free(far);
	free(deep);
	remove_folder(dir);
}

static void replaces_the_dead_only(void **state)
{
	char *dir = tw_test_folder(), *path = tw_asprintf("%s/s", dir);
	struct tw_err err;
	int fd, again;
	assert_int_equal(tw_sock_bind(path, SOCK_DGRAM, &fd, &err), TW_OK);
	assert_int_equal(tw_sock_bind(path, SOCK_DGRAM, &again, &err), TW_ERR_EXISTS);
	close(fd); /* as a killed process does: the name stays */
	assert_int_equal(tw_sock_bind(path, SOCK_DGRAM, &again, &err), TW_OK);
	close(again);
	unlink(path);
	FILE *f = fopen(path, "w");
	fclose(f);
	assert_int_equal(tw_sock_bind(path, SOCK_DGRAM, &again, &err), TW_ERR_EXISTS);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(tw_sock_bind("/no/such/folder/s", SOCK_DGRAM, &again, &err), TW_ERR_IO);
	free(path);
	remove_folder(dir);
}

static void count(void *arg)
{
	++*(int *)arg;
}

static void bell_rings(void **state)
{
	char *dir = tw_test_folder(), *deep = long_folder(dir);
	char *path = tw_asprintf("%s/bell", deep);
	uv_loop_t loop;
	struct tw_bell *bell;
	int rings = 0;
	uv_loop_init(&loop);
	tw_bell_ring(path); /* nobody there */
	assert_int_equal(tw_bell_new(&loop, path, count, &rings, &bell, NULL), TW_OK);
	for (int i = 0; i < 5000; i++) /* more than the queue takes: must not wait */
		tw_bell_ring(path);
	tw_test_run_until(&loop, &rings, 1);
	tw_test_run_for(&loop, 20);
	assert_int_equal(rings, 1);
	tw_bell_ring(path);
	tw_test_run_until(&loop, &rings, 2);
	tw_bell_free(bell);
	tw_bell_ring(path);
	tw_test_close_loop(&loop);
	free(path);
	free(deep);
	remove_folder(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listens),
		cmocka_unit_test(replaces_the_dead_only),
		cmocka_unit_test(bell_rings),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
