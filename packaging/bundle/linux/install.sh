#!/bin/sh
# Thoravue @VERSION@ for one user, without root. This head is a shell script; the program follows it, packed.
# usage: sh thoravue-@VERSION@-linux-x86_64.run [--prefix DIR] [--check] [--rollback] [--help]
#   --prefix DIR  where programs go; default: ~/.local/opt/thoravue. Films, reviews and settings lie elsewhere.
#   --check       only check that this file is whole
#   --rollback    start the version before the present one again
# Exit codes: 0 done, 1 nothing was changed (the message says why).
set -eu

name=@NAME@           # version and the first digits of the payload's hash: the folder's name
payload_sha256=@SHA256@
unpacked_kb=@UNPACKED_KB@
glibc_floor=@GLIBC@

prefix=${HOME:?}/.local/opt/thoravue
action=install

case "${LC_ALL:-${LANG:-}}" in zh*) chinese=yes ;; *) chinese= ;; esac
say() { if [ -n "$chinese" ]; then echo "$2"; else echo "$1"; fi; }
fail() {
    say "$1" "$2" >&2
    exit 1
}

while [ $# -gt 0 ]; do
    case $1 in
        --prefix) prefix=${2:?}; shift ;;
        --check) action=check ;;
        --rollback) action=rollback ;;
        --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) fail "Unknown option $1; --help lists them." "未知选项 $1；--help 可查看全部选项。" ;;
    esac
    shift
done
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac

# A tar archive: xz and its library, for systems that lack them, and the program's folder, packed with it.
payload() { tail -n "+$(awk '/^__PAYLOAD__$/ { print NR + 1; exit }' "$0")" "$0"; }

check_file() {
    [ "$(payload | sha256sum | cut -d' ' -f1)" = "$payload_sha256" ] || fail \
        "This file is damaged. Copy it again; nothing was changed." \
        "安装文件已损坏，请重新拷贝；未做任何更改。"
}

check_computer() {
    [ "$(uname -sm)" = "Linux x86_64" ] || fail \
        "This file is for Linux on x86-64 processors." "本安装文件仅适用于 x86-64 处理器的 Linux。"
    glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2)
    lowest=$(printf '%s\n%s\n' "$glibc_floor" "${glibc:-0}" | sort -V | head -n 1)
    [ "$lowest" = "$glibc_floor" ] || fail \
        "This system's C library is ${glibc:-unknown}; Thoravue needs glibc $glibc_floor or newer." \
        "本系统的 C 库版本为 ${glibc:-未知}，Thoravue 需要 glibc $glibc_floor 或更高版本。"
}

check_room() {
    free_kb=$(df -Pk "$prefix" | awk 'NR == 2 { print $4 }')
    [ "$free_kb" -gt "$((unpacked_kb + 50000))" ] || fail \
        "Not enough room at $prefix: $((unpacked_kb / 1000 + 50)) MB are needed, $((free_kb / 1000)) MB are free. Nothing was changed." \
        "$prefix 空间不足：需要 $((unpacked_kb / 1000 + 50)) MB，剩余 $((free_kb / 1000)) MB。未做任何更改。"
}

extract() {
    payload | tar -xf - -C "$incoming" --occurrence=1 xz liblzma.so.5 &&
        payload | tar -xOf - thoravue.tar.xz | LD_LIBRARY_PATH=$incoming "$incoming/xz" -dc |
        tar -xf - -C "$incoming" --no-same-owner --strip-components=@DEPTH@ @INSIDE@ &&
        rm "$incoming/xz" "$incoming/liblzma.so.5" &&
        find "$incoming" -type f -exec sync {} +
}

# Everything that is written before `switch` may be cut off at any point: nothing names it yet.
unpack() {
    incoming=$prefix/versions/.incoming
    rm -rf "$incoming"
    mkdir -p "$incoming"
    trap 'rm -rf "$incoming"' EXIT
    extract || fail \
        "Unpacking failed, probably because the disk is full. The version before is untouched." \
        "解包失败，可能是磁盘已满。原有版本未受影响。"
    "$incoming/thoravue" --version >/dev/null || fail \
        "The new version does not start on this computer. The version before is untouched." \
        "新版本无法在本机启动。原有版本未受影响。"
    folder=$name
    number=1
    while [ -e "$prefix/versions/$folder" ]; do # the same version once more, to repair it
        number=$((number + 1))
        folder=$name.$number
    done
    mv "$incoming" "$prefix/versions/$folder"
    sync "$prefix/versions"
    trap - EXIT
}

put() { # put FILE [MODE]: standard input becomes FILE, whole or not at all
    mkdir -p "$(dirname "$1")"
    cat >"$1.new"
    chmod "${2:-644}" "$1.new"
    sync "$1.new"
    mv -f "$1.new" "$1"
}

switch() { # switch FOLDER: the one step that makes a version the present one
    previous=$(cat "$prefix/current.txt" 2>/dev/null || true)
    [ -z "$previous" ] || [ "$previous" = "$1" ] || echo "$previous" | put "$prefix/previous.txt"
    echo "$1" | put "$prefix/current.txt"
}

desktop() {
    share=${XDG_DATA_HOME:-$HOME/.local/share}
    files=$prefix/versions/$folder/share
    put "$prefix/thoravue" 755 <"$files/launcher.sh"
    put "$prefix/uninstall" 755 <"$files/uninstall.sh"
    printf '#!/bin/sh\nexec "%s/thoravue" "$@"\n' "$prefix" | put "$HOME/.local/bin/thoravue" 755
    sed "s|^Exec=thoravue|Exec=\"$prefix/thoravue\"|" "$files/thoravue.desktop" |
        put "$share/applications/thoravue.desktop"
    put "$share/icons/hicolor/scalable/apps/thoravue.svg" <"$files/thoravue.svg"
    put "$share/mime/packages/thoravue.xml" <"$files/thoravue-mime.xml"
    announce update-desktop-database "$share/applications"
    announce update-mime-database "$share/mime"
}

announce() { # announce COMMAND FOLDER: a desktop without the command finds out later
    if command -v "$1" >/dev/null; then "$@" >/dev/null 2>&1 || true; fi
}

# Only the present version and the one before it stay.
forget_older() {
    for old in "$prefix"/versions/* "$prefix"/versions/.incoming; do
        case $(basename "$old") in
            "$folder" | "$(cat "$prefix/previous.txt" 2>/dev/null)" | "*") ;;
            *) rm -rf "$old" ;;
        esac
    done
}

rollback() {
    folder=$(cat "$prefix/previous.txt" 2>/dev/null || true)
    [ -x "$prefix/versions/$folder/thoravue" ] || fail \
        "There is no version before the present one." "没有可供回退的旧版本。"
    switch "$folder"
    say "Version $folder starts again." "已切换回版本 $folder。"
}

[ "$action" = rollback ] || check_file
[ "$action" != check ] || { say "This file is whole." "安装文件完整。"; exit 0; }
mkdir -p "$prefix/versions" || fail "$prefix cannot be written." "无法写入 $prefix。"
exec 9>"$prefix/.lock"
flock -w 10 9 || fail "Another installation is running." "另一个安装程序正在运行。"
[ "$action" != rollback ] || { rollback; exit 0; }
check_computer
check_room
unpack
desktop
switch "$folder"
forget_older
say "Thoravue @VERSION@ is installed: $prefix/thoravue" "Thoravue @VERSION@ 已安装：$prefix/thoravue"
exit 0
# shellcheck disable=SC2317 # no command: where the archive begins
__PAYLOAD__
