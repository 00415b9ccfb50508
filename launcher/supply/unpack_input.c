/* SPDX-License-Identifier: BSD-2-Clause */
#include "supply/supply.h"
