/* Runs one fuzzer over every file of a folder: what once was found is tried in every build. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "fuzz.h"

static int run_file(const char *path)
{
	TW_AUTO(tw_buf_release) struct tw_buf b = {0};
	char chunk[4096];
	FILE *f = fopen(path, "rb");
	if (!f) {
		perror(path);
		return 1;
	}
	for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
		tw_buf_add(&b, chunk, n);
	fclose(f);
	/* A block of exactly its size, so that ASan sees a byte too far. */
	uint8_t *exact = tw_alloc(b.n);
	if (b.n)
		memcpy(exact, b.p, b.n);
	LLVMFuzzerTestOneInput(exact, b.n);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	struct dirent **names;
	int n = argc == 2 ? scandir(argv[1], &names, NULL, alphasort) : -1, bad = 0, ran = 0;
	if (n < 0) {
		fprintf(stderr, "usage: %s FOLDER (of corpus files)\n", argv[0]);
		return 2;
	}
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			TW_AUTO(tw_freep)
			char *path = tw_asprintf("%s/%s", argv[1], names[i]->d_name);
			bad |= run_file(path);
			ran++;
		}
		free(names[i]);
	}
	free(names);
	printf("%d files\n", ran);
	return bad || ran == 0;
}
