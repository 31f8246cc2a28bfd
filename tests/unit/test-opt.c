/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/cmd/opt.h"

#include "lab/base/text.h"
#include "lab/cmd/help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <wordexp.h>

#include <cmocka.h>

struct values {
	struct opt_list names;
	uint32_t count;
	struct opt_seed seed;
	int64_t time_ns;
	const char *file;
	bool flag;
	int when;
};

static const char *const *whens(void)
{
	static const char *const words[] = { "auto", "always", "never", NULL };

	return words;
}

#define ROW(member, kind) \
	.type = kind, .offset = offsetof(struct values, member)

static const struct opt rows[] = {
	{ .name = "name", .letter = 't', ROW(names, OPT_LIST), .arg = "LIST" },
	{ .name = "count",
	  .letter = 'n',
	  ROW(count, OPT_COUNT),
	  .arg = "N",
	  .min = 1,
	  .max = 1000 },
	{ .name = "seed", ROW(seed, OPT_SEED), .arg = "N" },
	{ .name = "max-time", ROW(time_ns, OPT_DURATION), .arg = "TIME" },
	{ .name = "file", .letter = 'o', ROW(file, OPT_STRING), .arg = "FILE" },
	{ .name = "quiet", .letter = 'q', ROW(flag, OPT_FLAG) },
	{ .name = "when",
	  ROW(when, OPT_CHOICE),
	  .arg = "WHEN",
	  .choices = whens },
	{ .name = NULL },
};

static const struct verb verb = {
	.name = "try",
	.operands = "[WORD]",
	.opts = rows,
	.options_size = sizeof(struct values),
	.max_operands = 1,
};

static const struct verb verb_with_command = {
	.name = "exec",
	.operands = "WORD COMMAND...",
	.opts = rows,
	.options_size = sizeof(struct values),
	.min_operands = 1,
	.max_operands = 10,
	.missing = "name a word",
	.stop_at_operand = true,
};

enum { WORDS_MAX = 16 };

/* What a case looks at; made by parse(), ended by done(). */
struct line {
	const struct verb *verb;
	char *argv[WORDS_MAX];
	char copy[512];
	struct values values;
	struct call call;
	struct err err;
	int result;
};

/* Words are separated by single spaces; "''" is an empty one. */
static void parse_as(struct line *l, const struct verb *v, const char *words)
{
	char *rest = l->copy, *word;
	int n = 0;

	*l = (struct line){ .verb = v };
	(void)snprintf(l->copy, sizeof(l->copy), "%s", words);
	while ((word = strsep(&rest, " ")) && n + 1 < WORDS_MAX) {
		if (!strcmp(word, "''"))
			*word = 0;
		l->argv[n++] = word;
	}
	l->result = opt_parse(v, n, l->argv, &l->values, &l->call, &l->err);
}

static void parse(struct line *l, const char *words)
{
	parse_as(l, &verb, words);
}

static void done(struct line *l)
{
	opt_done(l->verb, &l->values);
}

static void assert_refused(const char *words, const char *text)
{
	struct line l;

	parse(&l, words);
	assert_true(l.result < 0);
	assert_int_equal(l.err.class, ERR_INPUT);
	assert_string_equal(l.err.text, text);
	done(&l);
}

static void no_options_leave_the_defaults(void **state)
{
	struct line l;

	(void)state;
	parse(&l, "try");
	assert_int_equal(l.result, OPT_PARSED);
	assert_int_equal(l.call.n_operands, 0);
	assert_null(l.call.operands[0]);
	assert_false(l.values.seed.given);
	done(&l);
}

static void every_type_is_stored(void **state)
{
	struct line l;

	(void)state;
	parse(&l, "try -n 7 --seed 0 --max-time=20ms -o out --quiet "
		  "--when never");
	assert_int_equal(l.result, OPT_PARSED);
	assert_int_equal(l.values.count, 7);
	assert_true(l.values.seed.given);
	assert_int_equal(l.values.seed.value, 0);
	assert_int_equal(l.values.time_ns, 20000000);
	assert_string_equal(l.values.file, "out");
	assert_true(l.values.flag);
	assert_int_equal(l.values.when, 2);
	done(&l);
}

static void a_list_is_split_at_commas_and_continued(void **state)
{
	struct line l;

	(void)state;
	parse(&l, "try -t a,b --name c -td");
	assert_int_equal(l.values.names.n, 4);
	assert_string_equal(l.values.names.items[0], "a");
	assert_string_equal(l.values.names.items[1], "b");
	assert_string_equal(l.values.names.items[2], "c");
	assert_string_equal(l.values.names.items[3], "d");
	done(&l);
}

