/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/net/feature.h"

#include "lab/base/own.h"

#include <assert.h>
#include <netinet/in.h>
#include <sys/socket.h>

static bool has_sysctl(const char *what)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "/proc/sys/%s", what);
	return access(path, F_OK) == 0;
}

static bool has_mptcp(const char *what)
{
	own_fd int fd =
		socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);

	(void)what;
	return fd >= 0;
}

#define SYSCTL has_sysctl
#define MPTCP  has_mptcp
static const struct {
	bool (*ask)(const char *what);
	const char *what;
} rows[] = {
#define FEATURE(id, name, how, what, help) [FEATURE_##id] = { how, what },
#include "lab/spec/features.def"
#undef FEATURE
};
static_assert(ARRAY_SIZE(rows) == FEATURES, "one row each");

bool feature_present(enum feature f)
{
	return rows[f].ask(rows[f].what);
}
