/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * certificate - what programs need for TLS: a key and a certificate of the
 * run's own, which no file holds.
 *
 * Both are in the environment of every program, as PEM: RSTLAB_TLS_KEY and
 * RSTLAB_TLS_CERT, of the name greeter.rstlab.
 */
#ifndef LAB_CMD_CERTIFICATE_H
#define LAB_CMD_CERTIFICATE_H

#include "lab/cmd/selection.h"

/* Make them when a variant has tls=on.  Errors: ERR_HOST: there is no openssl,
 * or it failed. */
int certificate_make(const struct selection *s, struct err *e);

#endif
