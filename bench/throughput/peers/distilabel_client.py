"""Asks for completions with distilabel until it is stopped or done. Arguments: base URL, requests, requests per minute (it has no such setting)."""

import os
import sys

os.environ.update(OPENAI_API_KEY="bench", HF_HUB_OFFLINE="1")
from distilabel.models import OpenAILLM  # noqa: E402
from distilabel.pipeline import Pipeline  # noqa: E402
from distilabel.steps import LoadDataFromDicts  # noqa: E402
from distilabel.steps.tasks import TextGeneration  # noqa: E402

if __name__ == "__main__":
    base_url, requests = sys.argv[1], int(sys.argv[2])
    with Pipeline(name="bench") as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": f"Write task number {i}."} for i in range(requests)])
        llm = OpenAILLM(model="bench-model", base_url=base_url, api_key="bench", generation_kwargs={"max_new_tokens": 256})
        load >> TextGeneration(llm=llm)
    pipeline.run(use_cache=False)
