"""What Groundwire says: every language has all of it, and none of it stands outside the language files."""

import ast
import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ground.language import FOLDER, LanguageError, Words, best_of, entries_of, languages
from index.understanding.periods import read_period
from web.auth.login_page import write_login_page

ROOT = Path(__file__).parents[2]
NAMES = re.compile(r"{(\w+)}")
TALK = re.compile(r"[^\W\d_]{2,}[ ,;:.…]+[^\W\d_]{2,}")  # two words, one after the other
SHOWN = ("aria-label", "title", "placeholder", "alt")  # attributes that people read
# Strings of web/page that nobody reads on the page: what a programmer is told, and what CSS, JS or Gradio get.
UNSEEN = re.compile(r"^[\w-]+\.\w+$|groundwire\.\w+\(|document\.|^while answering$|^no kind of name: |sans-serif")


def entries(language: str) -> dict[str, dict[str, str]]:
    """The entries of a language by key, each with its plural forms; one without has one, `other`."""
    held = entries_of(language)
    return {key: {"other": entry} if isinstance(entry, str) else dict(entry) for key, entry in held.items()}


def faults(language: str) -> Iterator[str]:
    """What is wrong with a language beside the English one, a line each."""
    english, own = entries("en"), entries(language)
    yield from (f"{key}: is not there" for key in english if key not in own)
    yield from (f"{key}: nothing says it" for key in own if key not in english)
    for key, forms in own.items():
        if key not in english:
            continue
        wanted = {name for form in english[key].values() for name in NAMES.findall(form)}
        there = {name for form in forms.values() for name in NAMES.findall(form)}
        if there != wanted:
            yield f"{key}: has {sorted(there)} in braces, not {sorted(wanted)}"
        if not all(form.strip() for form in forms.values()):
            yield f"{key}: is empty"
        words = re.findall(r"[^\W\d_]{3,}", NAMES.sub("", forms["other"]))
        if forms["other"] == english[key]["other"] and len(words) > 2 and key != "write_date":
            yield f"{key}: is not translated"


@pytest.mark.parametrize("language", [name for name in languages() if name != "en"])
def test_a_language_has_every_entry_of_the_english_one(language: str) -> None:
    wrong = list(faults(language))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", languages())
def test_plurals_have_the_forms_that_the_language_counts_with(language: str) -> None:
    words = Words(language)
    needed = {words.locale.plural_form(count) for count in range(1, 1000)} | {"other"}
    for key, forms in entries(language).items():
        assert forms.keys() == {"other"} or forms.keys() >= needed, f"{key} lacks {needed - forms.keys()}"
        assert forms.keys() <= words.locale.plural_form.tags | {"other"}, key
        assert len(forms) == 1 or all("{count}" in form for name, form in forms.items() if name == "other"), key


@pytest.mark.parametrize("language", languages())
def test_no_key_stands_twice_in_a_file(language: str) -> None:
    keys = re.findall(r"(?m)^(\w+) = ", (FOLDER / f"{language}.toml").read_text("utf-8").partition("[answers]")[2])
    assert sorted(set(keys)) == sorted(keys)


def test_every_entry_is_said_and_all_that_is_said_has_its_entry() -> None:
    files = [file for room in ("web", "qa", "cli", "index") for file in (ROOT / room).rglob("*.*")]
    source = "".join(file.read_text("utf-8") for file in files if file.suffix in (".py", ".html"))
    keys = entries("en").keys()
    called = set(re.findall(r'(?<!\w)(?:t|words|say|say_in)\(\s*"(\w+)"', source))
    assert called - {"copy_"} <= keys, "has no entry"
    spoken = set(re.findall(r"""["'](\w+)["']""", source)) | {
        f"copy_{kind}" for kind in ("text", "markdown", "html", "json")
    }
    begun = tuple(re.findall(r'f"(\w+_)\{', source))  # such as change_{kind}
    refusals = {f"{of}{why}" for of in ("", "chosen_") for why in ("not_sure", "do_not_say")}
    assert {key for key in keys if not key.startswith(begun)} - refusals <= spoken, "is said nowhere"


# Nothing of it stands elsewhere


