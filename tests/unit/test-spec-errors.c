/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/spec-test.h"
#include "tests/unit/spec-tree.h"

/* clang-format off */
static const struct bad_file bad[] = {
	{ "an empty file",
	  "",
	  "t.yaml: error: empty file\n" },
	{ "a file of comments only",
	  "# nothing\n"
	  "\n",
	  "t.yaml: error: empty file\n" },
	{ "a list where a mapping belongs",
	  "- name: a\n",
	  "t.yaml:1:1: error: tree must be a mapping of keys to values\n"
	  "    1 | - name: a\n"
	  "      | ^\n" },
	{ "a word where a mapping belongs",
	  "name\n",
	  "t.yaml:1:1: error: tree must be a mapping of keys to values\n"
	  "    1 | name\n"
	  "      | ^\n" },
	{ "an unknown key, with the one that was meant",
	  "nmae: a\n",
	  "t.yaml:1:1: error: unknown key 'nmae' in tree (did you mean 'name'?)\n"
	  "    1 | nmae: a\n"
	  "      | ^\n" },
	{ "an unknown key that is like no other",
	  "name: a\n"
	  "quux: 1\n",
	  "t.yaml:2:1: error: unknown key 'quux' in tree\n"
	  "    2 | quux: 1\n"
	  "      | ^\n" },
	{ "an unknown key that could drive a terminal",
	  "name: a\n"
	  "\"\\e[31m\": 1\n",
	  "t.yaml:2:2: error: unknown key '?[31m' in tree\n"
	  "    2 | \"\\e[31m\": 1\n"
	  "      |  ^\n" },
	{ "a missing key",
	  "count: 1\n",
	  "t.yaml:1:1: error: tree has no 'name' (what it is called)\n"
	  "    1 | count: 1\n"
	  "      | ^\n" },
	{ "a key twice",
	  "name: a\n"
	  "count: 1\n"
	  "name: b\n",
	  "t.yaml:3:1: error: key 'name' a second time in tree (first in line 1)\n"
	  "    3 | name: b\n"
	  "      | ^\n" },
	{ "a key that is a list",
	  "name: a\n"
	  "[x]: 1\n",
	  "t.yaml:2:1: error: a key must be one word\n"
	  "    2 | [x]: 1\n"
	  "      | ^\n" },
	{ "a value that is missing",
	  "name:\n",
	  "t.yaml:1:6: error: name has no value\n"
	  "    1 | name:\n"
	  "      |      ^\n" },
	{ "a value that is empty",
	  "name: ''\n",
	  "t.yaml:1:8: error: name has no value\n"
	  "    1 | name: ''\n"
	  "      |        ^\n" },
	{ "a list where one value belongs",
	  "name: [a]\n",
	  "t.yaml:1:7: error: name must be one value\n"
	  "    1 | name: [a]\n"
	  "      |       ^\n" },
	{ "one value where a list belongs",
	  "name: a\n"
	  "leaves: b\n",
	  "t.yaml:2:9: error: leaves must be a list, not 'b'\n"
	  "    2 | leaves: b\n"
	  "      |         ^\n" },
	{ "one value where a mapping belongs",
	  "name: a\n"
	  "map: b\n",
	  "t.yaml:2:6: error: map must be a mapping of keys to values, not 'b'\n"
	  "    2 | map: b\n"
	  "      |      ^\n" },
	{ "a string that its check refuses",
	  "name: 'far too long'\n",
	  "t.yaml:1:8: error: name must be a short name, not 'far too long'\n"
	  "    1 | name: 'far too long'\n"
	  "      |        ^\n" },
	{ "a number in hexadecimal",
	  "name: a\n"
	  "count: 0x10\n",
	  "t.yaml:2:8: error: count must be a whole number from 1 to 100, not '0x10'\n"
	  "    2 | count: 0x10\n"
	  "      |        ^\n" },
	{ "a number out of range",
	  "name: a\n"
	  "count: 101\n",
	  "t.yaml:2:8: error: count must be a whole number from 1 to 100, not '101'\n"
	  "    2 | count: 101\n"
	  "      |        ^\n" },
	{ "a number below the range",
	  "name: a\n"
	  "count: -1\n",
	  "t.yaml:2:8: error: count must be a whole number from 1 to 100, not '-1'\n"
	  "    2 | count: -1\n"
	  "      |        ^\n" },
	{ "a time without a unit",
	  "name: a\n"
	  "wait: 5\n",
	  "t.yaml:2:7: error: wait must be a time with a unit, such as 150us, 20ms or 2s, not '5'\n"
	  "    2 | wait: 5\n"
	  "      |       ^\n" },
	{ "a time that is too long",
	  "name: a\n"
	  "wait: 2s\n",
	  "t.yaml:2:7: error: wait must be from 0ns to 1s, not '2s'\n"
	  "    2 | wait: 2s\n"
	  "      |       ^\n" },
	{ "a word that is no choice",
	  "name: a\n"
	  "colour: gren\n",
	  "t.yaml:2:9: error: unknown colour 'gren', known are: red, green, blue (did you mean 'green'?)\n"
	  "    2 | colour: gren\n"
	  "      |         ^\n" },
	{ "a custom value that is refused",
	  "name: a\n"
	  "even: 7\n",
	  "t.yaml:2:7: error: even must be an even number, not '7'\n"
	  "    2 | even: 7\n"
	  "      |       ^\n" },
	{ "each bad item of a list",
	  "name: a\n"
	  "evens: [2, 3, 4, x5]\n",
	  "t.yaml:2:12: error: evens must be an even number, not '3'\n"
	  "    2 | evens: [2, 3, 4, x5]\n"
	  "      |            ^\n"
	  "t.yaml:2:18: error: evens must be an even number, not 'x5'\n"
	  "    2 | evens: [2, 3, 4, x5]\n"
	  "      |                  ^\n" },
	{ "an item that is no mapping",
	  "name: a\n"
	  "leaves: [{name: b}, c]\n",
	  "t.yaml:2:21: error: leaf must be a mapping of keys to values\n"
	  "    2 | leaves: [{name: b}, c]\n"
	  "      |                     ^\n" },
	{ "a key twice in a free mapping",
	  "name: a\n"
	  "map:\n"
	  "  x: 1\n"
	  "  x: 2\n",
	  "t.yaml:4:3: error: key 'x' a second time in map (first in line 3)\n"
	  "    4 |   x: 2\n"
	  "      |   ^\n" },
	{ "a free mapping that is nested",
	  "name: a\n"
	  "map: {x: {y: 1}}\n",
	  "t.yaml:2:7: error: map must hold one value per key\n"
	  "    2 | map: {x: {y: 1}}\n"
	  "      |       ^\n" },
	{ "a free mapping with an empty value",
	  "name: a\n"
	  "map:\n"
	  "  x:\n",
	  "t.yaml:3:3: error: map must hold one value per key\n"
	  "    3 |   x:\n"
	  "      |   ^\n" },
	{ "an anchor",
	  "name: &here a\n",
	  "t.yaml:1:7: error: anchors, aliases and tags are not allowed\n"
	  "    1 | name: &here a\n"
	  "      |       ^\n" },
	{ "an alias",
	  "name: a\n"
	  "text: *here\n",
	  "t.yaml:2:7: error: anchors, aliases and tags are not allowed\n"
	  "    2 | text: *here\n"
	  "      |       ^\n" },
	{ "a tag",
	  "name: !!str a\n",
	  "t.yaml:1:7: error: anchors, aliases and tags are not allowed\n"
	  "    1 | name: !!str a\n"
	  "      |       ^\n" },
	{ "a second document",
	  "name: a\n"
	  "---\n"
	  "name: b\n",
	  "t.yaml:2:1: error: a second document begins here; a file holds one\n"
	  "    2 | ---\n"
	  "      | ^\n" },
	{ "an escaped zero byte",
	  "name: \"a\\0b\"\n",
	  "t.yaml:1:7: error: a zero byte is not allowed\n"
	  "    1 | name: \"a\\0b\"\n"
	  "      |       ^\n" },
	{ "nesting over 16 deep",
	  "name: a\n"
	  "text: [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]\n",
	  "t.yaml:2:22: error: nested more than 16 deep\n"
	  "    2 | text: [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]\n"
	  "      |                      ^\n" },
	{ "a tab as indentation",
	  "name: a\n"
	  "map:\n"
	  "\tx: 1\n",
	  "t.yaml:3:1: error: a tab cannot stand here; use spaces\n"
	  "    3 |  x: 1\n"
	  "      | ^\n" },
	{ "a bracket that is never closed",
	  "name: a\n"
	  "evens: [2,\n",
	  "t.yaml:3:1: error: did not find expected node content\n"
	  "    3 | \n"
	  "      | ^\n" },
	{ "a mapping inside a value",
	  "name: a: b\n",
	  "t.yaml:1:8: error: mapping values are not allowed in this context\n"
	  "    1 | name: a: b\n"
	  "      |        ^\n" },
	{ "several mistakes, in the order of the file",
	  "name: a\n"
	  "count: x\n"
	  "wiat: 1s\n"
	  "colour: pink\n",
	  "t.yaml:2:8: error: count must be a whole number from 1 to 100, not 'x'\n"
	  "    2 | count: x\n"
	  "      |        ^\n"
	  "t.yaml:3:1: error: unknown key 'wiat' in tree (did you mean 'wait'?)\n"
	  "    3 | wiat: 1s\n"
	  "      | ^\n"
	  "t.yaml:4:9: error: unknown colour 'pink', known are: red, green, blue\n"
	  "    4 | colour: pink\n"
	  "      |         ^\n" },
	{ "a mistake after letters of many bytes",
	  "text: äöü\n"
	  "map: {ñandú: 1, café: {}}\n"
	  "name: a\n",
	  "t.yaml:2:17: error: map must hold one value per key\n"
	  "    2 | map: {ñandú: 1, café: {}}\n"
	  "      |                 ^\n" },
	{ "a mistake far right in a long line",
	  "name: a\n"
	  "evens: [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]\n",
	  "t.yaml:2:189: error: evens must be an even number, not '3'\n"
	  "    2 | , 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2\n"
	  "      |                                                                     ^\n" },
	{ "text that is not UTF-8",
	  "name: a\n"
	  "text: \xff\n",
	  "t.yaml:2:7: error: invalid leading UTF-8 octet\n"
	  "    2 | text: ?\n"
	  "      |       ^\n" },
};
/* clang-format on */

int main(void)
{
	return spec_test_bad("bad files", read_tree, bad, ARRAY_SIZE(bad)) != 0;
}
