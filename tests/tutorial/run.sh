#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [--write]: does what docs/tutorial.md says, from clone to a bundle that another user reruns, and compares what each
# command prints with the page; --write puts it into the page instead. Prints "ok"/"not ok" for tests/run.sh. As root it runs as
# two ordinary users, otherwise as the caller with two homes. Builds the clone and an environment (20 MB are fetched): minutes.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/sciwrap-tutorial.XXXXXX") || exit 125
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
python3 "$here/page.py" "$here/../.." "$work" "$@"
