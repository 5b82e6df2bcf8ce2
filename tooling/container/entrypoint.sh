#!/bin/sh
# “serve” (the image's default) starts the server over $SEDI_RUNS; anything else is run as it is: sedi worker …, sedi runs …, sh.
set -eu
if [ "${1:-serve}" != serve ]; then exec "$@"; fi
[ $# -eq 0 ] || shift
if [ -z "${SEDI_API_TOKEN:-}" ]; then
  echo 'SEDI_API_TOKEN is not set. In a container the server listens on every address and needs it: run again with -e SEDI_API_TOKEN=$(openssl rand -hex 32).' >&2
  exit 2
fi
mkdir -p "$SEDI_RUNS"
exec sedi serve --host 0.0.0.0 --port "$SEDI_PORT" --out "$SEDI_RUNS" "$@"
