"""One order of all modules, lowest floor first: the order to read them in, and the only way to import them."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = """
    models models.catalogue models.gguf models.weights models.download models.wheels models.fetch models.tokens
    models.embedder models.llama models.lookup models.connection models.endpoint models.reranker index index.article
    index.days index.dateline index.credits index.lines index.asides index.sections index.page index.correction
    index.wire index.address index.pages index.shingles index.versions index.grouping index.apart index.readers.charset
    index.readers.text index.readers.markdown index.readers.jsonl index.readers.member index.readers.packed
    index.readers.warc index.readers.container index.readers index.readers.metadata index.readers.lines
    index.readers.html index.readers.mail index.readers.pdf index.readers.docx index.readers.table
    index.readers.feed index.readers.xml index.worker index.passage index.cutter index.difference index.copies
    index.scope index.within index.archive index.embedded index.stamp index.dense index.lexical index.derived
    index.milvus index.milvus.connection index.milvus.store index.milvus.catalogue index.milvus.reading
    index.milvus.lease index.milvus.archive index.milvus.words index.milvus.ranker index.opening index.ranking
    index.update index.cluster index.news_index index.transfer index.entries index.feeds index.watch qa qa.settings
    qa.measures qa.retrieve qa.prompt qa.read qa.verify qa.stance qa.conflict qa.answer qa.compose qa.quick
    qa.provenance qa.pipeline qa.replay qa.gold qa.quotes qa.gold_file qa.gold_sets.item qa.gold_sets.source
    qa.gold_sets.gather qa.gold_sets.squad qa.gold_sets.multihop qa.gold_sets.beir qa.gold_sets.table qa.gold_sets
    qa.gold_check qa.gold_draft qa.gold_add qa.marked qa.statistics qa.judge qa.trec qa.figures qa.run qa.evaluate
    qa.compare qa.report qa.options qa.terminal qa.gold_dialogue qa.cli_eval qa.cli_gold qa.cli_feed qa.cli_copies
    qa.cli_show qa.cli_index qa.cli_transfer qa.cli web web.words web.desk web.rooms web.batch web.adding
    web.keeping web.export web.measure web.asked web.logins web.session web.login_page web.door web.examples
    web.house web.markup web.chat web.layout web.add_tab web.measure_tab web.page web.programs web.completions
    web.endpoints web.serve web.cli_login app
""".split()
HEAVY = (
    *("torch", "llama_cpp", "faiss", "gradio", "fastapi", "argon2", "sentence_transformers", "onnxruntime", "tantivy"),
    *("scipy", "ir_measures", "jinja2", "ray", "pyarrow", "pandas"),
    *("httpx", "httpcore", "protego", "feedparser", "watchfiles"),
    *("trafilatura", "htmldate", "lxml", "pypdf", "docx", "feedparser", "charset_normalizer", "py3langid"),
    *("scipy", "ir_measures", "jinja2", "warcio"),
)


def file_of(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imports_of(source: str, known: set[str]) -> set[str]:
    """The modules of `known` that a source imports anywhere; `from a import b` is the module `a.b` where there is one.

    >>> sorted(imports_of("import index.dense\\ndef f():\\n    from qa import prompt, cli", {"index.dense", "qa.cli"}))
    ['index.dense', 'qa.cli']
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their module in full"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inner & known or {str(node.module)}
    return found & known


def test_every_module_has_its_floor() -> None:
    files = [
        ROOT / "app.py",
        *(file for package in ("models", "index", "qa", "web") for file in (ROOT / package).rglob("*.py")),
    ]
    assert {file_of(module) for module in FLOORS} == set(files)
    assert len(set(FLOORS)) == len(FLOORS)


def test_the_architecture_page_has_the_same_order() -> None:
    """The readers and the makers of gold sets are one name each there; `protocols` is what `models` itself holds."""
    told = re.findall(r"\w+", (ROOT / "docs" / "architecture.md").read_text("utf-8").split("```")[1])
    shown = [module for module in FLOORS if not module.startswith(("index.readers.", "qa.gold_sets."))]
    assert told == ["models", "protocols", *(module.rpartition(".")[2] for module in shown[1:])]


@pytest.mark.parametrize("module", FLOORS)
def test_a_module_imports_only_what_stands_before_it(module: str) -> None:
    upward = imports_of(file_of(module).read_text("utf-8"), set(FLOORS)) - set(FLOORS[: FLOORS.index(module)])
    assert not upward, f"{module} imports {', '.join(sorted(upward))}, which stands above it"


@pytest.mark.parametrize("module", ["models", "qa.cli", "app"])
def test_what_every_command_imports_loads_no_heavy_library(module: str) -> None:
    asked = f"import sys, {module}; print(*[name for name in {HEAVY} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
