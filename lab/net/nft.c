/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  The rules go to libnftables as a file in memory, because it
 * names line and column only for files.  What it says begins with
 *
 *   /proc/self/fd/7:3:14-22: Error: syntax error, unexpected newline
 *   <the line>
 *              ^^^^^^^^^
 *
 * and the first line of each such group gets the place in the file of the
 * piece in which that line falls.
 */
#include "lab/net/nft.h"

#include "lab/base/own.h"
#include "lab/base/text.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>

static bool ends_its_line(const char *text)
{
	const size_t n = strlen(text);

	return n && text[n - 1] == '\n';
}

static int rules_to_file(const struct nft_rules *rules, int *ret_fd,
			 struct err *e)
{
	own_fd int fd = memfd_create("nft", MFD_CLOEXEC);
	own_text struct text all = { .s = NULL };

	for (size_t i = 0; i < rules->n; i++) {
		if (all.n && !ends_its_line(all.s))
			text_add(&all, "\n");
		text_add(&all, rules->pieces[i].text);
	}
	if (all.failed || fd < 0 ||
	    write(fd, text_str(&all), all.n) != (ssize_t)all.n)
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

static unsigned lines_of(const struct nft_piece *piece)
{
	unsigned n = !ends_its_line(piece->text);

	for (const char *p = piece->text; *p; p++)
		n += *p == '\n';
	return n;
}

/* Where @at of the whole ruleset is in the files of its pieces. */
static struct spec_at place(const struct nft_rules *rules, struct spec_at at)
{
	const struct nft_piece *piece = rules->pieces;
	const struct nft_piece *last = piece + rules->n - 1;
	struct spec_at first;

	while (piece < last && at.line > lines_of(piece))
		at.line -= lines_of(piece++);
	first = piece->at;
	if (!first.path)
		first.path = rules->path;
	if (!first.line || !at.line)
		return first;
	first.line += at.line - 1;
	first.column += at.column - 1;
	return first;
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
	at = place(rules, at);
	if (!strncmp(text, "Error: ", strlen("Error: ")))
		text += strlen("Error: ");
	text_addf(out, "%s%s:%u:%u: node '%s': nft: %s", out->n ? "\n" : "",
		  at.path, at.line, at.column, rules->node, text);
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

/* The lowest that is free, which the next to be opened gets. */
static int next_fd(void)
{
	own_fd int fd = memfd_create("next", MFD_CLOEXEC);

	return fd;
}

/*
 * libnftables waits with select(2), which knows no descriptor from FD_SETSIZE
 * on, and a run of many topologies has more.  Then standard input, which rules
 * do not read, makes room for its socket.  @saved: -1: it need not.
 */
static int lend_low_fd(int *saved, struct err *e)
{
	if (next_fd() < FD_SETSIZE)
		return 0;
	*saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, FD_SETSIZE);
	if (*saved < 0)
		return err_errno(e, "nft: make room for a socket");
	(void)close(STDIN_FILENO);
	return 0;
}

static void return_low_fd(const int *saved)
{
	if (*saved < 0)
		return;
	(void)dup2(*saved, STDIN_FILENO);
	(void)close(*saved);
}

static void own_nft_ctx_release(struct nft_ctx **nft)
{
	if (*nft)
		nft_ctx_free(*nft);
}
#define own_nft_ctx OWN(own_nft_ctx_release)

/* libnftables opens one socket and keeps it to itself.  Returns: another
 * descriptor for it if it is @fd, else -1. */
static int share_socket(int fd)
{
	int protocol = -1;
	socklen_t n = sizeof(protocol);

	if (fd < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &n) < 0 ||
	    protocol != NETLINK_NETFILTER)
		return -1;
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static int load(struct nft_ctx *nft, const struct nft_rules *rules,
		struct err *e)
{
	own_fd int fd = -1;
	char file[32];
	const int r = rules_to_file(rules, &fd, e);

	if (r < 0)
		return r;
	(void)snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	if (nft_run_cmd_from_filename(nft, file) == 0)
		return 0;
	return refused(rules, file, nft_ctx_get_error_buffer(nft), e);
}

int nft_load_held(const struct nft_rules *rules, int *ret_socket, struct err *e)
{
	OWN(return_low_fd) int saved = -1; /* after nft has ended */
	own_nft_ctx struct nft_ctx *nft = NULL;
	own_fd int held = -1;
	int next, r;

	r = check_kernel(e);
	if (r == 0)
		r = lend_low_fd(&saved, e);
	if (r < 0)
		return r;
	next = next_fd();
	nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!nft || nft_ctx_buffer_error(nft) || nft_ctx_buffer_output(nft))
		return err_no_memory(e);
	held = share_socket(next);
	r = load(nft, rules, e);
	if (r == 0)
		*ret_socket = take_fd(&held);
	return r;
}

int nft_load(const struct nft_rules *rules, struct err *e)
{
	own_fd int held = -1;

	return nft_load_held(rules, &held, e);
}

int nft_list(struct text *ret, struct err *e)
{
	own_nft_ctx struct nft_ctx *nft = NULL;
	int r = check_kernel(e);

	if (r < 0)
		return r;
	nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!nft || nft_ctx_buffer_error(nft) || nft_ctx_buffer_output(nft))
		return err_no_memory(e);
	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_STATELESS);
	if (nft_run_cmd_from_buffer(nft, "list ruleset") != 0)
		return err_set(e, ERR_SYSTEM, EIO, "list the rules: nft: %s",
			       nft_ctx_get_error_buffer(nft));
	text_add(ret, nft_ctx_get_output_buffer(nft));
	return ret->failed ? err_no_memory(e) : 0;
}
