/* SPDX-License-Identifier: GPL-2.0-or-later */
/* doctor-evidence - checks of the sources of evidence, for doctor_checks[]. */
#ifndef LAB_CMD_DOCTOR_EVIDENCE_H
#define LAB_CMD_DOCTOR_EVIDENCE_H

#include "lab/base/err.h"

int doctor_probe_counters(struct err *e);
int doctor_probe_deaths(struct err *e);
int doctor_probe_tracking(struct err *e);
int doctor_probe_filter(struct err *e);

#endif
