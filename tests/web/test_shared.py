"""One archive that several share, in a real browser: an editor corrects, a second is told, who reads has no button."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.served import PASSWORD, open_site
from web.auth.logins import set_role

pytestmark = pytest.mark.browser


def log_in(chromium: Any, address: str, user: str) -> Any:
    page = chromium.new_context().new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    page.get_by_label("Name").fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").click()
    page.get_by_text(f"Logged in as {user}").wait_for()
    page.locator("#front [data-article=airport]").first.click()
    page.locator("#reader .article").wait_for()
    return page


def test_two_editors_and_a_reader_of_one_article(chromium: Any, tmp_path: Path) -> None:
    with open_site(tmp_path, users=("ana", "bea", "paz")) as site:
        assert site.auth_file
        for user in ("ana", "bea"):
            set_role(site.auth_file, user, "editor")
        ana, bea, paz = (log_in(chromium, site.address, user) for user in ("ana", "bea", "paz"))
        reader = paz.locator("#reader")
        assert reader.get_by_role("button", name="Ask only this article").is_visible()
        assert reader.get_by_role("button", name="Forget", exact=True).count() == 0
        for page in (ana, bea):
            page.locator("#reader").get_by_role("button", name="Correct", exact=True).click()
            page.locator("#edit-source textarea, #edit-source input").wait_for()
        for page, outlet in ((ana, "AFP"), (bea, "EFE")):
            page.locator("#edit-source textarea, #edit-source input").fill(outlet)
            page.locator("#edit-save").click()
            page.locator("#edited [role]").wait_for()
        assert "airport is corrected." in ana.locator("#edited").inner_text()
        assert 'changed source to "AFP"' in bea.locator("#edited [role=alert]").inner_text()
        assert "AFP" in ana.locator("#reader .article").inner_text()

        ana.locator("#reader").get_by_role("button", name="Forget", exact=True).click()
        ana.get_by_text("airport is taken out, and kept out.").wait_for()
        key = site.key(user="ana")
        assert "airport" not in site.server.archives.archive("ana", key).owners()

        bea.get_by_role("tab", name="Changes").click()
        bea.locator("#changes table").wait_for()
        assert "Forgotten" in bea.locator("#changes tbody tr").first.inner_text()
        paz.get_by_role("tab", name="Changes").click()
        paz.locator("#changes table").wait_for()
        assert paz.locator("#changes [data-event=undo]").count() == 0
        bea.locator("#changes [data-event=undo]").first.click()
        bea.get_by_text("is undone, as change").wait_for()
        assert "airport" in site.server.archives.archive("bea", key).owners()
        for page in (ana, bea, paz):
            page.context.close()
