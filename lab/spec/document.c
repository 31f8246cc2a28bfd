/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it works.  libyaml's document interface resolves anchors and tags
 * silently, so the text is looked at twice: once as a stream of events, where
 * all that we do not want is refused, and then as a tree.
 */
#include "lab/spec/document.h"

#include <stdbool.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 20, NESTING_MAX = 16 };

static struct spec_at at_mark(const yaml_mark_t *m)
{
	return (struct spec_at){
		.line = (unsigned)m->line + 1,
		.column = (unsigned)m->column + 1,
	};
}

/* A file that cannot be read is the wrong file, whoever keeps it from us: no
 * advice about this machine would help. */
static int cannot_read(const char *path, struct err *e)
{
	const int r = err_errno(e, "read %s", path);

	switch (-r) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case EACCES:
	case ELOOP:
	case ENAMETOOLONG:
		e->class = ERR_INPUT;
		break;
	default:
		break;
	}
	return r;
}

/* Some editors begin a text with a byte order mark (RFC 3629 section 6).
 * libyaml 0.2.5 takes what follows it for the middle of a line. */
static void drop_mark(char *text)
{
	static const char mark[] = "\xef\xbb\xbf";
	const size_t n = sizeof(mark) - 1;

	if (!strncmp(text, mark, n))
		memmove(text, text + n, strlen(text + n) + 1);
}

int document_read(const char *path, char **ret, struct err *e)
{
	own_file FILE *file = fopen(path, "re");
	own_mem char *text = NULL;
	size_t n;

	if (file) {
		text = malloc(FILE_BYTES_MAX + 2);
		if (!text)
			return err_errno(e, "read %s", path);
		n = fread(text, 1, FILE_BYTES_MAX + 1, file);
	}
	if (!file || ferror(file))
		return cannot_read(path, e);
	if (n > FILE_BYTES_MAX)
		return err_set(e, ERR_INPUT, EFBIG,
			       "read %s: larger than 1 MiB", path);
	text[n] = '\0';
	if (strlen(text) != n)
		return err_set(e, ERR_INPUT, EINVAL,
			       "read %s: not a text file (it has a zero byte)",
			       path);
	drop_mark(text);
	*ret = take_ptr(&text);
	return 0;
}

/* libyaml counts bytes, not lines, up to what is no UTF-8 or YAML text. */
static struct spec_at at_byte(const char *source, size_t offset)
{
	struct spec_at at = { .line = 1, .column = 1 };

	for (size_t i = 0; i < offset && source[i]; i++) {
		if (source[i] == '\n')
			at = (struct spec_at){ .line = at.line + 1,
					       .column = 1 };
		else if (((unsigned char)source[i] & 0xc0) != 0x80)
			at.column++;
	}
	return at;
}

/* The byte at a mark, whose index counts characters. */
static const char *place(const char *source, const yaml_mark_t *m)
{
	const char *s = source;

	for (size_t i = 0; i < m->line; i++) {
		s = strchr(s, '\n');
		if (!s)
			return "";
		s++;
	}
	for (size_t i = 0; i < m->column && *s && *s != '\n'; i++)
		do
			s++;
		while (((unsigned char)*s & 0xc0) == 0x80);
	return s;
}

static int refuse(struct err *e)
{
	return err_set(e, ERR_INPUT, EINVAL, "%s", "");
}

/* Report what stopped @p, in its words but for the tab, which it cannot name.
 */
static int syntax_error(struct spec_diags *d, const yaml_parser_t *p,
			struct err *e)
{
	const struct spec_at at = at_mark(&p->problem_mark);

	if (p->error == YAML_MEMORY_ERROR)
		return err_set(e, ERR_SYSTEM, ENOMEM, "read %s: out of memory",
			       d->path);
	if (p->error == YAML_READER_ERROR)
		spec_error(d, at_byte(d->source, p->problem_offset), "%s",
			   p->problem);
	else if (*place(d->source, &p->problem_mark) == '\t')
		spec_error(d, at, "a tab cannot stand here; use spaces");
	else if (p->context && p->context_mark.line != p->problem_mark.line)
		spec_error(d, at, "%s (%s that begins in line %zu)", p->problem,
			   p->context, p->context_mark.line + 1);
	else
		spec_error(d, at, "%s", p->problem);
	return refuse(e);
}

struct scan {
	unsigned depth, documents;
	bool stop;
	bool extras; /* had something of YAML that is refused */
};

