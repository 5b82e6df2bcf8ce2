"""A trained model behind OpenAI's chat completions, on loopback, with teacher-forced scores beside them.

For evaluation on one machine, not for load: one request is worked on at a time. For load, serve the adapter with vLLM.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import torch

from .encode import encode, load_template, token_ids
from .job import Example, Job, JobError, Optimiser

longest_body = 8 << 20


def serve(base: str, model: str | None, port: int, chat_template: str, may_download: bool) -> int:
    """Prints one line of JSON with its address once it takes requests, and ends when its standard input does."""
    try:
        served = Served(base, model, chat_template, may_download)
    except JobError as error:
        print(json.dumps({"error": {"code": error.code, "message": str(error)}}), flush=True)
        return 1
    server = ThreadingHTTPServer(("127.0.0.1", port), handler(served))
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_address[1]}/v1"}), flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    server.serve_forever()
    return 0


class Served:
    """Model and tokenizer; answers are greedy unless a temperature is asked for."""

    def __init__(self, base: str, model: str | None, chat_template: str, may_download: bool):
        from .models import load_model, load_tokenizer

        method = "full"
        if model is not None and (Path(model) / "adapter_config.json").exists():
            method = "lora"
        nothing = Optimiser(0, 0, 1, 0)
        self.job = Job("", [], [], 1, 1, base, model, method, nothing, 1 << 30, "truncate", 1, "auto", False, 1, 0, may_download, chat_template, False)
        self.name = "base" if model is None else Path(model).parent.name
        self.tokenizer = load_tokenizer(self.job)
        self.form = load_template(self.tokenizer, self.job)
        self.model = load_model(self.job, self.tokenizer).eval()
        self.model.config.use_cache = True
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model.to(self.device)
        self.turn = threading.Lock()

    def complete(self, request: dict[str, Any]) -> dict[str, Any]:
        messages = [{"role": one["role"], "content": one["content"]} for one in request["messages"]]
        if self.form == "plain":
            text = "\n\n".join(one["content"] for one in messages)
            prompt = self.tokenizer(text, add_special_tokens=True)["input_ids"]
            if prompt and prompt[-1] == self.tokenizer.eos_token_id:
                prompt = prompt[:-1]
        else:
            prompt = token_ids(self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True))
        most = int(request.get("max_completion_tokens") or request.get("max_tokens") or 256)
        temperature = float(request.get("temperature") or 0)
        stops = request.get("stop") or []
        stops = [stops] if isinstance(stops, str) else stops
        choose = {"do_sample": False} if temperature == 0 else {"do_sample": True, "temperature": temperature, "top_p": float(request.get("top_p") or 1)}
        with self.turn, torch.inference_mode():
            if request.get("seed") is not None:
                torch.manual_seed(int(request["seed"]))
            tokens = self.model.generate(
                torch.tensor([prompt], device=self.device),
                attention_mask=torch.ones(1, len(prompt), dtype=torch.long, device=self.device),
                max_new_tokens=most,
                pad_token_id=self.tokenizer.pad_token_id,
                **choose,
            )[0, len(prompt) :].tolist()
        ended = self.tokenizer.eos_token_id in tokens
        text = self.tokenizer.decode(tokens, skip_special_tokens=True)
        at = min((text.find(stop) for stop in stops if stop in text), default=-1)
        return {
            "id": f"chatcmpl-{time.time_ns()}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": self.name,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text if at < 0 else text[:at]},
                    "finish_reason": "stop" if ended or at >= 0 or len(tokens) < most else "length",
                }
            ],
            "usage": {"prompt_tokens": len(prompt), "completion_tokens": len(tokens), "total_tokens": len(prompt) + len(tokens)},
        }

    def score(self, items: list[dict[str, str]]) -> dict[str, Any]:
        """For each item, natural-log probabilities over the completion's tokens: of the target and of the most probable one."""
        results = []
        for number, item in enumerate(items):
            row = encode(Example(str(number), item["prompt"], item["completion"]), self.tokenizer, self.form, self.job.max_length)
            with self.turn, torch.inference_mode():
                logits = self.model(torch.tensor([row.tokens], device=self.device)).logits[0, :-1].float()
            log_probabilities = torch.log_softmax(logits, dim=-1)
            labels = torch.tensor(row.labels[1:], device=self.device)
            wanted = labels >= 0
            target = log_probabilities.gather(-1, labels.clamp(min=0).unsqueeze(-1)).squeeze(-1)[wanted]
            best = log_probabilities.max(dim=-1).values[wanted]
            results.append({"tokenLogprobs": target.tolist(), "topLogprobs": best.tolist()})
        return {"results": results}


def handler(served: Served) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # noqa: N802
            if self.path == "/v1/models":
                return self._send(200, {"object": "list", "data": [{"id": served.name, "object": "model", "created": 0, "owned_by": "sedi"}]})
            return self._refuse(404, f"there is nothing at {self.path}")

        def do_POST(self) -> None:  # noqa: N802
            length = int(self.headers.get("content-length") or 0)
            if length > longest_body:
                return self._refuse(413, f"the body has {length} bytes, at most {longest_body} are read")
            try:
                request = json.loads(self.rfile.read(length))
                if self.path == "/v1/chat/completions":
                    return self._send(200, served.complete(request))
                if self.path == "/v1/score":
                    return self._send(200, served.score(request["items"]))
            except (KeyError, TypeError, ValueError) as error:
                return self._refuse(400, f"{type(error).__name__}: {error}")
            return self._refuse(404, f"there is nothing at {self.path}")

        def _refuse(self, status: int, message: str) -> None:
            self._send(status, {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}})

        def _send(self, status: int, value: Any) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Prompts do not belong in logs."""

    return Handler
