#!/bin/sh
# pack.sh <source> <tarballs>: builds the checkout in <source> and packs what is published. Needs Node and npm.
set -eu
cd "$1"
npm run --silent release -- pack "$2"
