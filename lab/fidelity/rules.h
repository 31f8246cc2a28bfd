/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rules - a listing of nft in normal form.  Pure.
 *
 * How it works.  iptables-nft and a rules file write the same rule in other
 * words.  In the normal form there are no counters, no handles and no
 * comments, priorities are numbers, and the matches of a rule are sorted: all
 * of them must hold, so their order says nothing.
 */
#ifndef LAB_FIDELITY_RULES_H
#define LAB_FIDELITY_RULES_H

#include "lab/base/text.h"
#include "lab/fidelity/facts.h"

/* Add what `nft list ruleset` printed as facts of @node: one per rule, and
 * one per hook, set element list and empty chain. */
void rules_to_facts(const char *listing, const char *node, struct facts *f);

/* One rule in normal form; for tests. */
void rules_normal(const char *rule, struct text *out);

#endif
