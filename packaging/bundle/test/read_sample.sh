#!/usr/bin/env bash
# Reads the sample through to the PDF with the keyboard alone, on the display that xvfb-run gives.
# usage: read_sample.sh 'PROGRAM AND ITS ARGUMENTS'
set -euo pipefail

jwm >/dev/null 2>&1 &
manager=$!
trap 'kill $manager' EXIT
eval "$1 --sample --lang en" &

# A window with this in its title; a slow machine gets a minute.
await() {
    for _ in $(seq 300); do
        window=$(xdotool search --onlyvisible --name "$1" 2>/dev/null | head -n 1) || true
        [ -z "$window" ] || return 0
        sleep 0.2
    done
    echo "no window named $1" >&2
    exit 1
}
press() { xdotool key --clearmodifiers "$@"; sleep 1; }
write() { xdotool type --delay 20 "$1"; sleep 1; }

await 'Sample Shan' # the study is open when its patient is in the title
xdotool windowactivate --sync "$window"
sleep 5
press F5 # analyse
sleep 10
press F2 # write the first impression
write 'Round opacity, right upper zone'
press Tab
press space # record it
await 'Your name'
write 'Dr Li'
press Return
sleep 3
press p # export
await 'Export report'
press ctrl+a
write "$HOME/report.pdf"
press Return
for _ in $(seq 100); do
    [ ! -s "$HOME/report.pdf" ] || break
    sleep 0.2
done
ls -l "$HOME/report.pdf"
await 'Sample Shan'
press ctrl+q
wait %2
echo "the window closed in order"
