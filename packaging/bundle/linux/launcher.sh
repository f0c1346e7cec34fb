#!/bin/sh
# Starts the version of Thoravue that current.txt names; an update is one rename of that file.
here=$(dirname "$(readlink -f "$0")")
read -r version <"$here/current.txt" || [ -n "$version" ] || {
    echo "Thoravue: $here/current.txt is missing; run the installer again." >&2
    exit 1
}
exec "$here/versions/$version/thoravue" "$@"
