"""The login page: one form in the page's look, whole in one answer, without a script."""

import base64
import hashlib
import re
from html import escape

from ground.language import Words

STYLE = """
:root { color-scheme: light dark; --back: #f8fafc; --card: #fff; --line: #8a94a6; --text: #1e293b; --quiet: #475569;
  --button: #1d4ed8; --on-button: #fff; --wrong: #b91c1c; }
@media (prefers-color-scheme: dark) { :root { --back: #0f172a; --card: #1e293b; --line: #7c8aa0; --text: #f1f5f9;
  --quiet: #cbd5e1; --button: #93c5fd; --on-button: #0f172a; --wrong: #fca5a5; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--back);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 22rem; padding: 1.5rem; background: var(--card); border-radius: 4px; }
h1 { font-size: 1.5rem; margin: 0; }
p { margin: .25rem 0 1rem; color: var(--quiet); }
[role=alert] { color: var(--wrong); font-weight: 600; }
label { display: block; margin: .75rem 0 .25rem; }
input, button { width: 100%; padding: .6rem .75rem; font: inherit; border-radius: 4px; border: 1px solid var(--line); }
input { background: var(--back); color: var(--text); }
button { margin-top: 1.25rem; background: var(--button); color: var(--on-button); border-color: transparent;
  font-weight: 600; cursor: pointer; }
:focus-visible { outline: 3px solid var(--button); outline-offset: 2px; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)


def write_login_page(root: str, next_address: str, words: Words, *, name: str = "", wrong: str = "") -> str:
    """The page as HTML; `root` is the path that the server stands under, `wrong` what went wrong the last time."""
    alert = f'<p role="alert" id="wrong">{escape(wrong)}</p>' if wrong else ""
    told = ' aria-invalid="true" aria-describedby="wrong"' if wrong else ""
    focus = ("", " autofocus") if name else (" autofocus", "")
    return f"""<!doctype html>
<html lang="{words.language}" dir="{words.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(words("login_title"))}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(words("page_title"))}</h1>
<p>{escape(words("login_lead"))}</p>
{alert}
<form method="post" action="{escape(root)}/login">
<input type="hidden" name="next" value="{escape(next_address)}">
<label for="username">{escape(words("login_name"))}</label>
<input id="username" name="username" value="{escape(name)}" autocomplete="username" autocapitalize="none"
 spellcheck="false" required maxlength="32"{focus[0]}{told}>
<label for="password">{escape(words("login_password"))}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required{focus[1]}{told}>
<button>{escape(words("login_button"))}</button>
</form>
</main>
</body>
</html>
"""


def local_address(address: str, root: str) -> str:
    r"""The address, if it is one of this server's own, else the first page: a login never leads elsewhere.

    >>> local_address("/?conversation=7", ""), local_address("//evil.example/", ""), local_address("/\\evil", "/news")
    ('/?conversation=7', '/', '/news/')
    """
    inside = address.startswith(f"{root}/") and re.fullmatch(r"/(?![/\\])[!-\[\]-~]*", address)
    page = address.partition("?")[0]
    return address if inside and page not in (f"{root}/login", f"{root}/logout") else f"{root}/"
