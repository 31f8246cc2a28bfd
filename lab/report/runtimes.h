/* SPDX-License-Identifier: GPL-2.0-or-later */
/* runtimes - the versions of what the workloads of a run are made of. */
#ifndef LAB_REPORT_RUNTIMES_H
#define LAB_REPORT_RUNTIMES_H

#include "lab/base/text.h"
#include "lab/store/summary.h"

#include <jansson.h>

/* A new object: version by workload; empty when the run has none. */
json_t *runtimes_json(const struct summary *s);

/* Add "grpc-c: gRPC C core 29.0.0; grpc-python: grpcio 1.51.1", or nothing. */
void runtimes_add(struct text *t, const struct summary *s);

#endif
