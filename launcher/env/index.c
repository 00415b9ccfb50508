/* SPDX-License-Identifier: BSD-2-Clause */
#include "env/index.h"
