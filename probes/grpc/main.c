/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grpc-c - client and server of helloworld.Greeter by gRPC's C core
 *
 *   grpc-c version
 *   grpc-c client|server ADDRESS [KEY=VALUE...]
 */
#include "probes/grpc/greeter.h"

#include "lab/base/num.h"
#include "lab/base/own.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const calls[] = { "unary", "server-stream", "bidi", NULL };
static const char *const on_off[] = { "on", "off", NULL };
static const char *const off_on[] = { "off", "on", NULL };
static const char *const lifetimes[] = { "trial", "lab", NULL };

static const struct {
	const char *key;
	size_t offset;
	const char *const *words; /* an int; NULL: nanoseconds in an int64_t */
} settings[] = {
	{ "call", offsetof(struct greeter, call), calls },
	{ "bdp_probe", offsetof(struct greeter, no_probe), on_off },
	{ "tls", offsetof(struct greeter, tls), off_on },
	{ "client-lifetime", offsetof(struct greeter, stays), lifetimes },
	{ "think", offsetof(struct greeter, think_ns), NULL },
	{ "keepalive", offsetof(struct greeter, keepalive_ns), NULL },
};

static bool choose(const char *const *words, const char *value, int *ret)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], value)) {
			*ret = i;
			return true;
		}
	return false;
}

static bool set(struct greeter *g, const char *setting)
{
	const size_t n = strcspn(setting, "=");

	for (size_t i = 0; setting[n] && i < ARRAY_SIZE(settings); i++) {
		char *slot = (char *)g + settings[i].offset;

		if (strlen(settings[i].key) != n ||
		    strncmp(settings[i].key, setting, n) != 0)
			continue;
		if (settings[i].words)
			return choose(settings[i].words, setting + n + 1,
				      (void *)slot);
		return num_parse(setting + n + 1, 0, INT64_MAX, (void *)slot);
	}
	return false;
}

static int usage(const char *why)
{
	fprintf(stderr,
		"%s; usage: grpc-c version | grpc-c client|server ADDRESS "
		"[KEY=VALUE...]\n",
		why);
	return 2;
}

static int run(char *const *argv, int argc)
{
	struct greeter g = { .address = argv[2] };
	const bool client = !strcmp(argv[1], "client");
	int status;

	if (!client && strcmp(argv[1], "server") != 0)
		return usage(argv[1]);
	for (int i = 3; i < argc; i++)
		if (!set(&g, argv[i]))
			return usage(argv[i]);
	grpc_init();
	status = client ? greeter_client(&g) : greeter_server(&g);
	grpc_shutdown_blocking();
	return status;
}

/* For a build with leak checks: c-ares 1.18 does not free the name that it
 * looked up when that is localhost. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libcares.so";
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "version")) {
		printf("gRPC C core %s\n", grpc_version_string());
		return 0;
	}
	return argc < 3 ? usage("too few words") : run(argv, argc);
}
