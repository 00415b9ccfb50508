/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox/plan.h"
