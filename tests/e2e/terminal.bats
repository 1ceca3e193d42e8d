#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2164 # commands for the box; how bats works
# Sessions on a real terminal.

load lib.bash
export BATS_TEST_TIMEOUT=90

setup()
{
    make_world
    cd "$project"
    open_terminal
}

# in_box [OPTION…]: a shell in a box, in the terminal.
in_box()
{
    typed "claudex run $* . -- bash --norc --noprofile"
    shows '^bash-[0-9.]+\$ $'
    typed "PS1='box> '"
    shows '^box> $'
}

@test "the session has a terminal of our size, and follows its changes" {
    in_box
    typed 'echo "size $(stty size) on $(tty)"'
    shows '^size 30 100 on /dev/(pts/[0-9]+|console)$'
    tmux -S "$world/tmux" resize-window -x 77 -y 22
    resized() { typed 'echo "now $(stty size)"'; sleep 0.3; screen_matches '^now 22 77$'; }
    eventually 10 resized
}

@test "TERM is ours, colours and wide characters pass" {
    in_box
    typed 'echo "$TERM"; tput colors; printf "\e[31mrot\e[0m h\xc3\xa4ppi \xf0\x9f\x90\xb3\n"'
    shows '^xterm-256color$'
    shows '^256$'
    shows 'rot häppi'
}

@test "Ctrl-C reaches the session, not us" {
    in_box
    typed 'sleep 100'
    eventually 5 running_in_box 'sleep 100$'
    keys C-c
    typed 'echo "was $?"'
    shows '^was 130$'
    typed 'echo still here'
    shows '^still here$'
}

running_in_box() { docker top "$(our_containers)" -eo pid,args | grep -q "$1"; }

@test "job control: ^Z, bg, fg" {
    in_box
    typed 'sleep 100'
    eventually 5 running_in_box 'sleep 100$'
    keys C-z
    shows 'Stopped +sleep 100'
    typed bg
    shows 'sleep 100 &$'
    typed 'jobs'
    shows 'Running +sleep 100'
    typed 'fg'
    shows '^sleep 100$'
    keys C-c
    typed 'jobs; echo none left'
    shows '^none left$'
    lacks "$(screen)" "cannot set terminal process group"
    lacks "$(screen)" "no job control"
}

@test "our terminal is as before: after an end, a failure, and a signal to us" {
    typed "stty -a >'$world/before'; tput cols"
    shows '^100$'
    in_box
    typed 'exit 7'
    shows '^host> $'
    typed "echo \"status \$?\"; stty -a >'$world/after'"
    shows '^status 7$'
    cmp "$world/before" "$world/after"

    typed "claudex run . -- no-such-command; stty -a >'$world/after'; echo second"
    shows '^second$'
    cmp "$world/before" "$world/after"

    # The same shell in a terminal, killed from outside.
    typed "sh -c 'echo \$\$ >\"$world/pid\"; exec claudex run . -- sh -c \"echo up; sleep 100\"'"
    shows '^up'
    kill -TERM "$(<"$world/pid")"
    shows '^host> $'
    typed "stty -a >'$world/after'; echo third"
    shows '^third$'
    cmp "$world/before" "$world/after"
}

@test "the detach keys leave the box running; attach comes back" {
    in_box --keep
    name=$(claudex list -q | grep "$token")
    keys C-p C-q
    shows '^host> $'
    box_is "$name" running
    typed clear
    typed "claudex attach $name"
    keys Enter
    shows '^box> $'
    typed 'echo again in $PWD'
    shows "^again in $box\$"
    typed 'exit 0'
    shows '^host> $'
}

@test "Ctrl-P alone, and Ctrl-P with another key, reach the session" {
    in_box
    typed 'echo one'
    shows '^one$'
    keys C-p
    keys Enter
    twice() { [ "$(screen | grep -c '^one$')" = 2 ]; }
    eventually 10 twice
}

@test "shell and exec have terminals too" {
    start_box
    typed "claudex shell $name"
    shows '\$ $'
    typed 'echo "size $(stty size)"; exit 6'
    shows 'size 30 100$'
    shows '^host> $'
    typed 'echo "status $?"'
    shows '^status 6$'
    typed "claudex exec $name -- sh -c 'test -t 0 && echo on a terminal'"
    shows 'on a terminal$'
}

@test "through the docker CLI as well: keys, size, status" {
    typed "docker claudex run . -- bash --norc --noprofile"
    shows '^bash-[0-9.]+\$ $'
    typed 'sleep 100'
    eventually 5 running_in_box 'sleep 100$'
    keys C-c
    typed 'echo "was $?"'
    shows '^was 130$'
    typed 'stty size; exit 8'
    shows '^30 100$'
    shows '^host> $'
    typed 'echo "status $?"'
    shows '^status 8$'
}

@test "a terminal that goes away ends the session" {
    in_box
    id=$(our_containers)
    tmux -S "$world/tmux" kill-server
    eventually 20 box_gone "$id"
    nothing_left
}

@test "attack 45, promise 19: what a foreign label, a folder or an image says cannot move our cursor" {
    odd=$'\e]0;owned\a\e[2J'
    helper odd --label io.claudex.box="$token$odd" --label io.claudex.folders="[\"/x$odd\"]" \
        --label io.claudex.agent="$odd" --label io.claudex.network="$odd" \
        --label io.claudex.version="$odd" --entrypoint sleep "$image" 600
    for verb in "list" "list --all" "list -q" "status $token-odd" "stop x$odd" "run --image x$odd"; do
        # shellcheck disable=SC2086
        run claudex $verb
        echo "$verb: $(cat -v <<<"$output")"
        lacks "$output" $'\e'
        lacks "$output" $'\a'
    done
    # The control: what a session prints is its own, and does come through.
    has "$(claudex run . -- printf '%s' "$odd")" "$odd"
    new_project "$world/$token$odd"
    run claudex run "$world/$token$odd" -- true
    lacks "$output" $'\e'
}

@test "the agents draw their own screens, and leave ours clean" {
    typed "stty -a >'$world/before'; claudex run --agent codex ."
    shows 'Welcome to Codex' 30
    # It draws before it listens.
    over() { keys C-c; sleep 0.5; screen_matches '^host> $'; }
    eventually 20 over
    typed clear
    shows '^host> $'
    # Without a login it goes no further than its prompt.
    typed "claudex run .; stty -a >'$world/after'; echo ended"
    shows 'Claude Code v[0-9]' 30
    out() { keys C-c; sleep 0.5; screen_matches '^(\^C)*ended$'; }
    eventually 30 out
    cmp "$world/before" "$world/after"
}
