"""Whether every citation of a run of `groundwire eval` is, character for character, what its article says.

Cut again from the archive's text and, where the articles' folder is given, from the files' own bytes.
"""

import codecs
import json
import statistics
from pathlib import Path
from typing import Any

from bench.corpus import describe_archive
from bench.record import open_parser, write_record
from index.opening import open_archive
from index.store.archive import Archive
from models.weights import sha256_of

PLAIN = (".txt", ".md", ".markdown")


def read_file_text(folder: Path, article_id: str) -> str | None:
    """A plain file's text, decoded here and not by the project's reader; None where the article has no such file."""
    for suffix in PLAIN:
        file = folder / f"{article_id}{suffix}"
        if file.is_file():
            data = file.read_bytes()
            wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            return data.decode("utf-16" if wide else "utf-8").removeprefix("\ufeff")
    return None


def check(answers: list[dict[str, Any]], archive: Archive, articles: Path | None) -> dict[str, Any]:
    """Counts of citations, of those that are verbatim, and what is not, for one run."""
    in_archive, in_file, wrong = [], [], []
    for answer in answers:
        for citation in answer["citations"]:
            article_id, span = citation["article_id"], slice(citation["start"], citation["end"])
            article = archive.article(article_id)
            same = article is not None and citation["quote"] != "" and article.text[span] == citation["quote"]
            in_archive.append(same)
            text = read_file_text(articles, article_id) if articles else None
            if text is not None:
                in_file.append(text[span] == citation["quote"])
                same = same and in_file[-1]
            if not same:
                wrong.append(f"{answer['id']} [{citation['number']}] {article_id} {span.start}:{span.stop}")
    lengths = [sum(len(c["quote"]) for c in answer["citations"]) for answer in answers if not answer["declined"]]
    return {
        "answers": len(answers),
        "declined": sum(answer["declined"] for answer in answers),
        "citations": len(in_archive),
        "verbatim_in_archive": round(statistics.fmean(in_archive), 6) if in_archive else None,
        "citations_with_a_file": len(in_file),
        "verbatim_in_file": round(statistics.fmean(in_file), 6) if in_file else None,
        "wrong": wrong,
        "mean_quote_characters_an_answer": round(statistics.fmean(lengths), 1) if lengths else None,
    }


def main() -> None:
    parser = open_parser(__doc__ or "", name="verbatim", weights=False)
    parser.add_argument("pairs", nargs="+", type=Path, metavar="RUN_DIR ARCHIVE", help="a run's folder, its archive, …")
    parser.add_argument("--articles", type=Path, help="the folder of plain files that the articles came from")
    given = parser.parse_args()
    if len(given.pairs) % 2:
        parser.error("give an archive after each run's folder")
    runs, corpora = {}, []
    for folder, place in zip(given.pairs[::2], given.pairs[1::2], strict=True):
        file = folder / "answers.jsonl"
        answers = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        archive = open_archive(place)
        made = check(answers, archive, given.articles) | {"answers_sha256": sha256_of(file)}
        corpora.append(describe_archive(archive))
        runs[folder.name] = made
        print(f"{folder.name}: {made['citations']} citations in {made['answers']} answers")
        print(f"  verbatim in the archive {made['verbatim_in_archive']}")
        print(f"  verbatim in the file    {made['verbatim_in_file']} (of {made['citations_with_a_file']})")
        print(f"  characters of quotes an answer {made['mean_quote_characters_an_answer']}")
        for sentence in made["wrong"][:20]:
            print(f"  not verbatim: {sentence}")
    total = sum(made["citations"] for made in runs.values())
    wrong = sum(len(made["wrong"]) for made in runs.values())
    figures = {"citations": total, "share_verbatim": round(1 - wrong / total, 6) if total else None, "runs": runs}
    write_record(given.name, figures, corpus=corpora)
    if wrong:
        raise SystemExit(f"{wrong} of {total} citations are not verbatim")


if __name__ == "__main__":
    main()
