/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The rules go to libnftables as a file in memory, because it
 * names line and column only for files.  What it says begins with
 *
 *   /proc/self/fd/7:3:14-22: Error: syntax error, unexpected newline
 *   <the line>
 *              ^^^^^^^^^
 *
 * and the first line of each such group gets the place in the topology file.
 */
#include "lab/net/nft.h"

#include "lab/base/own.h"
#include "lab/base/text.h"

#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

OWN_DEFINE(nft_ctx, struct nft_ctx, nft_ctx_free)
#define own_nft_ctx OWN(own_nft_ctx_release)

static int text_to_file(const char *text, int *ret_fd, struct err *e)
{
	own_fd int fd = memfd_create("nft", MFD_CLOEXEC);
	const size_t n = strlen(text);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n)
		return err_errno(e, "keep nft rules in memory");
	*ret_fd = take_fd(&fd);
	return 0;
}

/* libnftables ends the whole process when it gets no socket. */
static int check_kernel(struct err *e)
{
	own_fd int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd >= 0)
		return 0;
	return err_set(e, ERR_HOST, errno,
		       "the kernel has no nf_tables: load it with "
		       "`modprobe nf_tables`");
}

/* What the kernel lacks or forbids is not the file's mistake. */
static enum err_class class_of(const char *said)
{
	static const int host[] = { EPERM, EOPNOTSUPP, EPROTONOSUPPORT,
				    EAFNOSUPPORT };

	for (size_t i = 0; i < ARRAY_SIZE(host); i++)
		if (strstr(said, strerror(host[i])))
			return ERR_HOST;
	return ERR_INPUT;
}

/* Where @at of the rules is in the file in which they begin at @first. */
static struct spec_at place(struct spec_at first, struct spec_at at)
{
	if (!first.line || !at.line)
		return first;
	return (struct spec_at){ .line = first.line + at.line - 1,
				 .column = first.column + at.column - 1 };
}

/* Read the place in "FILE:LINE:COLUMN-COLUMN: text".  Returns: the text, or
 * NULL when @line does not begin so. */
static const char *read_place(const char *line, const char *file,
			      struct spec_at *ret)
{
	const size_t n = strlen(file);
	const char *text = strstr(line, ": ");
	struct spec_at at;
	char *end;

	if (strncmp(line, file, n) != 0 || line[n] != ':' || !text)
		return NULL;
	at.line = (unsigned)strtoul(line + n + 1, &end, 10);
	if (*end != ':')
		return NULL;
	at.column = (unsigned)strtoul(end + 1, NULL, 10);
	*ret = at;
	return text + strlen(": ");
}

/* One line of what nft said, its place translated, onto @out. */
static void add_line(const struct nft_rules *rules, const char *file,
		     const char *line, struct text *out)
{
	struct spec_at at = { .line = 0 };
	const char *text = read_place(line, file, &at);

	if (!text && out->n) { /* the quoted line, or the caret below it */
		text_addf(out, "\n%s", line);
		return;
	}
	if (!text)
		text = line;
	at = place(rules->at, at);
	if (!strncmp(text, "Error: ", strlen("Error: ")))
		text += strlen("Error: ");
	text_addf(out, "%s%s:%u:%u: node '%s': nft: %s", out->n ? "\n" : "",
		  rules->path, at.line, at.column, rules->node, text);
}

static int refused(const struct nft_rules *rules, const char *file,
		   const char *said, struct err *e)
{
	own_mem char *copy = strdup(said);
	own_text struct text out = { .s = NULL };
	char *rest = copy;

	while (rest && *rest) {
		char *line = strsep(&rest, "\n");

		add_line(rules, file, line, &out);
	}
	return err_set(e, class_of(said), EINVAL, "%s",
		       out.n ? text_str(&out) : "nft refused the rules");
}

int nft_load(const struct nft_rules *rules, struct err *e)
{
	own_nft_ctx struct nft_ctx *nft = NULL;
	own_fd int fd = -1;
	char file[32];
	int r;

	r = check_kernel(e);
	if (r == 0)
		r = text_to_file(rules->text, &fd, e);
	if (r < 0)
		return r;
	nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!nft || nft_ctx_buffer_error(nft) || nft_ctx_buffer_output(nft))
		return err_set(e, ERR_SYSTEM, ENOMEM, "nft: no memory");
	(void)snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	if (nft_run_cmd_from_filename(nft, file) == 0)
		return 0;
	return refused(rules, file, nft_ctx_get_error_buffer(nft), e);
}
