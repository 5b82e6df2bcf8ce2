"""Asks for completions with bespokelabs-curator until it is stopped or done. Arguments: base URL, requests, requests per minute."""

import importlib.util
import os
import sys
import tempfile

base_url, requests, per_minute = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.environ.update(OPENAI_API_KEY="bench", TELEMETRY_ENABLED="false", CURATOR_DISABLE_CACHE="true", HOSTED_CURATOR_VIEWER="0")
os.environ["CURATOR_CACHE_DIR"] = tempfile.mkdtemp()
# It counts tokens with tiktoken, which would fetch its vocabulary; litellm, which curator requires, has it in its package.
litellm = importlib.util.find_spec("litellm").submodule_search_locations[0]
os.environ["TIKTOKEN_CACHE_DIR"] = os.path.join(litellm, "litellm_core_utils", "tokenizers")

from bespokelabs import curator  # noqa: E402


class Writer(curator.LLM):
    def prompt(self, row):
        return row["prompt"]

    def parse(self, row, response):
        return {"text": response}


if __name__ == "__main__":
    llm = Writer(
        model_name="bench-model",
        backend="openai",
        generation_params={"max_tokens": 256},
        backend_params={
            "base_url": base_url,
            "max_requests_per_minute": per_minute,
            "max_tokens_per_minute": 1_000_000_000,
            "max_retries": 10,
        },
    )
    llm([{"prompt": f"Write task number {i}."} for i in range(requests)], working_dir=os.environ["CURATOR_CACHE_DIR"])