static void an_empty_name_in_a_list_is_refused(void **state)
{
	(void)state;
	assert_refused("try -t a,,b", "--name has an empty name in 'a,,b'");
	assert_refused("try -t a,", "--name has an empty name in 'a,'");
	assert_refused("try --name ''", "--name has an empty name in ''");
}

static void a_seed_has_64_bits(void **state)
{
	struct line l;

	(void)state;
	parse(&l, "try --seed 18446744073709551615");
	assert_true(l.values.seed.value == UINT64_MAX);
	done(&l);
	assert_refused("try --seed 18446744073709551616",
		       "--seed must be a whole number from 0 to "
		       "18446744073709551615, not '18446744073709551616'");
	assert_refused("try --seed -1",
		       "--seed must be a whole number from 0 to "
		       "18446744073709551615, not '-1'");
}

static void a_count_outside_its_range_is_refused(void **state)
{
	(void)state;
	assert_refused("try -n 0", "--count must be a whole number from 1 to "
				   "1000, not '0'");
	assert_refused("try -n 1001", "--count must be a whole number from 1 "
				      "to 1000, not '1001'");
	assert_refused("try --count many", "--count must be a whole number "
					   "from 1 to 1000, not 'many'");
}

static void a_time_needs_a_unit_and_some_length(void **state)
{
	(void)state;
	assert_refused("try --max-time 5",
		       "--max-time must be a time with a unit, such as 150us, "
		       "20ms or 2s, not '5'");
	assert_refused("try --max-time 0s",
		       "--max-time must be longer than 0, not '0s'");
}

static void a_wrong_choice_names_the_right_ones(void **state)
{
	(void)state;
	assert_refused("try --when alwys",
		       "--when must be auto, always or never, not 'alwys' "
		       "(did you mean 'always'?)");
	assert_refused("try --when tomorrow",
		       "--when must be auto, always or never, not 'tomorrow'");
}

static void an_unknown_option_suggests_a_near_one(void **state)
{
	(void)state;
	assert_refused("try --cuont 3",
		       "no option '--cuont' (did you mean '--count'?)");
	assert_refused("try --cuont=3",
		       "no option '--cuont' (did you mean '--count'?)");
	assert_refused("try --frobnicate", "no option '--frobnicate'");
	assert_refused("try -z", "no option '-z'");
	assert_refused("try -qz", "no option '-z'");
}

static void an_abbreviation_is_refused(void **state)
{
	(void)state;
	assert_refused("try --coun 3",
		       "no option '--coun' (did you mean '--count'?)");
	assert_refused("try --coun=3",
		       "no option '--coun' (did you mean '--count'?)");
	assert_refused("try --quie",
		       "no option '--quie' (did you mean '--quiet'?)");
	assert_refused("try --coun",
		       "no option '--coun' (did you mean '--count'?)");
}

static void a_missing_value_is_told(void **state)
{
	(void)state;
	assert_refused("try --count", "--count needs a value");
	assert_refused("try -n", "--count needs a value");
	assert_refused("try -o ''", "--file needs a value");
}

static void a_flag_takes_no_value(void **state)
{
	(void)state;
	assert_refused("try --quiet=yes", "--quiet takes no value");
}

static void one_operand_too_many_is_told(void **state)
{
	(void)state;
	assert_refused("try a b", "'try' does not know what to do with 'b'");
}

static void a_name_without_its_option_is_told_which(void **state)
{
	static const struct opt opts[] = {
		{ .name = "topology", .letter = 't', .type = OPT_LIST },
		{ .name = NULL },
	};
	const struct verb v = { .name = "try", .opts = opts };
	struct err e = { .code = 0 };
	struct call c;
	char *argv[] = { (char[]){ "try" }, (char[]){ "host" }, NULL };

	(void)state;
	assert_true(opt_parse(&v, 2, argv, NULL, &c, &e) < 0);
	assert_string_equal(e.text, "'try' does not know what to do with "
				    "'host': topologies are named with -t, "
				    "workloads with -w");
}

static void a_missing_operand_is_told(void **state)
{
	struct line l;

	(void)state;
	parse_as(&l, &verb_with_command, "exec -n 3");
	assert_true(l.result < 0);
	assert_string_equal(l.err.text, "name a word");
	done(&l);
}

static void options_may_follow_an_operand(void **state)
{
	struct line l;

	(void)state;
	parse(&l, "try word -n 3");
	assert_int_equal(l.result, OPT_PARSED);
	assert_int_equal(l.values.count, 3);
	assert_int_equal(l.call.n_operands, 1);
	assert_string_equal(l.call.operands[0], "word");
	done(&l);
}

