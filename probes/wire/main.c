/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire SEED [DIRECTION.KEY=NUMBER]... - carries frames between two tap
 * devices, descriptors 4 and 5; `there` is from 4 to 5, `back` from 5 to 4.
 *
 *   delay_ns jitter_ns                   see struct impairment
 *   loss_ppm bad_ppm good_ppm bad_loss_ppm
 *   duplicate_ppm reorder_ppm
 *   rate_bps
 *   queue                                frames that may wait for the rate
 *
 *   wire 42 there.delay_ns=2000000 there.loss_ppm=1000
 *
 * Started by rstlab as probes/control.h says.  A message on the control socket
 * is answered with two struct wire_counts (probes/wire/wire.h).
 */
#include "probes/control.h"
#include "probes/signals.h"
#include "probes/wire/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const directions[WIRE_DIRECTIONS] = { "there.", "back." };

static bool parse_seed(const char *text, uint64_t *ret)
{
	char *end = NULL;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return !errno && !*end;
}

static bool parse_setting(const char *word, struct wire_settings *s)
{
	for (int i = 0; i < WIRE_DIRECTIONS; i++) {
		const size_t n = strlen(directions[i]);

		if (!strncmp(word, directions[i], n))
			return impair_parse(word + n, &s->impair[i]);
	}
	return false;
}

static int run(int argc, char **argv, struct err *e)
{
	struct wire_settings s = {
		.impair = { IMPAIR_DEFAULT, IMPAIR_DEFAULT },
	};

	if (argc < 2 || !parse_seed(argv[1], &s.seed))
		return err_set(e, ERR_BUG, EINVAL,
			       "usage: wire SEED [DIRECTION.KEY=NUMBER]... "
			       "(started by rstlab)");
	for (int i = 2; i < argc; i++)
		if (!parse_setting(argv[i], &s))
			return err_set(e, ERR_BUG, EINVAL,
				       "'%s' is no setting of a wire", argv[i]);
	return wire_run(&s, e);
}

int main(int argc, char **argv)
{
	struct err e = { .code = 0 };

	probe_ignore_signals();
	return control_end("wire", run(argc, argv, &e), &e);
}
