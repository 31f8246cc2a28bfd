/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/kind.h"

#include "lab/base/own.h"

#include <stdbool.h>
#include <string.h>
#include <yaml.h>

/* What is seen at the top of the file. */
struct seen {
	bool nodes; /* or a file that has them */
	bool client_list, server_list;
	bool exec;
	bool topologies, workloads;
	bool mapping; /* the document is one */
	unsigned depth;
	bool at_value; /* depth 1: the next node is the value of .key */
	char key[16];  /* cut when longer: then it is none of ours */
};

static void see_value(struct seen *s, bool list)
{
	s->nodes |= !strcmp(s->key, "nodes") || !strcmp(s->key, "include");
	s->client_list |= list && !strcmp(s->key, "client");
	s->topologies |= list && !strcmp(s->key, "topologies");
	s->workloads |= list && !strcmp(s->key, "workloads");
	s->exec |= !strcmp(s->key, "exec");
	s->server_list |= list && !strcmp(s->key, "server");
}

/* A node begins; at depth 1 keys and values take turns. */
static void see_node(struct seen *s, const yaml_event_t *event)
{
	if (s->depth == 0)
		s->mapping = event->type == YAML_MAPPING_START_EVENT;
	if (s->depth != 1 || !s->mapping)
		return;
	if (s->at_value)
		see_value(s, event->type == YAML_SEQUENCE_START_EVENT);
	else if (event->type == YAML_SCALAR_EVENT)
		(void)snprintf(s->key, sizeof(s->key), "%s",
			       (const char *)event->data.scalar.value);
	s->at_value = !s->at_value;
}

static void see(struct seen *s, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		see_node(s, event);
		s->depth++;
		break;
	case YAML_SCALAR_EVENT:
	case YAML_ALIAS_EVENT:
		see_node(s, event);
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		s->depth--;
		break;
	default:
		break;
	}
}

/* Returns: false when the file is no YAML. */
static bool scan(yaml_parser_t *parser, struct seen *s)
{
	bool more = true;

	while (more) {
		yaml_event_t event;

		if (!yaml_parser_parse(parser, &event))
			return false;
		see(s, &event);
		more = event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	return true;
}

enum file_kind kind_of(const char *path)
{
	own_file FILE *f = fopen(path, "re");
	struct seen s = { .nodes = false };
	yaml_parser_t parser;
	bool valid;

	if (!f || !yaml_parser_initialize(&parser))
		return KIND_BROKEN;
	yaml_parser_set_input_file(&parser, f);
	valid = scan(&parser, &s);
	yaml_parser_delete(&parser);
	if (s.nodes)
		return KIND_TOPOLOGY;
	if ((s.client_list && s.server_list) || s.exec)
		return KIND_WORKLOAD;
	if (s.topologies && s.workloads)
		return KIND_PLAN;
	return valid ? KIND_UNKNOWN : KIND_BROKEN;
}
