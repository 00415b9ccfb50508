#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# image_layers.sh [--short]: images of named and of random layers, each unpacked by sciwrap and by umoci, whose trees
# must be the same (tests/images/layers.py). 200 random series; the short form is in tests/cli/image_hostile.bats.
# SCIWRAP as for inject.sh; SERIES and SEED say otherwise how many, and which.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[[ ${1-} != --short ]] || exit 0
command -v umoci >/dev/null || {
    echo "image_layers.sh: umoci is not installed: nothing was compared" >&2
    exit 1
}
exec python3 "$here/../images/layers.py" --series "${SERIES:-200}" --seed "${SEED:-1}" \
    "${SCIWRAP:-$here/../../build/release/bin/sciwrap}"
