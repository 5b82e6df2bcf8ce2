"""The filter with datasketch: MinHash of the set of words, 128 permutations, an LSH index at Jaccard J. Reject when anything is found.

usage: minhash_filter.py CORPUS JACCARD
Prints JSON with the line numbers kept.
"""
import json
import re
import sys
import time

from datasketch import MinHash, MinHashLSH

texts = open(sys.argv[1], encoding="utf-8").read().split("\n")[:-1]
wall, cpu = time.perf_counter(), time.process_time()
index = MinHashLSH(threshold=float(sys.argv[2]), num_perm=128)
kept = []
for i, text in enumerate(texts):
    sketch = MinHash(num_perm=128)
    sketch.update_batch([word.encode() for word in re.findall(r"[a-z0-9]+", text.lower())])
    if not index.query(sketch):
        index.insert(i, sketch)
        kept.append(i)
print(json.dumps({"seconds": time.perf_counter() - wall, "cpuSeconds": time.process_time() - cpu, "kept": kept}))
