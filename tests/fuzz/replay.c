/*
 * replay - runs a fuzz target over files, and the files in folders.
 *
 *     fuzz-NAME PATH...
 *
 * Takes libFuzzer's place in a build without it.  The last line says how many
 * inputs there were; a target that finds a fault ends the program.
 */
#include <dirent.h>
#include <err.h>
#include <sys/stat.h>

#include "fuzz.h"

#define REPLAY_MAX (1024 * 1024)

static unsigned long inputs;

/* From memory of just that size, so that sanitizers see its ends. */
static void
replay_file(const char *path)
{
	FILE	*f = fopen(path, "rb");
	uint8_t *data, *exact;
	size_t	 n;

	if (f == NULL)
		err(1, "%s", path);
	data = xmalloc(REPLAY_MAX);
	n = fread(data, 1, REPLAY_MAX, f);
	if (ferror(f))
		err(1, "%s", path);
	fclose(f);
	exact = xmalloc(n > 0 ? n : 1);
	memcpy(exact, data, n);
	free(data);
	(void)LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	inputs++;
}

static int
is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void
replay(const char *path)
{
	struct dirent **list;
	struct stat	st;
	char	       *below;
	int		i, n;

	if (stat(path, &st) == -1)
		err(1, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path);
		return;
	}
	if ((n = scandir(path, &list, is_visible, alphasort)) == -1)
		err(1, "%s", path);
	for (i = 0; i < n; i++) {
		below = xasprintf("%s/%s", path, list[i]->d_name);
		replay(below);
		free(below);
		free(list[i]);
	}
	free(list);
}

int
main(int argc, char **argv)
{
	int i;

	if (argc < 2)
		errx(2, "usage: %s PATH...", argv[0]);
	for (i = 1; i < argc; i++)
		replay(argv[i]);
	printf("%lu inputs\n", inputs);
	return 0;
}
