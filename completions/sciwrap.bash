# bash completion for sciwrap. What can stand where is asked of sciwrap itself, which has it from the tables of its help.
# shellcheck shell=bash

_sciwrap() {
    local program=${1/#\~/$HOME} word last cut='' glue='' i line
    local -a words=() lines=()
    # --network=host and a:b are several words to bash, whose COMP_WORDBREAKS has = and :
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ ${#words[@]} -gt 0 && (-n $glue || $word == [=:]*) ]]; then
            words[${#words[@]}-1]+=$word
            glue=''
            [[ $word != *[=:] ]] || glue=yes
        else
            words+=("$word")
        fi
    done
    last=${words[${#words[@]}-1]}
    # Of such a word bash replaces only what stands behind the last of these.
    [[ $last != *[=:]* ]] || cut=${last%"${last##*[=:]}"}
    COMPREPLY=()
    mapfile -t lines < <("$program" complete "${words[@]}" 2>/dev/null)
    for line in "${lines[@]:1}"; do
        line=${line%%$'\t'*}
        COMPREPLY+=("${line#"$cut"}")
    done
    case ${lines[0]-} in
    files) mapfile -t lines < <(compgen -f -- "${last#"$cut"}") ;;
    folders) mapfile -t lines < <(compgen -d -- "${last#"$cut"}") ;;
    *) return ;;
    esac
    compopt -o filenames 2>/dev/null
    COMPREPLY+=("${lines[@]}")
}

complete -F _sciwrap sciwrap
