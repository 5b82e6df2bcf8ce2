"""The filter with rapidfuzz at its best: LCS lengths of a block of texts against the pool kept so far, by process.cdist: one byte each, two where
texts have more than 255 words.

usage: rapidfuzz_filter.py CORPUS THRESHOLD WORKERS BLOCK
Prints JSON: seconds (wall and CPU, tokenising included), kept, pairs, and the SHA-256 of the kept line numbers.
"""
import hashlib
import json
import re
import sys
import time

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import LCSseq


def main(path, threshold, workers, block_size):
    texts = open(path, encoding="utf-8").read().split("\n")[:-1]
    wall, cpu = time.perf_counter(), time.process_time()
    numbers, encoded = {}, []
    for text in texts:
        encoded.append([numbers.setdefault(word, len(numbers)) for word in re.findall(r"[a-z0-9]+", text.lower())])
    lengths = np.array([len(words) for words in encoded])
    if lengths.max() > 65_535:
        sys.exit("two-byte scores need texts of at most 65,535 words")
    score = np.uint8 if lengths.max() <= 255 else np.uint16
    allowed = allowed_lcs(threshold, np.unique(lengths), score)

    kept, pool, pairs = [], [], 0
    pool_lengths = np.empty(0, dtype=np.int64)
    for start in range(0, len(texts), block_size):
        block = encoded[start : start + block_size]
        own = lengths[start : start + block_size]
        candidates = np.arange(len(block))
        if pool:
            common = process.cdist(block, pool, scorer=LCSseq.similarity, dtype=score, workers=workers)
            pairs += common.size
            candidates = np.flatnonzero(~any_above(common, own, pool_lengths, allowed))
        open_texts = [block[i] for i in candidates]
        inner = process.cdist(open_texts, open_texts, scorer=LCSseq.similarity, dtype=score, workers=workers)
        pairs += inner.size // 2
        above = inner > allowed[np.ix_(own[candidates], own[candidates])]
        chosen = []
        for i in range(len(candidates)):
            if not above[i, chosen].any():
                chosen.append(i)
        kept += [start + int(candidates[i]) for i in chosen]
        pool += [open_texts[i] for i in chosen]
        pool_lengths = np.concatenate([pool_lengths, own[candidates[chosen]]])
    print(json.dumps({
        "seconds": time.perf_counter() - wall,
        "cpuSeconds": time.process_time() - cpu,
        "kept": len(kept),
        "pairs": int(pairs),
        "keptHash": hashlib.sha256("".join(f"{i}," for i in kept).encode()).hexdigest(),
    }))


def allowed_lcs(threshold, present, score):
    """(m, n): the largest LCS whose F, in rouge_score's float64 arithmetic, is not greater than the threshold; for lengths that are present."""
    table = np.zeros((present[-1] + 1, present[-1] + 1), dtype=score)
    for m in present[present > 0].tolist():
        for n in present[present > 0].tolist():
            lcs = min(m, n, int(threshold * (m + n) / 2) + 1)
            while lcs > 0 and f_measure(lcs, m, n) > threshold:
                lcs -= 1
            table[m, n] = lcs
    return table


def f_measure(lcs, target, prediction):
    precision, recall = lcs / prediction, lcs / target
    return 2 * precision * recall / (precision + recall)


def any_above(common, own, pool_lengths, allowed):
    """For each row, whether any pair scores above the threshold. Rows of one length share their row of `allowed`."""
    result = np.zeros(len(own), dtype=bool)
    for length in np.unique(own):
        rows = own == length
        result[rows] = (common[rows] > allowed[length][pool_lengths]).any(axis=1)
    return result


main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
