#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every case of this folder; see README.md and run.py.
#
#   SCIWRAP=path of sciwrap, or SCIWRAP_ENV_PROGRAM=path of sciwrap-env
exec python3 "$(dirname -- "$0")/run.py" "$@"
