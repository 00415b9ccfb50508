#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# ends.sh [--short]: how runs end (ends.py). SCIWRAP, FIXTURES as for inject.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/ends.py" "${SCIWRAP:-$here/../../build/release/bin/sciwrap}" "${FIXTURES:-$here/../../build/fixtures}" "$@"
