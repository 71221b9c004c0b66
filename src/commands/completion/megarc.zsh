#compdef megarc
# zsh completion of megarc. What may follow is asked of the program itself.

_megarc() {
    local line mode tab=$'\t'
    local -a described space
    for line in "${(@f)$(${(Q)words[1]} __complete zsh -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        if [[ $line == $tab* ]]; then
            mode=${line#$tab}
        elif [[ -n $line ]]; then
            described+=("${${line%%$tab*}//:/\\:}:${line#*$tab}")
        fi
    done
    [[ $mode == *nospace* ]] && space=(-S '')
    (( $#described )) && _describe -V 'megarc' described "${space[@]}"
    if [[ $mode == *dirs* ]]; then
        _files -/
    elif [[ $mode == *files* ]]; then
        _files
    fi
}

if [[ $funcstack[1] == _megarc ]]; then
    _megarc "$@"
else
    compdef _megarc megarc
fi
