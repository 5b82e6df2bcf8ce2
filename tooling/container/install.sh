#!/bin/sh
# install.sh <tarballs> <target>: the command line with all it needs, in <target>/node_modules.
set -eu
mkdir -p "$2/bin"
cd "$2"
printf '{ "name": "sedi-image", "private": true }\n' > package.json
npm install --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier "$1"/*.tgz
