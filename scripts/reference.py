"""What the site has besides docs/: pages made from the code as it is built, and links where a page names another.

A hook of mkdocs (mkdocs.yml names it): `mkdocs build --strict`, in a clone with `pip install --group docs`.
"""

import argparse
import inspect
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`|\[[^\]]*\]\([^)]*\))", re.MULTILINE | re.DOTALL)
PAGE = re.compile(r"\bdocs/([a-z]+\.md)")


def on_files(files: Any, config: Any) -> Any:
    """Adds the pages that are made of code."""
    from mkdocs.structure.files import File

    from web.programs.openapi import document

    for name, content in pages().items():
        files.append(File.generated(config, f"reference/{name}.md", content=content))
    described = json.dumps(document(), indent=1)
    files.append(File.generated(config, "reference/openapi.json", content=described))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """A link wherever a page of docs/ is named by its path, which is how pages read in a clone."""
    return linked(markdown, "../" * page.file.src_uri.count("/"))


def linked(markdown: str, up: str = "") -> str:
    """Outside code and links.

    >>> linked("see docs/check.md, not `docs/check.md`")
    'see [check](check.md), not `docs/check.md`'
    """
    parts = CODE.split(markdown)
    parts[::2] = [PAGE.sub(lambda named: f"[{named[1][:-3]}]({up}{named[1]})", part) for part in parts[::2]]
    return "".join(parts)


def pages() -> dict[str, str]:
    """By name, the Markdown of the pages that code makes."""
    return {"commands": commands(), "python": python(), "answer": answer(), "http": http()}


def commands() -> str:
    """Each command's --help, from the parsers."""
    from app import add_serve_command
    from cli.main import build_parser
    from web.auth.commands import add_login_commands

    parser = build_parser((add_serve_command, add_login_commands))
    with patch.dict(os.environ, COLUMNS="100"):
        told = [f"## {name}\n\n```text\n{command.format_help().rstrip()}\n```\n" for name, command in _below(parser)]
    return "\n".join(["# Every command and option\n", *told])


def _below(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    yield parser.prog, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _below(command)


def python() -> str:
    """Each public name: its signature and what its docstring says, of a class its methods too."""
    import groundwire
    import groundwire.testing

    told = ["# Every name in Python\n"]
    for module, names in ((groundwire, groundwire.__all__), (groundwire.testing, PUBLIC_FAKES)):
        for name in names:
            told += _told(f"{module.__name__}.{name}", getattr(module, name), "##")
    return "\n".join(told)


PUBLIC_FAKES = ("fakes_for_models", "FakeEmbedder", "FakeReader", "ScriptedGenerator")


def _told(name: str, value: Any, heading: str) -> Iterator[str]:
    try:
        signature = str(inspect.signature(value))
    except (TypeError, ValueError):
        signature = ""
    yield f"{heading} {name}\n"
    yield f"```python\n{name.rpartition('.')[2]}{_readable(signature)}\n```\n"
    yield (inspect.getdoc(value) or "").replace(">>> ", "    >>> ") + "\n"
    if inspect.isclass(value):
        for inner, method in vars(value).items():
            if inspect.isfunction(method) and not inner.startswith("_") and method.__doc__:
                yield from _told(f"{name.rpartition('.')[2]}.{inner}", method, "###")


def _readable(signature: str) -> str:
    """Types by their own names, … for a default that is a function, the home folder as ~.

    >>> _readable("(a: qa.settings.Settings = <function f.<lambda> at 0x7f00>) -> list[qa.retrieve.Hit]")
    '(a: Settings = …) -> list[Hit]'
    """
    signature = re.sub(r"<function \S+ at 0x\w+>", "…", signature).replace(str(Path.home()), "~")
    return re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z])", "", signature)


def answer() -> str:
    """The JSON schema of an answer."""
    from web.programs.openapi import answer_schema

    schema = json.dumps(answer_schema(), indent=1)
    told = "What each field means: docs/answer.md. As a file: [answer.schema.json](../answer.schema.json)."
    return f"# JSON schema of an answer\n\n{told}\n\n```json\n{schema}\n```\n"


def http() -> str:
    """Each address of the HTTP API, what it takes and gives; the shapes of it all after them."""
    from web.programs.openapi import document

    described = document()
    told = [
        "# The HTTP API\n\nA server gives this as OpenAPI at `/openapi.json`; here it is as [a file](openapi.json).",
        "How to use it: docs/programs.md.",
    ]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            told += [f"## {method.upper()} {path}", f"{operation['summary']}.", *_takes(operation)]
            told.append("Gives:\n\n" + "\n".join(_gives(operation)))
    for name, shape in sorted(described["components"]["schemas"].items()):
        told += [f"## {name}", " ".join(shape.get("description", "").split()), _table(_fields(shape))]
    return "\n\n".join(filter(None, told)) + "\n"


def _takes(operation: dict[str, Any]) -> Iterator[str]:
    if given := operation.get("parameters"):
        yield _table([(one["name"], _kind(one["schema"]), one["description"]) for one in given])
    for media, body in operation.get("requestBody", {}).get("content", {}).items():
        yield f"Takes `{media}`: {_kind(body['schema'])}"
        if "properties" in body["schema"]:
            yield _table(_fields(body["schema"]))


def _gives(operation: dict[str, Any]) -> Iterator[str]:
    for status, response in operation["responses"].items():
        shapes = [
            _kind(one["schema"]) if "$ref" in one["schema"] else f"`{media}`"
            for media, one in response["content"].items()
        ]
        yield f"- {status}: {response['description']} ({', '.join(shapes)})"


def _fields(shape: dict[str, Any]) -> list[tuple[str, str, str]]:
    wanted = shape.get("required", [])
    return [
        (name, _kind(kind), "" if name in wanted else "may be left out")
        for name, kind in shape.get("properties", {}).items()
    ]


def _table(rows: list[tuple[str, str, str]]) -> str:
    return "\n".join(["| name | kind | |", "|---|---|---|", *(f"| `{a}` | {b} | {c} |" for a, b, c in rows)])


def _kind(schema: dict[str, Any]) -> str:
    """A JSON schema in words, a link where it is a shape of its own.

    >>> _kind({"type": "array", "items": {"anyOf": [{"$ref": "#/components/schemas/Hit"}, {"type": "null"}]}})
    'list of ([Hit](#hit) or null)'
    """
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return "(" + " or ".join(map(_kind, schema["anyOf"])) + ")"
    if values := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return " or ".join(f"`{value}`" for value in values)
    if schema.get("type") == "array":
        inner = schema.get("items") or {"anyOf": schema.get("prefixItems", [{}])}
        return f"list of {_kind(inner)}"
    if "maximum" in schema:
        return f"integer, {schema['default']} where it is left out"
    return str(schema.get("type", "anything"))
