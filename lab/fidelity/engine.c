/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fidelity/engine.h"

#include "lab/base/own.h"
#include "lab/base/text.h"
#include "lab/fidelity/engine-parts.h"
#include "lab/fidelity/http.h"

#include <jansson.h>
#include <string.h>

#define API   "/v1.40"
#define LABEL "rstlab.verify"

static inline void own_json_release(json_t **j)
{
	json_decref(*j);
}
#define own_json OWN(own_json_release)

/* --- asking --------------------------------------------------------------- */

/* Engines say why in {"message": "..."}. */
static int refused(const struct engine *g, int status, const char *body,
		   struct err *e)
{
	own_json json_t *said = json_loads(body, 0, NULL);
	const char *message =
		json_string_value(json_object_get(said, "message"));

	return err_set(e, ERR_HOST, EREMOTEIO, "%s: %s (status %d)",
		       engine_names[g->kind], message ? message : "no reason",
		       status);
}

/* @ret: may be NULL; else what it says, or NULL where that is no JSON. */
static int ask(const struct engine *g, struct http_request q, json_t **ret,
	       struct err *e)
{
	own_text struct text body = { .s = NULL };
	int status;

	q.socket = g->socket;
	status = http_ask(&q, &body, e);
	if (status < 0)
		return err_add(e, "%s", engine_names[g->kind]);
	if (status >= 400)
		return refused(g, status, text_str(&body), e);
	if (ret)
		*ret = json_loads(text_str(&body), JSON_DISABLE_EOF_CHECK,
				  NULL);
	return 0;
}

static int get(const struct engine *g, const char *path, json_t **ret,
	       struct err *e)
{
	return ask(g, (struct http_request){ .method = "GET", .path = path },
		   ret, e);
}

static int post(const struct engine *g, const char *path, json_t *document,
		struct err *e)
{
	own_mem char *text = document ? json_dumps(document, 0) : NULL;

	if (document && !text)
		return err_no_memory(e);
	return ask(
		g,
		(struct http_request){ .method = "POST",
				       .path = path,
				       .type = text ? "application/json" : NULL,
				       .body = text,
				       .n_body = text ? strlen(text) : 0 },
		NULL, e);
}

int engine_ask_version(struct engine *g, struct err *e)
{
	own_json json_t *said = NULL;
	const char *version;
	int r = get(g, API "/version", &said, e);

	if (r < 0)
		return r;
	version = json_string_value(json_object_get(said, "Version"));
	(void)snprintf(g->version, sizeof(g->version), "%s",
		       version ? version : "unknown");
	return 0;
}

/* --- making --------------------------------------------------------------- */

int engine_make_image(struct engine *g, const char *program, struct err *e)
{
	own_mem char *tar = NULL;
	own_json json_t *said = NULL;
	char path[256];
	const char *id;
	size_t n;
	int r = engine_tar(program, &tar, &n, e);

	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path),
		       API "/images/create?fromSrc=-&repo=rstlab-verify&tag=%s"
			   "&changes=LABEL%%20" LABEL "%%3D%s",
		       g->id, g->id);
	r = ask(g,
		(struct http_request){ .method = "POST",
				       .path = path,
				       .type = "application/x-tar",
				       .body = tar,
				       .n_body = n },
		&said, e);
	if (r < 0)
		return r;
	id = json_string_value(json_object_get(said, "status"));
	if (!id)
		return err_set(e, ERR_HOST, EPROTO,
			       "%s imported an image and did not name it",
			       engine_names[g->kind]);
	(void)snprintf(g->image, sizeof(g->image), "%s", id);
	return 0;
}

static json_t *labels(const struct engine *g)
{
	return json_pack("{s:s}", LABEL, g->id);
}

int engine_make_network(const struct engine *g, const struct setup_network *n,
			struct err *e)
{
	own_json json_t *options = json_object();
	own_json json_t *document = NULL;

	if (n->no_icc)
		(void)json_object_set_new(
			options, "com.docker.network.bridge.enable_icc",
			json_string("false"));
	document = json_pack("{s:s, s:s, s:b, s:O, s:o}", "Name", g->id,
			     "Driver", "bridge", "Internal", n->internal,
			     "Options", options, "Labels", labels(g));
	if (!document)
		return err_no_memory(e);
	return post(g, API "/networks/create", document, e);
}

void engine_mark(const struct engine *g, const char *name, char *ret,
		 size_t bytes)
{
	(void)snprintf(ret, bytes, "%s-%s", g->id, name);
}