class Read(HTMLParser):
    """The words of a template that people read, what is filled in left out."""

    def __init__(self, template: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", template, flags=re.S))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if name in SHOWN and value and re.search(r"[^\W\d_]", value)]

    def handle_data(self, data: str) -> None:
        self.found += [data.strip()] if re.search(r"[^\W\d_]", data) else []


def said_in_python(source: str) -> Iterator[str]:
    """The strings of a module in which two words follow each other, docstrings and notes to programmers left out."""
    tree = ast.parse(source)
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        said = node.value if isinstance(node, ast.Constant) and id(node) not in documents else ""
        if isinstance(said, str) and TALK.search(said) and not UNSEEN.search(said):
            yield said


def said_in_script(source: str) -> list[str]:
    """The strings of a script in which two words follow each other, selectors left out."""
    plain = re.sub(r"(?m)//.*$", "", source)
    strings = [text for _, text in re.findall(r"""(["'`])((?:(?!\1).)*)\1""", plain)]
    return [text for text in strings if TALK.search(text) and not re.search(r"[#.\[][\w-]+", text)]


def test_strays_are_found() -> None:
    assert Read('<p aria-label="Close it">{{ t("x") }} <b>Hello</b></p>').found == ["Close it", "Hello"]
    assert list(said_in_python('"""A module of words."""\nx = f"so many articles: {1}"\n')) == ["so many articles: "]
    assert said_in_script('say("Copied to there"); find("#search textarea"); // a note here') == ["Copied to there"]


def test_no_word_of_the_page_stands_outside_the_language_files() -> None:
    """Not in templates, scripts, styles or Python: a translator would never find it."""
    page = ROOT / "web" / "page"
    for file in page.rglob("*.html"):
        assert Read(file.read_text("utf-8")).found in ([], ["×"]), file.name
    for file in page.rglob("*.js"):
        assert said_in_script(file.read_text("utf-8")) == [], file.name
    for file in page.rglob("*.css"):
        assert not re.search(r'content:\s*"[^"]*[^\W\d_]', file.read_text("utf-8")), file.name
    for module in page.rglob("*.py"):
        source = module.read_text("utf-8")
        source = re.sub(r"(?ms)^(?:STEPS|SIGNS) = {.*?}", "", source)  # keys of what the queue and the checker tell
        assert list(said_in_python(source)) == [], module.name


class Mute(Words):
    """Words that say nothing."""

    def __call__(self, key: str, **values: object) -> str:
        return ""


def test_no_word_of_the_login_page_stands_outside_the_language_files() -> None:
    assert Read(write_login_page("", "/", Mute()).partition("</style>")[2]).found == []
    french = Read(write_login_page("", "/", Words("fr"), wrong="non").partition("</style>")[2]).found
    assert {"Mot de passe", "Se connecter", "non"} <= set(french)


# Dates, numbers, and which language


def test_days_are_written_as_the_language_does() -> None:
    told = {language: Words(language).day("2020-01-01") for language in ("en", "fr", "es", "de")}
    assert told == {
        "en": "1 January 2020",
        "fr": "1er janvier 2020",
        "es": "1 de enero de 2020",
        "de": "1. Januar 2020",
    }
    assert Words("fr").day("2020-01-11") == "11 janvier 2020"
    assert [Words("es").day(iso) for iso in ("2020-13", "yesterday", "")] == ["2020-13", "yesterday", ""]
    assert Words("de").weekday(date(2021, 1, 1)) == "Freitag"


def test_what_is_filled_in_is_never_filled_in_again() -> None:
    assert Words()("understood_as", question="{question} {0} {x!r}") == "Understood as: {question} {0} {x!r}"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("it;q=1, DE;q=0.5, es;q=0.7", "es"),
        ("en;q=0.3, fr;q=0.3", "en"),
        ("fr;q=0, de;q=0.001", "de"),
        ("*", "en"),
        ("", "en"),
        ("fr;q=9, ;;;,,q=1, \0", "en"),
        ("../../etc/passwd, en.toml", "en"),
    ],
)
def test_the_browser_says_which_language(accepted: str, language: str) -> None:
    assert best_of(accepted) == language


def test_a_language_that_is_none_is_told_with_those_that_are() -> None:
    with pytest.raises(LanguageError, match=r'no language "../x"; choose one of en, de, es, fr'):
        Words("../x")


@pytest.mark.parametrize("language", languages())
def test_the_days_of_a_hint_can_be_written_so(language: str) -> None:
    words = Words(language)
    for example in re.split(f", |{words('or')}", words("day_hint")):
        assert read_period(example)
