/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/certificate.h"

#include "lab/cmd/ask.h"
#include "lab/spec/param.h"

#include <string.h>

/* Both come to standard output, one after the other. */
static const char *const command[] = {
	"openssl",
	"req",
	"-x509",
	"-newkey",
	"ec",
	"-pkeyopt",
	"ec_paramgen_curve:prime256v1",
	"-nodes",
	"-days",
	"2",
	"-subj",
	"/CN=greeter.rstlab",
	"-addext",
	"subjectAltName=DNS:greeter.rstlab",
	"-keyout",
	"/dev/stdout",
	"-out",
	"/dev/stdout",
	NULL,
};

static bool is_wanted(const struct selection *s)
{
	for (size_t i = 0; i < s->n_topologies; i++) {
		own_mem char *value = param_value(&s->topologies[i], "tls");

		if (value && !strcmp(value, "on"))
			return true;
	}
	return false;
}

/* Put what stands between the two lines, and they, into @variable. */
static bool publish(const char *said, const char *first, const char *last,
		    const char *variable)
{
	const char *begin = strstr(said, first);
	const char *end = begin ? strstr(begin, last) : NULL;
	own_mem char *pem = NULL;

	if (!end)
		return false;
	if (asprintf(&pem, "%.*s\n", (int)(end + strlen(last) - begin), begin) <
	    0) {
		pem = NULL;
		return false;
	}
	return setenv(variable, pem, 1) == 0;
}

int certificate_make(const struct selection *s, struct err *e)
{
	own_mem struct answer *a = calloc(1, sizeof(*a));
	char line[160];
	int r;

	if (!is_wanted(s))
		return 0;
	if (!a)
		return err_no_memory(e);
	r = ask_command(command, a, e);
	if (r < 0)
		return r;
	if (a->error)
		return err_set(e, ERR_HOST, a->error,
			       "tls=on needs a certificate, and openssl cannot "
			       "be run: %s; to install it: apt-get install "
			       "openssl",
			       strerror(a->error));
	if (a->in_time && a->status == 0 &&
	    publish(a->said, "-----BEGIN PRIVATE KEY-----",
		    "-----END PRIVATE KEY-----", "RSTLAB_TLS_KEY") &&
	    publish(a->said, "-----BEGIN CERTIFICATE-----",
		    "-----END CERTIFICATE-----", "RSTLAB_TLS_CERT"))
		return 0;
	ask_last_line(a, line, sizeof(line));
	return err_set(e, ERR_HOST, EIO,
		       "tls=on needs a certificate, and openssl made none: %s",
		       line);
}
