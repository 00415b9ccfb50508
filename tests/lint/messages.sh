#!/usr/bin/env bash
# The form of messages, and the list of those that no test can provoke; whether the others are is the part `messages` of
# tests/run.sh, which knows what was told.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec python3 tests/lint/messages.py
