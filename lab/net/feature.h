/* SPDX-License-Identifier: GPL-2.0-or-later */
/* feature - which of the features of features.def the running kernel has. */
#ifndef LAB_NET_FEATURE_H
#define LAB_NET_FEATURE_H

#include "lab/spec/expect.h"

/* Asks the kernel; needs no rights. */
bool feature_present(enum feature f);

#endif
