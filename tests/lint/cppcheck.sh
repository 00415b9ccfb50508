#!/usr/bin/env bash
# cppcheck. Each suppression has its reason here or, for a single place, beside the code.
set -euo pipefail
cd "$(dirname "$0")/../.."
suppress=(
    # It does not know the cleanup attribute and takes every handed-over local for a lost one.
    --suppress=unusedVariable --suppress=unreadVariable
    # The same for what auto_fd closes and auto_free frees at the end of its scope.
    --suppress=resourceLeak --suppress=memleak
    # It takes an array that a call fills (ttyname_r, pthread_create in a loop) for one that is read before.
    --suppress=uninitvar
    # Its table says that mmap takes no -1; for anonymous memory that is what mmap(2) asks for.
    --suppress=invalidFunctionArg
    # readdir on a stream that one thread owns is safe in glibc, and readdir_r is deprecated (readdir(3)).
    --suppress=readdirCalled
    # System headers are not given to it: the code is read for its own logic, in seconds.
    --suppress=missingInclude --suppress=missingIncludeSystem
    # A suppression that one version needs is unmatched in another.
    --suppress=unmatchedSuppression
)
status=0
cppcheck --enable=warning,portability,performance --inline-suppr --error-exitcode=1 --quiet --std=c11 -j2 \
    --library=gnu --library=posix -D_GNU_SOURCE -D__GNUC__ -D__x86_64__ -DSCIWRAP_VERSION='""' "${suppress[@]}" -I launcher launcher || status=$?
# What another version finds is shown, and not held against the sources before somebody has looked at it.
if [[ $status -ne 0 ]] && ! cppcheck --version | grep -q ' 2\.10'; then
    exit 77
fi
exit $status
