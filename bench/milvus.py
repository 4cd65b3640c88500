"""The same questions to an embedded archive and to the same articles in Milvus (python -m bench.milvus A B GOLD).

Says of how many questions the 50 nearest and the 50 by words are the same passages, how far the scores are apart, what
of the evidence the first 5 and 10 of the fused list hold, and how long a search takes.
"""

import argparse
import json
import time
from pathlib import Path
from statistics import mean, median

from index.news_index import NewsIndex
from index.opening import open_archive
from index.search.fusion import fuse
from qa.retrieve import FUSION_K, WEIGHTS

K = 50


def main(archive: str, place: str, gold: str) -> dict[str, object]:
    from qa.newsroom import open_embedder
    from qa.settings import Settings

    embedder = open_embedder(Settings(archive=Path(archive)), archive=Path(archive))
    sides = [NewsIndex.over(open_archive(Path(at)), embedder) for at in (archive, place)]
    items = [item for line in Path(gold).read_text().splitlines() if (item := json.loads(line))["evidence"]]
    figures: dict[str, list[float]] = {}
    for item in items:
        found, seconds = [], []
        for news in sides:
            began = time.perf_counter()
            ranking = news.rank(item["question"], K)
            seconds.append(time.perf_counter() - began)
            places = news.archive.passages(sorted({row for rows in ranking.values() for row, _ in rows}))
            found.append({stage: {places[row]: score for row, score in rows} for stage, rows in ranking.items()})
            fused = [
                places[row]
                for row, _ in fuse({s: [r for r, _ in rows] for s, rows in ranking.items()}, WEIGHTS, k=FUSION_K)
            ]
            found[-1]["fused"] = {at: 0.0 for at in fused[:20]}
            for k in (5, 10):
                held = any(
                    article == piece["article_id"] and passage.start <= piece["start"] < passage.end
                    for article, passage in fused[:k]
                    for piece in item["evidence"]
                    if "start" in piece
                )
                figures.setdefault(f"evidence in first {k}, {news.archive.place.split(':')[0]}", []).append(held)
        ours, theirs = found
        for stage in ours:
            figures.setdefault(f"{stage}: same set", []).append(ours[stage].keys() == theirs[stage].keys())
            figures.setdefault(f"{stage}: same order", []).append(list(ours[stage]) == list(theirs[stage]))
            common = ours[stage].keys() & theirs[stage].keys()
            figures.setdefault(f"{stage}: shared", []).append(len(common) / max(1, len(ours[stage])))
            if stage != "fused":
                off = max((abs(ours[stage][at] - theirs[stage][at]) for at in common), default=0.0)
                figures.setdefault(f"{stage}: farthest apart", []).append(off)
        for name, value in zip(("embedded", "milvus"), seconds, strict=True):
            figures.setdefault(f"ms, {name}", []).append(1000 * value)
    told = {name: round(mean(values), 4) for name, values in figures.items()}
    told |= {name: median(values) for name, values in figures.items() if name.startswith("ms")}
    told |= {name: max(values) for name, values in figures.items() if "apart" in name}
    return {"questions": len(items), **told}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("archive", "place", "gold"):
        parser.add_argument(name)
    given = parser.parse_args()
    print(json.dumps(main(given.archive, given.place, given.gold), indent=1))
