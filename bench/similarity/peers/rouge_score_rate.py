"""Pairs per second of rouge_score used as Self-Instruct uses it: scorer.score(new text, every pool text), each pair tokenised anew.

usage: rouge_score_rate.py CORPUS SECONDS
Random pairs of the corpus, for about SECONDS. Prints JSON.
"""
import json
import random
import sys
import time
from functools import partial

from rouge_score import rouge_scorer

texts = open(sys.argv[1], encoding="utf-8").read().split("\n")[:100_000]
rng = random.Random(1)
scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
pairs, started = 0, time.process_time()
while time.process_time() - started < float(sys.argv[2]):
    pool = rng.choices(texts, k=200)
    scores = list(map(partial(scorer.score, rng.choice(texts)), pool))
    highest = max(score["rougeL"].fmeasure for score in scores)
    pairs += len(pool)
print(json.dumps({"pairsPerSecond": pairs / (time.process_time() - started), "pairs": pairs}))
