/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/run/command.h"

#include "lab/base/num.h"
#include "lab/base/own.h"
#include "lab/base/quote.h"
#include "lab/spec/casting.h"

#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

/* The values of exec_values for one side, as text. */
struct values {
	char host[IP_TEXT_MAX], address[IP_TEXT_MAX], port[8];
	char seed[24], connections[16], trial[16];
	struct spec_list params; /* of struct spec_pair */
	struct exec_meanings m;
};

static void values_done(struct values *v)
{
	casting_params_done(&v->params);
}

/* By its name, the client finds the address itself; the server is given it. */
static void fill_address(struct values *v, const struct topology *t, int side)
{
	const struct ip_endpoint *ep =
		side == SIDE_CLIENT ? &t->connect : &t->listen;

	(void)snprintf(v->port, sizeof(v->port), "%u", ep->port);
	if (side == SIDE_CLIENT && t->localhost) {
		(void)snprintf(v->host, sizeof(v->host), "localhost");
		(void)snprintf(v->address, sizeof(v->address), "localhost:%u",
			       ep->port);
	} else {
		(void)ip_addr_text(&ep->addr, v->host);
		(void)ip_endpoint_text(ep, v->address);
	}
	v->m.of[EXEC_HOST] = v->host;
	v->m.of[EXEC_PORT] = v->port;
	v->m.of[EXEC_ADDRESS] = v->address;
}

static int fill_values(struct values *v, const struct command_place *p,
		       int side, struct err *e)
{
	const struct topology *t = p->topology;
	const uint32_t connections = p->workload->exec.connections;
	int r;

	fill_address(v, t, side);
	(void)snprintf(v->seed, sizeof(v->seed), "%" PRIu64, p->seed);
	(void)snprintf(v->connections, sizeof(v->connections), "%u",
		       connections);
	(void)snprintf(v->trial, sizeof(v->trial), "%u", p->trial);
	v->m.of[EXEC_NODE] = side == SIDE_CLIENT ? t->client : t->server;
	v->m.of[EXEC_TOPOLOGY] = t->name;
	v->m.of[EXEC_WORKLOAD] = p->workload->name;
	v->m.of[EXEC_SEED] = v->seed;
	v->m.of[EXEC_CONNECTIONS] = connections ? v->connections : NULL;
	v->m.of[EXEC_TRIAL] = p->trial ? v->trial : NULL;
	v->m.of[EXEC_LIBEXEC] = p->libexec;
	v->m.n_params = 0;
	r = casting_params(p->workload, t, &v->params, e);
	v->m.params = v->params.items;
	v->m.n_params = v->params.n;
	return r;
}

static int make_argv(struct command *c, const struct spec_list *words,
		     const struct values *v, struct err *e)
{
	const struct exec_word *items = words->items;

	c->argv = calloc(words->n + 1, sizeof(*c->argv));
	if (!c->argv)
		return err_no_memory(e);
	for (size_t i = 0; i < words->n; i++) {
		own_text struct text word = { .s = NULL };
		size_t n;

		/* exec_check() has seen that it knows them all */
		(void)exec_expand(items[i].text, &v->m, &word, &n);
		c->argv[i] = word.failed ? NULL : strdup(text_str(&word));
		if (!c->argv[i])
			return err_no_memory(e);
		text_add(&c->shown, i ? " " : "");
		quote_add(&c->shown, c->argv[i]);
	}
	return c->shown.failed ? err_no_memory(e) : 0;
}

/* --- who runs it -----------------------------------------------------------
 */

