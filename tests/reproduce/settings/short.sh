# shellcheck shell=bash
# Some of list.sh, with the environment of tests/fixtures: see ../settings.sh.
# shellcheck disable=SC2016,SC2034 # the shell inside expands these

[[ $(id -u) -eq 0 ]] || not_here='as an ordinary user: the stranger is on the same host'
setting hostname uname tiny 'the name of the host' '--no-fix hostname' '' uname -n
setting umask stat tiny 'permissions of a new file' '--no-fix umask' '' sh -c 'echo new >new.txt; stat -c %a new.txt'
setting variables env tiny 'a variable of whoever calls' '--no-fix variables' '' sh -c 'echo "$CFLAGS"'
