# fish completion for sciwrap. What can stand where is asked of sciwrap itself, which has it from the tables of its help.

function __sciwrap_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    set -l answer ($program complete $words[2..-1] "$current" 2>/dev/null)
    printf '%s\n' $answer[2..-1]
    set -l front (string match -r -- '^--[^=]*=' "$current")
    set -l path (string replace -r -- '^--[^=]*=' '' "$current")
    switch "$answer[1]"
        case files
            for found in (__fish_complete_path "$path")
                printf '%s%s\n' "$front" "$found"
            end
        case folders
            for found in (__fish_complete_directories "$path" '')
                printf '%s%s\n' "$front" "$found"
            end
    end
end

complete -c sciwrap -f -a '(__sciwrap_complete)'
