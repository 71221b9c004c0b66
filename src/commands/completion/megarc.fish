# fish completion of megarc. What may follow is asked of the program itself.

function __megarc_complete
    set -l words (commandline -opc)
    set -l begun (commandline -ct)
    set -l mode ''
    for line in ($words[1] __complete fish -- $words[2..-1] "$begun" 2>/dev/null)
        if string match -q \t'*' -- $line
            set mode $line
        else
            echo $line
        end
    end
    if string match -q '*dirs*' -- $mode
        __fish_complete_directories "$begun"
    else if string match -q '*files*' -- $mode
        __fish_complete_path "$begun"
    end
end

complete -c megarc -f -a '(__megarc_complete)'
