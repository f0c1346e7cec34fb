#!/usr/bin/env bash
# Runs in the test's root, as its administrator, without a network: see run.sh.
set -euo pipefail
stick=/stick
home=/reader
deb=$(ls $stick/*.deb)
run=$(ls $stick/*.run)

say() { printf '\n== %s\n' "$*"; }
fail() {
    echo "FAILED: $*" >&2
    exit 1
}
as_reader() { su reader -s /bin/bash -c "cd; $1"; }

# Every network call is written down; anything but sockets of this computer fails the test.
traced() { echo "strace -f -qq --seccomp-bpf -e trace=connect,bind,sendto,sendmsg -o \$HOME/$1.trace"; }
only_loopback() {
    local far
    far=$(grep -hE 'sa_family=AF_INET6?' "$home/$1.trace" |
        grep -vE '127\.0\.0\.1|inet_pton\(AF_INET6, "::1"' || true)
    [ -z "$far" ] || fail "a connection beyond loopback: $far"
    echo "$(wc -l <"$home/$1.trace") network calls, none beyond loopback"
}

install_deb() {
    say "a .deb that was cut off while it was unpacked"
    timeout -s KILL 3 dpkg -i "$deb" >/dev/null 2>&1 && fail "it was not cut off"
    dpkg --configure -a || true # where unpacking was cut off it asks for the package again
    say "completed by installing it again"
    dpkg -i "$deb"
    dpkg -V thoravue
    program=/usr/bin/thoravue
}

install_run() {
    as_reader "time sh $run"
    program=$home/.local/bin/thoravue
    say "updated by the installed program, from a stick"
    mkdir /damaged
    cp $stick/SHA256SUMS* /damaged
    head -c 1M "$run" >"/damaged/${run##*/}"
    as_reader "$program update --lang en --allow-unsigned /damaged/${run##*/}" && fail "damaged, and installed"
    as_reader "$program update --lang en --allow-unsigned $run"
    as_reader "$program --version"
    say "killed in an update: the version before starts"
    for seconds in 2 6 12; do
        as_reader "timeout -s KILL $seconds sh $run" || true
        as_reader "$program --version"
    done
    say "no room"
    mkdir /small
    mount -t tmpfs -o size=500m,mode=777 tmpfs /small
    as_reader "sh $run --prefix /small/thoravue" && fail "it found room"
    [ -z "$(find /small -type f ! -name .lock)" ] || fail "something is half-installed"
    umount /small
}

remove() {
    say "removed: the data stay"
    if [ "$1" = deb ]; then dpkg -P thoravue; else as_reader .local/opt/thoravue/uninstall; fi
    [ ! -e "$program" ] || fail "$program is still there"
    ls -l $home/.local/share/thoravue/library.db
}

say "packages from the offline folder; no Python, no network"
dpkg -i /offline/*.deb >/dev/null
dpkg -i /tools/*.deb >/dev/null
! command -v python3 || fail "there is a Python"
! getent hosts deb.debian.org || fail "there is a network"
useradd --create-home --home-dir $home reader
"install_$1"

say "self-test"
SECONDS=0
as_reader "$(traced self-test) $program self-test --lang en --json numbers.json"
[ $SECONDS -le 60 ] || fail "it took $SECONDS s"
only_loopback self-test
cmp $stick/numbers.json $home/numbers.json || fail "other numbers than the source tree's"
echo "the numbers are those of the source tree"

say "the window reads the sample"
as_reader "xvfb-run -a -s '-screen 0 1920x1080x24' bash $stick/read_sample.sh '$(traced window) $program'"
[ "$(head -c 5 $home/report.pdf)" = %PDF- ] || fail "there is no report"
only_loopback window
remove "$1"
