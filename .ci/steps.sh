# Runs one step after another, each with a limit, its time printed.

steps_started=$SECONDS
steps_done=()

# step NAME SECONDS COMMAND...
step() {
    local name=$1 limit=$2 started=$SECONDS status=0
    shift 2
    printf '\n==> %s: %s\n' "$name" "$*"
    timeout --kill-after=30 "$limit" "$@" || status=$?
    local took=$((SECONDS - started))
    if ((status != 0)); then
        ((status == 124)) && printf 'no end after %s s\n' "$limit"
        printf '==> %s FAILED after %s s (status %s)\n' "$name" "$took" "$status"
        exit 1
    fi
    printf '==> %s: ok, %s s\n' "$name" "$took"
    steps_done+=("$(printf '%5s s  %s' "$took" "$name")")
}

summary() {
    printf '\nall passed, %s s\n' "$((SECONDS - steps_started))"
    printf '%s\n' "${steps_done[@]}"
}
