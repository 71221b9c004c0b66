# bash completion of megarc. What may follow is asked of the program itself.

_megarc() {
    local line mode= words=()
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            $'\t'*) mode=${line#$'\t'} ;;
            *) words+=("${line%%$'\t'*}") ;;
        esac
    done < <("${COMP_WORDS[0]}" __complete bash -- \
        "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
    COMPREPLY=("${words[@]}")
    if [[ $mode == *nospace* ]]; then
        compopt -o nospace 2>/dev/null
    fi
    if [[ $mode == *files* || $mode == *dirs* ]]; then
        local kind=-f
        [[ $mode == *dirs* ]] && kind=-d
        if ((${#words[@]} == 0)); then
            compopt -o filenames 2>/dev/null
        fi
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done < <(compgen $kind -- "${COMP_WORDS[COMP_CWORD]#=}")
    fi
}

complete -F _megarc megarc
