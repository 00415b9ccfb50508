#!/usr/bin/env bash
# The form of messages. Whether each is provoked by a test, or has a reason why not, is the part `messages` of
# tests/run.sh, which knows what was told.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 tests/lint/messages.py