/* The engine chooses the port of the host: 8080 may be taken. */
static json_t *container_document(const struct engine *g,
				  const struct engine_container *c)
{
	char mark[256], port[16];
	json_t *document;

	engine_mark(g, c->name, mark, sizeof(mark));
	(void)snprintf(port, sizeof(port), "%u/tcp", c->published);
	document = json_pack("{s:s, s:[s,s], s:s, s:o, s:{s:s}}", "Image",
			     g->image, "Cmd", "/pause", mark, "Hostname",
			     c->name, "Labels", labels(g), "HostConfig",
			     "NetworkMode", c->network);
	if (!document || !c->published)
		return document;
	(void)json_object_set_new(document, "ExposedPorts",
				  json_pack("{s:{}}", port));
	(void)json_object_set_new(
		json_object_get(document, "HostConfig"), "PortBindings",
		json_pack("{s:[{s:s}]}", port, "HostPort", ""));
	return document;
}

int engine_start(const struct engine *g, const struct engine_container *c,
		 struct err *e)
{
	own_json json_t *document = container_document(g, c);
	char path[512], mark[256];
	int r;

	if (!document)
		return err_no_memory(e);
	/* A container in the host's network has the host's name. */
	if (!strcmp(c->network, "host"))
		(void)json_object_del(document, "Hostname");
	engine_mark(g, c->name, mark, sizeof(mark));
	(void)snprintf(path, sizeof(path), API "/containers/create?name=%s",
		       mark);
	r = post(g, path, document, e);
	(void)snprintf(path, sizeof(path), API "/containers/%s/start", mark);
	if (r == 0)
		r = post(g, path, NULL, e);
	return r < 0 ? err_add(e, "start a container for node '%s'", c->name)
		     : 0;
}

int engine_port(const struct engine *g, const char *name,
		uint16_t container_port, uint16_t *ret, struct err *e)
{
	own_json json_t *said = NULL;
	char path[512], mark[256], port[16];
	const json_t *network, *bindings;
	const char *text;
	int r;

	engine_mark(g, name, mark, sizeof(mark));
	(void)snprintf(path, sizeof(path), API "/containers/%s/json", mark);
	(void)snprintf(port, sizeof(port), "%u/tcp", container_port);
	r = get(g, path, &said, e);
	if (r < 0)
		return r;
	network = json_object_get(said, "NetworkSettings");
	bindings = json_object_get(json_object_get(network, "Ports"), port);
	text = json_string_value(
		json_object_get(json_array_get(bindings, 0), "HostPort"));
	if (!text)
		return err_set(e, ERR_HOST, EPROTO,
			       "%s did not publish port %u of its container",
			       engine_names[g->kind], container_port);
	*ret = (uint16_t)strtoul(text, NULL, 10);
	return 0;
}

/* --- removing ------------------------------------------------------------- */

/* Kinds of things, in the order in which they can go. */
static const struct {
	const char *list, *one, *query;
} things[] = {
	{ API "/containers/json?all=1&", API "/containers/", "?force=1&v=1" },
	{ API "/networks?", API "/networks/", "" },
	{ API "/images/json?all=1&", API "/images/", "?force=1" },
};

static int remove_all(const struct engine *g, size_t kind, struct err *e)
{
	own_json json_t *found = NULL;
	char path[512];
	const json_t *one;
	size_t i;
	int r;

	/* {"label":["rstlab.verify=ID"]} */
	(void)snprintf(path, sizeof(path),
		       "%sfilters=%%7B%%22label%%22%%3A%%5B%%22" LABEL
		       "%%3D%s%%22%%5D%%7D",
		       things[kind].list, g->id);
	r = get(g, path, &found, e);
	json_array_foreach(found, i, one)
	{
		const char *id = json_string_value(json_object_get(one, "Id"));

		if (r < 0 || !id)
			continue;
		(void)snprintf(path, sizeof(path), "%s%s%s", things[kind].one,
			       id, things[kind].query);
		r = ask(g,
			(struct http_request){ .method = "DELETE",
					       .path = path },
			NULL, e);
	}
	return r;
}

int engine_remove(const struct engine *g, struct err *e)
{
	int r = 0;

	/* one that cannot go keeps nothing else from going */
	for (size_t i = 0; i < ARRAY_SIZE(things); i++) {
		struct err other = { .code = 0 };
		const int k = remove_all(g, i, r < 0 ? &other : e);

		r = r < 0 ? r : k;
	}
	return r;
}
