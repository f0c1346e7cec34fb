#!/bin/sh
# Removes this user's Thoravue. Films, reviews and settings stay; --purge removes these too, after a question.
# usage: uninstall [--purge] [--yes]
set -eu
prefix=$(dirname "$(readlink -f "$0")")
share=${XDG_DATA_HOME:-$HOME/.local/share}
purge='' yes=''
for option in "$@"; do
    case $option in
        --purge) purge=1 ;;
        --yes) yes=1 ;;
        *) sed -n '2,3s/^# //p' "$0"; exit 1 ;;
    esac
done
set -- "$share/thoravue" "${XDG_CONFIG_HOME:-$HOME/.config}/thoravue" \
    "${XDG_STATE_HOME:-$HOME/.local/state}/thoravue" "${XDG_CACHE_HOME:-$HOME/.cache}/thoravue"

if [ -n "$purge" ] && [ -z "$yes" ]; then
    echo "All reviews, the library and its key will be removed for good / 将永久删除全部审核记录、资料库及其密钥:"
    printf '  %s\n' "$@"
    printf 'Type "purge" to go on / 输入 purge 继续: '
    read -r answer
    [ "$answer" = purge ] || exit 1
fi
rm -f "$prefix/current.txt" # from here on nothing starts any more
rm -f "$HOME/.local/bin/thoravue" "$share/applications/thoravue.desktop" \
    "$share/icons/hicolor/scalable/apps/thoravue.svg" "$share/mime/packages/thoravue.xml"
if [ -n "$purge" ]; then
    rm -rf "$@"
else
    echo "Your data stay / 您的数据保留在:"
    printf '  %s\n' "$@"
fi
rm -rf "$prefix/versions" "$prefix/thoravue" "$prefix/previous.txt" "$prefix/.lock" "$prefix/uninstall"
rmdir "$prefix" 2>/dev/null || true
