/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec-param - what the runs of a workload with `exec:` may vary, as the
 * workload declares it: `think: TIME` or `bdp_probe: on|off`, whose first
 * value is that of a run that does not vary it.
 */
#ifndef LAB_SPEC_EXEC_PARAM_H
#define LAB_SPEC_EXEC_PARAM_H

#include "lab/spec/exec.h"

/* What @x declares of the parameter @name, or NULL.
 * @ret_kind:	in which map; may be NULL */
const char *exec_param_form(const struct exec *x, const char *name,
			    enum exec_params *ret_kind);

/**
 * exec_param_value() - what a program gets for @given
 * @form:	as declared
 * @given:	NULL: not varied
 *
 * A TIME becomes nanoseconds as a number; the rest stays what it is.
 *
 * Returns: false when @given is not of that form.
 */
bool exec_param_value(const char *form, const char *given, struct text *out);

/* Report declarations that cannot be. */
void exec_params_check(const struct exec *x, struct spec_diags *d);

#endif
