/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/environment.h"

#include "lab/base/own.h"
#include <gnu/libc-version.h>
#include <jansson.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>

/* One line of a file that says something about the machine: the whole first
 * line, or the value of the first "key : value" line. */
static const struct source {
	const char *name, *path, *key;
} sources[] = {
	{ "cpu_model", "/proc/cpuinfo", "model name" },
	{ "hypervisor", "/sys/hypervisor/type", NULL },
	{ "product", "/sys/class/dmi/id/product_name", NULL },
	{ "kernel_version", "/proc/version", NULL },
	{ "kernel_command_line", "/proc/cmdline", NULL },
	{ "clock_source",
	  "/sys/devices/system/clocksource/clocksource0/current_clocksource",
	  NULL },
	{ "cpu_governor",
	  "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", NULL },
	{ "load_average", "/proc/loadavg", NULL },
};

/* The value that @line gives to @key, or NULL. */
static const char *value_in(const char *line, const char *key)
{
	const char *colon;

	if (!key)
		return line;
	colon = strchr(line, ':');
	if (strncmp(line, key, strlen(key)) != 0 || !colon)
		return NULL;
	return colon + 1 + strspn(colon + 1, " \t");
}

static void add_source(json_t *object, const struct source *s)
{
	own_file FILE *f = fopen(s->path, "re");
	char line[1024];

	while (f && fgets(line, sizeof(line), f)) {
		const char *value;

		line[strcspn(line, "\n")] = '\0';
		value = value_in(line, s->key);
		if (!value)
			continue;
		(void)json_object_set_new(object, s->name, json_string(value));
		return;
	}
}

int environment_kernel(struct text *out, struct err *e)
{
	struct utsname u;

	if (uname(&u) < 0)
		return err_errno(e, "kernel version");
	text_addf(out, "%s %s %s", u.sysname, u.release, u.machine);
	return 0;
}

void environment_hardware(struct text *out)
{
	struct utsname u;
	json_t *object = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (!strcmp(sources[i].name, "cpu_model"))
			add_source(object, &sources[i]);
	if (uname(&u) == 0)
		text_addf(out, "%s, ", u.machine);
	if (json_object_get(object, "cpu_model"))
		text_addf(out, "%s, ",
			  json_string_value(
				  json_object_get(object, "cpu_model")));
	text_addf(out, "%d processors", get_nprocs());
	json_decref(object);
}

/* Only the initial user namespace maps every user to itself. */
static const char *rights(void)
{
	own_file FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned inside = 1, outside = 1, count = 0;

	if (f && fscanf(f, "%u %u %u", &inside, &outside, &count) == 3 &&
	    inside == 0 && outside == 0 && count == UINT32_MAX)
		return "initial user namespace";
	return "own user namespace";
}

int environment_json(const int64_t *capture_clock_ns, const char *runtimes,
		     const char *plan, struct text *out, struct err *e)
{
	json_t *object = json_object();
	own_mem char *dump = NULL;
	cpu_set_t cpus;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		add_source(object, &sources[i]);
	(void)json_object_set_new(object, "cpus", json_integer(get_nprocs()));
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		(void)json_object_set_new(object, "cpus_allowed",
					  json_integer(CPU_COUNT(&cpus)));
	(void)json_object_set_new(object, "libc",
				  json_string(gnu_get_libc_version()));
	(void)json_object_set_new(object, "rights", json_string(rights()));
	if (capture_clock_ns)
		(void)json_object_set_new(object, "capture_clock_ns",
					  json_integer(*capture_clock_ns));
	if (runtimes)
		(void)json_object_set_new(object, "runtimes",
					  json_loads(runtimes, 0, NULL));
	if (plan)
		(void)json_object_set_new(object, "plan",
					  json_loads(plan, 0, NULL));
	dump = json_dumps(object, JSON_SORT_KEYS);
	json_decref(object);
	if (!dump)
		return err_no_memory(e);
	text_add(out, dump);
	return 0;
}

const char *environment_now(char *buf)
{
	const time_t now = time(NULL);
	struct tm tm;

	(void)gmtime_r(&now, &tm);
	(void)strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return buf;
}
