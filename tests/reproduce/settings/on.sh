#!/bin/sh
# on.sh PROCESSOR COMMAND...: in an emulator of the processor; "host" is the real one.
processor=$1
shift
[ "$processor" = host ] && exec "$@"
exec qemu-x86_64 -cpu "$processor" "$@" 2>/dev/null
