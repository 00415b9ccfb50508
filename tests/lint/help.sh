#!/usr/bin/env bash
# Each command explains itself on standard output, and has a manual that knows each of its options, and no other.
set -euo pipefail
cd "$(dirname "$0")/../.."
sciwrap=${SCIWRAP:-build/release/bin/sciwrap}
man=docs/man
bad=0
complain() {
    echo "$*"
    bad=1
}

# The manual writes "-" as "\-".
plain() { # PAGE
    sed 's/\\-/-/g' "$1"
}

options_of_help() { # on standard input
    grep -oE -e '(^|[ ,[(|])--[a-z][a-z0-9-]+' | grep -oE -e '--[a-z0-9-]+' | grep -vx -e --help | sort -u || true
}

# Those that the manual explains: in the line below a .TP.
options_of_manual() { # PAGE
    plain "$1" | awk 'below { print } { below = /^\.(TP|TP .*)$/ || (below && /^\.PD/) }' |
        grep -oE -e '--[a-z][a-z0-9-]+' | grep -vx -e --help | sort -u || true
}

check() { # PAGE ARGUMENT...: the help of `sciwrap ARGUMENT...` against its manual; $text is the help afterwards
    local page=$1 name="sciwrap ${*:2}" known
    shift
    text=$("$sciwrap" "$@" --help 2>/dev/null) || complain "$name --help: exit status $?"
    [[ -n $text ]] || complain "$name --help: nothing on standard output"
    [[ -z $("$sciwrap" "$@" --help 2>&1 >/dev/null) ]] || complain "$name --help: writes to standard error"
    while read -r line; do
        complain "$name --help: over 80 columns: $line"
    done < <(grep -E '^.{81}' <<<"$text" || true)
    [[ -e $page ]] || {
        complain "$name has no manual: $page"
        return
    }
    known=$(plain "$page")
    # Commands that share their options say where they are explained.
    if grep -qF 'Those of' <<<"$known"; then
        known+=$(plain $man/sciwrap-run.1)
    fi
    while read -r option; do
        grep -qF -e "$option" <<<"$known" || complain "$page: $name has $option, which the manual lacks"
    done < <(options_of_help <<<"$text")
}

# What the manual explains and the help does not know is of the past, or misspelled.
check_back() { # PAGE HELP
    while read -r option; do
        [[ -z $option ]] || grep -qE -e "$option([^a-z0-9-]|\$)" <<<"$2" ||
            complain "$1: explains $option, which the help does not know"
    done < <(options_of_manual "$1")
}

form() { # PAGE: the sections that a reader looks for
    local section
    for section in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
        grep -qx ".SH $section" "$1" || complain "$1: no section $section"
    done
}

check $man/sciwrap.1
commands=$(sed -nE 's/^  ([a-z]+)( .*|$)/\1/p' <<<"$text" | grep -vx help | sort -u)
[[ $(wc -w <<<"$commands") -ge 20 ]] || complain "sciwrap --help lists only: $commands"
overview=$(plain $man/sciwrap.1)
for command in $commands; do
    page=$man/sciwrap-$command.1
    check "$page" "$command"
    grep -qF ".BR sciwrap-$command (1)" <<<"$overview" || complain "$man/sciwrap.1: does not name sciwrap-$command(1)"
    [[ ! -e $page ]] || form "$page"
    all=$text
    # Those of a command with subcommands are explained in the manual of the command.
    subcommands=$(sed -nE '/^  [a-z]/s/^  ([a-z]+) .*/\1/p' <<<"$text")
    for subcommand in $subcommands; do
        check "$page" "$command" "$subcommand"
        all+=$text
        grep -qE "^\.SS $subcommand$" <<<"$(plain "$page")" || complain "$page: no section for $subcommand"
    done
    [[ ! -e $page ]] || check_back "$page" "$all"
done
for page in "$man"/sciwrap-*.1; do
    name=${page##*/sciwrap-}
    grep -qx "${name%.1}" <<<"$commands" || complain "$page: of a command that sciwrap --help does not list"
done

# What the examples of a page type is known: the command, and each of its options.
while IFS=: read -r page line; do
    read -r -a words <<<"$line"
    command=${words[1]}
    grep -qx "$command" <<<"$commands" || {
        complain "$page: an example of a command that is none: $line"
        continue
    }
    text=$("$sciwrap" "$command" --help)
    [[ $command != store ]] || text=$("$sciwrap" store "${words[2]}" --help)
    [[ $command != audit ]] || text+=$("$sciwrap" run --help)
    for word in "${words[@]:2}"; do
        # What stands behind the environment, or behind a pipe, is another program's.
        [[ $word != -- && $word != '|' && ! ($command == @(exec|enter|shell|run) && $word == @(samtools|python|3f9a)*) ]] || break
        [[ $word != --* ]] || grep -qE -e "${word%%=*}([^a-z-]|\$)" <<<"$text" || complain "$page: an example has $word: $line"
    done
done < <(for page in "$man"/*.[1-9]; do
    plain "$page" | sed -nE "/^\.SH EXAMPLES/,/^\.SH SEE/s|^(sciwrap [a-z]+ .*)|$page:\1|p"
done)

# Each page is one that man and its like read without a complaint, and the pages that it names are there.
for page in "$man"/*.[1-9]; do
    [[ $page != *.5 ]] || grep -qx '.SH EXAMPLES\?' "$page" || complain "$page: no section EXAMPLES"
    while read -r name section; do
        [[ -e $man/$name.$section ]] || complain "$page: names $name($section), which is not there"
    done < <(plain "$page" | grep -oE 'sciwrap(-[a-z]+)? ?\([0-9]\)' | tr '()' ' ' | sort -u)
    if command -v man >/dev/null; then
        warnings=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null || true)
        [[ -z $warnings ]] || complain "$page: $warnings"
    fi
    if command -v mandoc >/dev/null; then
        warnings=$(mandoc -T lint -W warning "$page" 2>&1 || true)
        [[ -z $warnings ]] || complain "$warnings"
    fi
done
exit $bad