static void options_of_a_command_are_left_to_it(void **state)
{
	struct line l;

	(void)state;
	parse_as(&l, &verb_with_command, "exec -n 3 word ls -n --help");
	assert_int_equal(l.result, OPT_PARSED);
	assert_int_equal(l.values.count, 3);
	assert_int_equal(l.call.n_operands, 4);
	assert_string_equal(l.call.operands[2], "-n");
	assert_string_equal(l.call.operands[3], "--help");
	done(&l);
}

static void help_is_asked_for_in_two_lengths(void **state)
{
	struct line l;

	(void)state;
	parse(&l, "try -h");
	assert_int_equal(l.result, OPT_ASKED_SHORT_HELP);
	done(&l);
	parse(&l, "try -n 3 --help");
	assert_int_equal(l.result, OPT_ASKED_HELP);
	done(&l);
}

static void a_second_parse_starts_afresh(void **state)
{
	struct line l;

	(void)state;
	parse(&l, "try -q a");
	done(&l);
	parse(&l, "try -n 5");
	assert_int_equal(l.result, OPT_PARSED);
	assert_false(l.values.flag);
	assert_int_equal(l.values.count, 5);
	done(&l);
}

/* Every example of the help is a command line that its verb takes.  What the
 * shell does with ">FILE" is none of its business, nor is what another command
 * says to it or hears of it by "|", nor who runs it by sudo. */
static void assert_example(const char *command)
{
	const char *const piped = strstr(command, "| rstlab");
	const char *const there = piped ? piped + 2 : command;
	const char *const own =
		there + (strncmp(there, "sudo ", 5) ? 0 : strlen("sudo "));
	own_mem char *line = strndup(own, strcspn(own, ">|"));
	OWN(wordfree) wordexp_t words;
	struct call call = { .argv = NULL };
	struct err e = { .code = 0 };
	const struct verb *v = verbs[0];
	own_mem void *options = NULL;
	size_t first = 0;
	int r;

	assert_int_equal(wordexp(line, &words, WRDE_NOCMD), 0);
	assert_string_equal(words.we_wordv[0], "rstlab");
	if (words.we_wordc > 1 && *words.we_wordv[1] != '-') {
		v = verb_named(words.we_wordv[1]);
		first = 1;
	}
	if (!v)
		fail_msg("%s: no such verb", command);
	options = calloc(1, v->options_size + 1);
	r = opt_parse(v, (int)(words.we_wordc - first), words.we_wordv + first,
		      options, &call, &e);
	opt_done(v, options);
	if (r != OPT_PARSED)
		fail_msg("%s: %s", command, e.text);
}

static void every_example_of_the_help_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; verbs[i]; i++)
		for (const struct example *x = verbs[i]->examples;
		     x && x->command; x++)
			assert_example(x->command);
	for (const struct example *x = help_first_steps; x->command; x++)
		assert_example(x->command);
}

static void every_list_of_choices_ends_its_help(void **state)
{
	own_text struct text right = { .s = NULL };

	(void)state;
	for (const struct opt *o = verb_named("report")->opts; o->name; o++)
		if (!strcmp(o->name, "format"))
			help_opt_right(&right, o);
	assert_string_equal(text_str(&right),
			    "the form, the first of these unless said "
			    "otherwise: table, json, csv or markdown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_options_leave_the_defaults),
		cmocka_unit_test(every_type_is_stored),
		cmocka_unit_test(a_list_is_split_at_commas_and_continued),
		cmocka_unit_test(an_empty_name_in_a_list_is_refused),
		cmocka_unit_test(a_seed_has_64_bits),
		cmocka_unit_test(a_count_outside_its_range_is_refused),
		cmocka_unit_test(a_time_needs_a_unit_and_some_length),
		cmocka_unit_test(a_wrong_choice_names_the_right_ones),
		cmocka_unit_test(an_unknown_option_suggests_a_near_one),
		cmocka_unit_test(an_abbreviation_is_refused),
		cmocka_unit_test(a_missing_value_is_told),
		cmocka_unit_test(a_flag_takes_no_value),
		cmocka_unit_test(one_operand_too_many_is_told),
		cmocka_unit_test(a_name_without_its_option_is_told_which),
		cmocka_unit_test(a_missing_operand_is_told),
		cmocka_unit_test(options_may_follow_an_operand),
		cmocka_unit_test(options_of_a_command_are_left_to_it),
		cmocka_unit_test(help_is_asked_for_in_two_lengths),
		cmocka_unit_test(a_second_parse_starts_afresh),
		cmocka_unit_test(every_example_of_the_help_is_understood),
		cmocka_unit_test(every_list_of_choices_ends_its_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
