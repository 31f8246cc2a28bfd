#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# mkregistry.sh KIND HEADER FILE... - print the C table of all KINDs, one per
# FILE: each lab/x/NAME.c defines `const struct KIND KIND_NAME`.
set -eu
kind=$1 header=$2
shift 2
printf '/* Made by mkregistry.sh; do not edit. */\n#include "%s"\n\n#include <string.h>\n\n' "$header"
for f; do b=${f##*/}; printf 'extern const struct %s %s_%s;\n' "$kind" "$kind" "${b%.c}"; done
printf '\nconst struct %s *const %ss[] = {\n' "$kind" "$kind"
for f; do b=${f##*/}; printf '\t&%s_%s,\n' "$kind" "${b%.c}"; done
printf '\tNULL\n};\n\nconst struct %s *%s_named(const char *name)\n{\n' "$kind" "$kind"
printf '\tfor (size_t i = 0; %ss[i]; i++)\n\t\tif (!strcmp(%ss[i]->name, name))\n\t\t\treturn %ss[i];\n\treturn NULL;\n}\n' "$kind" "$kind" "$kind"
