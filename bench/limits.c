/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c - what this machine gives at most, loop by loop
 *
 *	limits [--only NAME]... [--json] [--dir DIR] [--child PROGRAM]
 *	       [--seconds S] [--large BYTES] [--files N]
 *
 * Prints name, value, unit, and how long one turn of the loop took (p50, p99). Every
 * figure of the bench is a ratio to one of these, taken in the same run.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "bench/limit.h"
#include "bench/samples.h"

struct limit {
	const char *name, *unit, *what;
	int (*run)(const struct limit_setup *setup, unsigned variant, struct samples *turns,
		   double *ret_value, struct err *err);
	unsigned variant;
};

static const struct limit limits[] = {
	{ "S1", "steps/s", "spawn and wait, one thread", limit_spawn, 1 },
	{ "S2", "steps/s", "spawn and wait, two threads", limit_spawn, 2 },
	{ "S2cap", "steps/s", "the same, output into a file", limit_spawn, 2 | SPAWN_CAPTURED },
	{ "F", "syncs/s", "4 KiB appended, fdatasync", limit_sync, 0 },
	{ "U", "steps/s", "SQLite, two updates a step, durable", limit_update, 0 },
	{ "H", "MB/s", "SHA-256, one thread", limit_hash, 1 },
	{ "H2", "MB/s", "SHA-256, two threads", limit_hash, 2 },
	{ "CPF", "MB/s", "a large file copied, into the page cache", limit_copy_large, 0 },
	{ "CPFD", "MB/s", "a large file copied, durable", limit_copy_large, 1 },
	{ "MK", "files/s", "small files made from memory", limit_make, 0 },
	{ "CP", "files/s", "small files copied: cp -a", limit_copy_small, COPY_CONTENT },
	{ "CPL", "files/s", "small files linked: cp -al", limit_copy_small, COPY_LINKS },
};

struct options {
	const char *only[countof(limits)];
	size_t only_count;
	const char *dir;
	bool json;
	struct limit_setup setup;
};

static int usage(void)
{
	fputs("usage: limits [--only NAME]... [--json] [--dir DIR] [--child PROGRAM]\n"
	      "              [--seconds S] [--large BYTES] [--files N]\n", stderr);
	for (size_t i = 0; i < countof(limits); i++)
		fprintf(stderr, "  %-6s %s\n", limits[i].name, limits[i].what);
	return ERR_USAGE;
}

static int parse(struct options *o, int argc, char **argv)
{
	static const struct option words[] = {
		{ "only", required_argument, NULL, 'o' },    { "json", no_argument, NULL, 'j' },
		{ "dir", required_argument, NULL, 'd' },     { "child", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 's' }, { "large", required_argument, NULL, 'l' },
		{ "files", required_argument, NULL, 'f' },   { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", words, NULL)) != -1)
		if (c == 'o' && o->only_count < countof(o->only))
			o->only[o->only_count++] = optarg;
		else if (c == 'j')
			o->json = true;
		else if (c == 'd')
			o->dir = optarg;
		else if (c == 'c')
			o->setup.child = optarg;
		else if (c == 's')
			o->setup.seconds = atof(optarg);
		else if (c == 'l')
			o->setup.large_bytes = strtoull(optarg, NULL, 10);
		else if (c == 'f')
			o->setup.files = (unsigned)strtoul(optarg, NULL, 10);
		else
			return usage();
	return optind == argc ? 0 : usage();
}

static bool is_wanted(const struct options *o, const char *name)
{
	for (size_t i = 0; i < o->only_count; i++)
		if (str_eq(o->only[i], name))
			return true;
	return o->only_count == 0;
}

static void print(const struct options *o, const struct limit *limit, double value,
		  struct samples *turns)
{
	long p50 = (long)samples_percentile(turns, 50), p99 = (long)samples_percentile(turns, 99);

	if (o->json)
		printf("{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"%s\",\"p50_us\":%ld,"
		       "\"p99_us\":%ld}\n", limit->name, value, limit->unit, p50, p99);
	else
		printf("%-6s %10.0f %-8s p50 %8ld us  p99 %8ld us  %s\n", limit->name, value,
		       limit->unit, p50, p99, limit->what);
	fflush(stdout);
}

static int run_all(const struct options *o, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < countof(limits); i++) {
		struct samples turns = SAMPLES_INIT;
		double value = 0;

		if (!is_wanted(o, limits[i].name))
			continue;
		rc = limits[i].run(&o->setup, limits[i].variant, &turns, &value, err);
		if (rc == 0)
			print(o, &limits[i], value, &turns);
		samples_finish(&turns);
	}
	return rc;
}

/* Everything is written into a folder of its own, which goes again. */
static int run_in_folder(struct options *o, struct err *err)
{
	char *dir = mem_printf("%s/limits-XXXXXX", o->dir);
	int rc;

	if (!mkdtemp(dir))
		return err_set(err, ERR_IO, "no folder can be made in %s", o->dir);
	o->setup.dir = dir;
	o->setup.dirfd = fs_open_dir(AT_FDCWD, dir, err);
	rc = run_all(o, err);
	fs_close(&o->setup.dirfd);
	fs_remove_tree(AT_FDCWD, dir, NULL);
	free(dir);
	return rc;
}

int main(int argc, char **argv)
{
	struct options o = {
		.dir = ".",
		.setup = { .child = "/bin/true", .seconds = 2, .large_bytes = 512 << 20,
			   .files = 10000 },
	};
	struct err err = ERR_INIT;
	int rc = parse(&o, argc, argv);

	if (rc == 0) {
		rc = run_in_folder(&o, &err);
		if (rc < 0)
			fprintf(stderr, "limits: %s\n", err.text);
	}
	return err_exit_code(rc);
}