static bool read_id(const char *text, uint32_t *ret)
{
	int64_t v;

	if (!text || !num_parse(text, 0, UINT32_MAX - 1, &v))
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* By name or number. */
static const struct passwd *find_user(const char *word, uint32_t *ret_uid)
{
	const struct passwd *pw = getpwnam(word);

	if (pw) {
		*ret_uid = pw->pw_uid;
		return pw;
	}
	return read_id(word, ret_uid) ? getpwuid(*ret_uid) : NULL;
}

static int use_user(struct command *c, const char *word, struct err *e)
{
	const struct passwd *pw;
	uint32_t uid;

	if (geteuid() != 0 || !privilege_has_rights())
		return err_set(e, ERR_HOST, EPERM,
			       "user '%s': only root can run programs as "
			       "another user: run `sudo rstlab ...`, or leave "
			       "the user out",
			       word);
	pw = find_user(word, &uid);
	if (!pw && !read_id(word, &uid))
		return err_set(e, ERR_INPUT, ENOENT, "there is no user '%s'",
			       word);
	c->user = (struct privilege_user){ uid, pw ? pw->pw_gid : uid };
	c->has_user = true;
	return 0;
}

/* Real root gives up what it is: to who called sudo, or to nobody. */
static void use_caller(struct command *c)
{
	struct privilege_user u = { 65534, 65534 };

	if (geteuid() != 0 || !privilege_has_rights())
		return;
	if (!read_id(getenv("SUDO_UID"), &u.uid) ||
	    !read_id(getenv("SUDO_GID"), &u.gid))
		u = (struct privilege_user){ 65534, 65534 };
	c->user = u;
	c->has_user = true;
}

/* Who can read what rstlab could; no capability goes with it. */
static void stay_root(struct command *c)
{
	c->has_user = geteuid() == 0 && privilege_has_rights();
	c->user = (struct privilege_user){ 0, 0 };
}

static int choose_user(struct command *c, const struct workload *w,
		       enum isolation isolation, struct err *e)
{
	const char *user = w->exec.user;
	const bool itself = user && !strcmp(user, EXEC_USER_ITSELF);

	c->rights = PRIVILEGE_NONE;
	if (user && !itself)
		return use_user(c, user, e);
	if (isolation == ISOLATION_DOCKER)
		c->rights = PRIVILEGE_DOCKER;
	else if (itself)
		stay_root(c);
	else
		use_caller(c);
	return 0;
}

/* --- the environment -------------------------------------------------------
 */

/* Variables that are set anew. */
struct setting {
	const char *name, *value; /* NULL: it is taken out */
};
enum { SETTINGS_MAX = EXEC_VALUES + 3 };

static bool is_set(const struct setting *s, size_t n, const char *variable)
{
	const size_t length = strcspn(variable, "=");

	for (size_t i = 0; i < n; i++)
		if (strlen(s[i].name) == length &&
		    !strncmp(s[i].name, variable, length))
			return true;
	return false;
}

static int make_envp(struct command *c, const struct setting *s, size_t n,
		     struct err *e)
{
	size_t have = 0, k = 0;

	while (environ[have])
		have++;
	c->envp = calloc(have + n + 1, sizeof(*c->envp));
	if (!c->envp)
		return err_no_memory(e);
	for (size_t i = 0; i < have; i++) {
		if (is_set(s, n, environ[i]))
			continue;
		c->envp[k] = strdup(environ[i]);
		if (!c->envp[k++])
			return err_no_memory(e);
	}
	for (size_t i = 0; i < n; i++) {
		if (!s[i].value)
			continue;
		if (asprintf(&c->envp[k], "%s=%s", s[i].name, s[i].value) < 0) {
			c->envp[k] = NULL;
			return err_no_memory(e);
		}
		k++;
	}
	return 0;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* nobody has no home that is there, and its programs want one. */
static size_t user_settings(const struct command *c, struct setting *s)
{
	const struct passwd *pw;

	if (!c->has_user)
		return 0;
	pw = getpwuid(c->user.uid);
	s[0] = (struct setting){ "HOME", pw && is_directory(pw->pw_dir)
						 ? pw->pw_dir
						 : "/tmp" };
	s[1] = (struct setting){ "USER", pw ? pw->pw_name : NULL };
	s[2] = (struct setting){ "LOGNAME", pw ? pw->pw_name : NULL };
	return 3;
}

int command_make(struct command *ret, const struct command_place *place,
		 int side, enum isolation isolation, struct err *e)
{
	own_command struct command c = { .argv = NULL };
	struct setting settings[SETTINGS_MAX];
	OWN(values_done) struct values v = { .params = { .items = NULL } };
	size_t n;
	int r = fill_values(&v, place, side, e);

	if (r < 0)
		return r;
	r = make_argv(&c, &place->workload->exec.words[side], &v, e);
	if (r == 0)
		r = choose_user(&c, place->workload, isolation, e);
	if (r < 0)
		return r;
	n = user_settings(&c, settings);
	for (int i = 0; i < EXEC_VALUES; i++)
		settings[n++] =
			(struct setting){ exec_values[i].variable, v.m.of[i] };
	r = make_envp(&c, settings, n, e);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct command){ .argv = NULL };
	return 0;
}

static void free_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

void command_done(struct command *c)
{
	free_list(c->argv);
	free_list(c->envp);
	text_done(&c->shown);
	*c = (struct command){ .argv = NULL };
}
