"""The compose file asks of our program only what it has; a container engine is not needed to see that."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import add_serve_command
from cli.main import build_parser
from tests.test_floors import FLOOR

DEPLOY = Path(__file__).parent.parent / "deploy"
SERVICES: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]


def test_the_page_is_started_with_options_that_it_has() -> None:
    given = build_parser((add_serve_command,)).parse_args(SERVICES["page"]["command"])
    assert given.command == "serve" and given.llm == "http://llm:8000/v1" and str(given.auth_file) == "/data/logins"


@pytest.mark.parametrize("name", [name for name in SERVICES["page"]["environment"] if name.startswith("GROUNDWIRE")])
def test_what_it_is_told_by_the_environment_is_read(name: str) -> None:
    root = DEPLOY.parent
    read = [file for folder in FLOOR for file in (root / folder).rglob("*.py")]
    assert any(name in file.read_text() for file in read)


def test_services_wait_for_what_they_need_and_only_the_page_is_reached() -> None:
    assert set(SERVICES["page"]["depends_on"]) == {"milvus", "llm"}
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", {})) <= SERVICES.keys()
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        assert not service.get("ports") or name == "page"
        assert "image" in service and not service["image"].endswith(":latest")
    assert all("healthcheck" in SERVICES[name] for name in SERVICES["page"]["depends_on"])


def test_the_image_is_built_of_files_that_are_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    assert names and all((DEPLOY.parent / name).exists() for name in names)
    packages = set(FLOOR) - {"app"}
    assert packages <= set(names)
