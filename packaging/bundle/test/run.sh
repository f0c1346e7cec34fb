#!/usr/bin/env bash
# Install and use what `make bundle` left in dist/: in a Debian root without Python and without a network, as a normal
# user. Once from the .deb, once from the .run. Needs root, debootstrap and, before the network is cut, a Debian mirror.
# usage: packaging/bundle/test/run.sh [deb|run]...
set -euo pipefail
cd "$(dirname "$0")/../../.."

here=packaging/bundle/test
work=build/bundle/test
suite=bookworm
deb=$(ls dist/thoravue_*_amd64.deb)
run=$(ls dist/thoravue-*-linux-x86_64.run)
megabyte=1000000

in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }

# A root with two folders of packages: what the .deb depends on, and what the test drives the window with.
base_root() {
    root=$work/base
    [ ! -e $root/tools/complete ] || return 0
    rm -rf $root
    mkdir -p $work
    debootstrap --variant=minbase $suite $root >$work/debootstrap.log
    cp /etc/resolv.conf $root/etc
    cp "$deb" $root/thoravue.deb
    download offline ./thoravue.deb
    download tools xvfb xauth xdotool jwm strace
    rm $root/thoravue.deb $root/etc/resolv.conf
    touch $root/tools/complete
}

download() { # download FOLDER PACKAGE...: these and what they depend on, not installed
    local folder=$1
    shift
    mkdir -p "$root/$folder/partial"
    in_root apt-get update -qq
    in_root apt-get install -y -qq --no-install-recommends --download-only \
        -o APT::Sandbox::User=root -o "Dir::Cache::archives=/$folder" "$@" >/dev/null
}

# The numbers that this source tree computes here: the installed program must give the same.
source_numbers() {
    THORAVUE_HOME=$PWD/$work/home build/bundle/env/bin/python -m workstation self-test \
        --json $work/numbers.json >/dev/null
}

try() { # try deb|run
    root=$work/root-$1
    rm -rf "$root"
    cp -a $work/base "$root"
    mkdir -p "$root/stick" "$root/dev/shm"
    cp "$deb" "$run" dist/SHA256SUMS* "$root/stick"
    cp $here/{inside,read_sample}.sh $work/numbers.json "$root/stick"
    # No device but loopback: whatever is asked of a network fails.
    unshare --net --mount --pid --fork --mount-proc="$root/proc" bash -c "
        ip link set lo up
        mount -t tmpfs -o mode=1777 tmpfs '$root/dev/shm'
        exec chroot '$root' env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
            DEBIAN_FRONTEND=noninteractive bash /stick/inside.sh $1"
    cp "$root/reader/report.pdf" "$work/report-$1.pdf"
    rm -rf "$root"
}

build/bundle/env/bin/python packaging/bundle/inventory.py check
base_root
source_numbers
for kind in "${@:-deb run}"; do
    for one in $kind; do try "$one"; done
done
printf 'download: .deb %s MB, .run %s MB; installed: %s MB\n' \
    $(($(stat -c %s "$deb") / megabyte)) $(($(stat -c %s "$run") / megabyte)) \
    $(($(du -s --apparent-size -B1 dist/thoravue | cut -f1) / megabyte))
