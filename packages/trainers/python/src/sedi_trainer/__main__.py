"""`python -m sedi_trainer`: train a job, serve a model, look whether this machine can."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from . import __version__
from .job import PROTOCOL


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sedi-trainer", description=__doc__)
    parser.add_argument("--version", action="version", version=f"{__version__} (protocol {PROTOCOL})")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="do the job in a folder, or go on with it")
    train.add_argument("folder", type=Path)
    train.add_argument("--push", metavar="OWNER/NAME", help="a repository on the hub that has the job and gets what comes of it")
    train.add_argument("--at", help="the job's folder there")
    train.add_argument("--attempt", default="1", help="which attempt at the job this is; a later one's machine takes it over")
    train.add_argument("--push-seconds", type=float, default=60.0)
    train.add_argument("--processes", type=int, default=1, help="with --push: processes that share each batch, one for each GPU")
    serve = commands.add_parser("serve", help="answer for a model over HTTP, in OpenAI's form, on loopback")
    serve.add_argument("--base", required=True)
    serve.add_argument("--model", default=None, help="what a job made of it")
    serve.add_argument("--port", type=int, default=0)
    serve.add_argument("--chat-template", default="auto")
    serve.add_argument("--may-download", action="store_true")
    preflight = commands.add_parser("preflight", help="what there is of what a job needs; one JSON document")
    preflight.add_argument("folder", type=Path, nargs="?")
    options = parser.parse_args(arguments)
    if options.command == "train" and options.push is not None:
        from .push import train_and_push

        return train_and_push(options.folder, options.push, options.at, options.attempt, options.push_seconds, options.processes)
    if options.command == "train":
        from .run import train as run_job

        return run_job(options.folder)
    if options.command == "serve":
        from .serve import serve as run_server

        return run_server(options.base, options.model, options.port, options.chat_template, options.may_download)
    from .preflight import look

    print(json.dumps(look(options.folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