/* The anchor or tag that an event carries, or NULL. */
static const yaml_char_t *extra_of(const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return ev->data.scalar.anchor ?: ev->data.scalar.tag;
	case YAML_SEQUENCE_START_EVENT:
		return ev->data.sequence_start.anchor
			       ?: ev->data.sequence_start.tag;
	case YAML_MAPPING_START_EVENT:
		return ev->data.mapping_start.anchor
			       ?: ev->data.mapping_start.tag;
	case YAML_ALIAS_EVENT:
		return ev->data.alias.anchor;
	default:
		return NULL;
	}
}

static void scan_event(struct spec_diags *d, struct scan *s,
		       const yaml_event_t *ev)
{
	const struct spec_at at = at_mark(&ev->start_mark);

	if (extra_of(ev) && !s->extras) { /* a bomb holds thousands */
		spec_error(d, at, "anchors, aliases and tags are not allowed");
		s->extras = true;
	}
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++s->documents > 1) {
			spec_error(d, at,
				   "a second document begins here; "
				   "a file holds one");
			s->stop = true;
		}
		break;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		if (++s->depth > NESTING_MAX) {
			spec_error(d, at, "nested more than %d deep",
				   NESTING_MAX);
			s->stop = true;
		}
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		s->depth--;
		break;
	case YAML_SCALAR_EVENT:
		if (strlen((const char *)ev->data.scalar.value) !=
		    ev->data.scalar.length)
			spec_error(d, at, "a zero byte is not allowed");
		break;
	case YAML_STREAM_END_EVENT:
		if (!s->documents)
			spec_error(d, (struct spec_at){ 0 }, "empty file");
		s->stop = true;
		break;
	default:
		break;
	}
}

static void set_input(yaml_parser_t *p, const char *source)
{
	yaml_parser_set_encoding(p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(p, (const unsigned char *)source,
				     strlen(source));
}

static int scan_all(struct spec_diags *d, struct err *e)
{
	OWN(yaml_parser_delete) yaml_parser_t p;
	const unsigned before = d->errors;
	struct scan s = { .depth = 0 };

	if (!yaml_parser_initialize(&p))
		return err_set(e, ERR_SYSTEM, ENOMEM, "read %s: out of memory",
			       d->path);
	set_input(&p, d->source);
	while (!s.stop) {
		yaml_event_t ev;

		if (!yaml_parser_parse(&p, &ev))
			return syntax_error(d, &p, e);
		scan_event(d, &s, &ev);
		yaml_event_delete(&ev);
	}
	return d->errors > before ? refuse(e) : 0;
}

static int load_tree(struct spec_diags *d, yaml_document_t *ret, struct err *e)
{
	OWN(yaml_parser_delete) yaml_parser_t p;

	if (!yaml_parser_initialize(&p))
		return err_set(e, ERR_SYSTEM, ENOMEM, "read %s: out of memory",
			       d->path);
	set_input(&p, d->source);
	return yaml_parser_load(&p, ret) ? 0 : syntax_error(d, &p, e);
}

int document_parse(struct spec_diags *d, yaml_document_t *ret, struct err *e)
{
	int r = scan_all(d, e);

	return r < 0 ? r : load_tree(d, ret, e);
}

static bool is_blank(const char *line)
{
	line += strspn(line, " \r");
	return *line == '\n' || !*line;
}

static const char *next_line(const char *s)
{
	s = strchr(s, '\n');
	return s ? s + 1 : "";
}

/* How far a literal block whose `|` is at @m is indented: what its first
 * line with text has in the file and no longer has in the value. */
static unsigned block_indent(const char *source, const yaml_mark_t *m,
			     const char *value)
{
	const char *line = next_line(place(source, m));

	for (; *line && *value; value = next_line(value)) {
		if (!is_blank(value))
			return (unsigned)(strspn(line, " ") -
					  strspn(value, " "));
		line = next_line(line);
	}
	return 0;
}

struct spec_at document_at(const struct spec_diags *d, const yaml_node_t *node)
{
	struct spec_at at = at_mark(&node->start_mark);

	if (node->type != YAML_SCALAR_NODE)
		return at;
	switch (node->data.scalar.style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		at.column++;
		break;
	case YAML_LITERAL_SCALAR_STYLE:
		at.line++;
		at.column =
			1 + block_indent(d->source, &node->start_mark,
					 (const char *)node->data.scalar.value);
		break;
	default:
		break;
	}
	return at;
}
