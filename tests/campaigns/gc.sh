#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# gc.sh [--short]: garbage collections while runs come and go (gc.py). SCIWRAP, FIXTURES as for inject.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/gc.py" "${SCIWRAP:-$here/../../build/release/bin/sciwrap}" "${FIXTURES:-$here/../../build/fixtures}" "$@"
