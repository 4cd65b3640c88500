"""Who is asking, and from where: pure ASGI around everything that is served. What is not let in here stays out.

It decides by names and headers alone, and never holds a body or an answer up. docs/serving.md has the rules.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import anyio
import anyio.to_thread

from ground.language import Words
from web.auth.headers import (
    AsgiScope,
    all_of,
    cookies_of,
    host_name,
    language_of,
    read_authorization,
    same_origin,
    wants_page,
)
from web.auth.login_page import POLICY, local_address, write_login_page
from web.auth.logins import NAME, Logins, TooManyTries
from web.auth.session import SESSION_SECONDS, cookie_name, sign, verify

AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
App = Callable[[AsgiScope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

BODY_BYTES = 4 * 1024 * 1024
UPLOAD_BYTES = 1024 * 1024 * 1024
FORM_BYTES = 16 * 1024
UPLOAD_PATH = "/gradio_api/upload"
FILE_PATH = "/gradio_api/file="
HASHING_THREADS = 2
# Gradio believes these from anybody: they would send its links, and its MCP tools' own calls, to another host.
UNTRUSTED = (b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")
# Gradio's pages have scripts in them, and gr.HTML and `js=` make functions of strings: what this policy keeps is that
# nothing leaves for, comes from or is framed by another host.
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self';"
    " worker-src 'self' blob:; frame-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self';"
    " frame-ancestors 'none'"
)
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox; frame-ancestors 'none'"
PROTECTION = {
    "content-security-policy": PAGE_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with no-referrer a browser says "Origin: null" of its own form
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Denied(Exception):
    """A request that is not let in: the status, one sentence, and headers for it."""

    def __init__(self, status: int, sentence: str, headers: Headers | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = headers or []


def user_of(request: Any) -> str | None:
    """Who asks: "" without logins, else a login's name; None for a request that went past it, or a refused one.

    Takes a Starlette or FastAPI request; it is what Gradio's `auth_dependency` wants.
    """
    user = request.scope.get("state", {}).get("user")
    return user if isinstance(user, str) else None


class AuthMiddleware:
    """Lets a request in to `app` with `scope["state"]["user"]` set, or answers it.

    Without `logins` everybody is "". `hosts` are the Host names answered to; none means any. `root_path` is where a
    proxy shows the server, if uvicorn was not told. `speak` is the language of the login page, if it is not the
    browser's. Bodies are cut off at `body_bytes`, uploads at `upload_bytes`.
    """

    def __init__(
        self,
        app: App,
        logins: Logins | None,
        hosts: Sequence[str],
        secret: bytes,
        *,
        root_path: str = "",
        speak: str = "",
        body_bytes: int = BODY_BYTES,
        upload_bytes: int = UPLOAD_BYTES,
    ) -> None:
        self.app = app
        self.logins = logins
        self.hosts = frozenset(host_name(host) or host for host in hosts)
        self.secret = secret
        self.root_path = urlsplit(root_path).path.rstrip("/")
        self.speak = speak
        self.body_bytes = body_bytes
        self.upload_bytes = upload_bytes
        self._cookie = cookie_name(secret)
        self._hashing: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        inner = self._under_root(scope)
        try:
            self._check_origin(inner)
            user = await self._user(inner)
            if inner["type"] == "http" and self._path(inner) in ("/login", "/logout"):
                await self._log_in_or_out(inner, receive, send, user)
                return
            if user is None:
                raise self._unknown(inner)
        except Denied as refused:
            await _answer(inner, send, refused)
            return
        inner["state"] = {**scope.get("state", {}), "user": user}
        if inner["type"] == "websocket":
            await self.app(inner, receive, send)
            return
        await self._let_in(inner, receive, send)

    # From where

    def _check_origin(self, scope: AsgiScope) -> None:
        """No name but ours, and no page of another site: neither may read here nor change anything."""
        hosts = all_of(scope, b"host")
        host = hosts[0] if len(hosts) == 1 else ""
        if self.hosts and host_name(host) not in self.hosts:
            named = f'"{host[:100]}"' if host else "a request without one name"
            ways = f"open it as {' or '.join(sorted(self.hosts))}, or start it with --name {host_name(host) or 'NAME'}"
            raise Denied(421, f"{named} is no name of this server; {ways}")
        for origin in all_of(scope, b"origin"):
            if not same_origin(origin, host, scope.get("scheme", "http")):
                raise Denied(403, f'"{origin[:100]}" may not ask this server; only its own pages may')

    def _under_root(self, scope: AsgiScope) -> AsgiScope:
        """The request as ASGI wants it, its path with the root before it, whether or not a proxy took that away."""
        root, path = str(scope.get("root_path") or self.root_path).rstrip("/"), str(scope["path"])
        inner = {**scope, "headers": [pair for pair in scope["headers"] if pair[0].lower() not in UNTRUSTED]}
        if root and not f"{path}/".startswith(f"{root}/"):
            inner["path"] = root + path
            inner["raw_path"] = root.encode() + (scope.get("raw_path") or quote(path).encode())
        return {**inner, "root_path": root}

    def _root(self, scope: AsgiScope) -> str:
        return str(scope["root_path"])

    def _path(self, scope: AsgiScope) -> str:
        return str(scope["path"])[len(self._root(scope)) :]

    # Who

    async def _user(self, scope: AsgiScope) -> str | None:
        """Who asks, None for somebody unknown; raises Denied for a wrong name or password."""
        if self.logins is None:
            return ""
        given = all_of(scope, b"authorization")
        if not given:
            for value in cookies_of(scope, self._cookie):
                name = verify(self.secret, value, self.logins.hash_of)
                if name is not None:
                    return name
            return None
        pair = read_authorization(given[0])
        if pair is None or len(given) > 1:
            raise Denied(401, "that is no login; send NAME:PASSWORD as Basic or Bearer authorization", _CHALLENGE)
        if not await self._check(*pair, scope):
            raise Denied(401, "wrong name or password", _CHALLENGE)
        return pair[0]

    async def _check(self, name: str, password: str, scope: AsgiScope) -> bool:
        assert self.logins is not None
        if self.logins.remembers(name, password):
            return True
        if self._hashing is None:  # made where there is an event loop
            self._hashing = anyio.CapacityLimiter(HASHING_THREADS)
        address = (scope.get("client") or ("",))[0]
        try:
            return await anyio.to_thread.run_sync(
                self.logins.check, name, password, address, limiter=self._hashing, abandon_on_cancel=True
            )
        except TooManyTries as error:
            wait = str(int(error.seconds) + 1).encode()
            raise Denied(429, str(error), [(b"retry-after", wait)]) from None

    def _unknown(self, scope: AsgiScope) -> Denied:
        """To the login page for a person who opens an address; a sentence for everything else."""
        if scope["type"] == "http" and scope["method"] == "GET" and wants_page(scope):
            query = scope["query_string"].decode("latin-1")
            address = self._root(scope) + quote(self._path(scope)) + (f"?{query}" if query else "")
            root = self._root(scope)
            to = f"{root}/login"
            if local_address(address, root) != f"{root}/":
                to += f"?next={quote(address, safe='')}"
            return Denied(303, "log in first", [(b"location", to.encode("latin-1", "replace"))])
        return Denied(401, "log in first: send NAME:PASSWORD as Basic or Bearer authorization", _CHALLENGE)

    # In and out

    async def _log_in_or_out(self, scope: AsgiScope, receive: Receive, send: Send, user: str | None) -> None:
        root, method = self._root(scope), scope["method"]
        words = Words(language_of(scope, self.speak))
        if method not in ("GET", "HEAD", "POST"):
            raise Denied(405, "GET and POST only", [(b"allow", b"GET, HEAD, POST")])
        if self.logins is None:
            raise Denied(303, "no login is needed here", [(b"location", f"{root}/".encode())])
        if self._path(scope) == "/logout":
            gone = f"{self._cookie}=; {self._cookie_ways(scope)}; Max-Age=0".encode()
            raise Denied(303, "logged out", [(b"location", f"{root}/login".encode()), (b"set-cookie", gone)])
        if method != "POST":
            asked = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20)
            to = local_address(asked.get("next", [""])[0], root)
            if user is not None:
                raise Denied(303, "logged in", [(b"location", to.encode())])
            await _send_page(scope, send, 200, write_login_page(root, to, words))
            return
        form = await _read_form(receive)
        name, to = form.get("username", "").strip().casefold(), local_address(form.get("next", ""), root)
        try:
            right = await self._check(name, form.get("password", ""), scope)
            wrong = Denied(401, "Wrong name or password.", _CHALLENGE)
        except Denied as refused:
            right, wrong = False, refused
        hashed = self.logins.hash_of(name)
        if not right or hashed is None:
            if not wants_page(scope):
                raise wrong
            shown = name if NAME.fullmatch(name) else ""
            seconds = dict(wrong.headers).get(b"retry-after")
            sentence = words("login_too_many", seconds=int(seconds)) if seconds else words("login_wrong")
            page = write_login_page(root, to, words, name=shown, wrong=sentence)
            await _send_page(scope, send, wrong.status, page)
            return
        value = (
            f"{self._cookie}={sign(self.secret, name, hashed)}; {self._cookie_ways(scope)}; Max-Age={SESSION_SECONDS}"
        )
        head: Headers = [(b"set-cookie", value.encode()), (b"location", to.encode())]
        # A program (gradio_client's auth=) wants success and the cookie, not a page to go to.
        raise (Denied(303, "logged in", head) if wants_page(scope) else Denied(200, "logged in", head[:1]))

    def _cookie_ways(self, scope: AsgiScope) -> str:
        secure = "; Secure" if scope.get("scheme") in ("https", "wss") else ""
        return f"Path={self._root(scope) or '/'}; HttpOnly; SameSite=Lax{secure}"

    # Through

    async def _let_in(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        path = self._path(scope)
        limit = self.upload_bytes if path.rstrip("/") == UPLOAD_PATH else self.body_bytes
        refused = Denied(413, f"the request is too large; {limit:,} bytes are taken here")
        if any(not size.isdecimal() or int(size[:20]) > limit for size in all_of(scope, b"content-length")):
            await _answer(scope, send, refused)
            return
        came, begun, too_large = 0, False, False

        async def receive_within() -> AsgiMessage:
            nonlocal came, too_large
            message = await receive()
            came += len(message.get("body", b""))
            if came > limit:
                too_large = True
                raise refused
            return message

        async def send_protected(message: AsgiMessage) -> None:
            nonlocal begun
            if too_large and not begun:
                raise refused  # whatever the app makes of half a body
            if message["type"] == "http.response.start":
                begun = True
                message = {**message, "headers": self._protect(message.get("headers", []), path)}
            await send(message)

        try:
            await self.app(scope, receive_within, send_protected)
        except Exception:
            if not too_large or begun:
                raise
            await _answer(scope, send, refused)

    def _protect(self, headers: Headers, path: str) -> Headers:
        """The headers with what is missing of ours; what lets other sites read is taken away."""
        kept = [pair for pair in headers if not pair[0].lower().startswith(b"access-control-allow-")]
        there = {name.lower() for name, _ in kept}
        wanted = dict(PROTECTION)
        if path.startswith(FILE_PATH):
            wanted["content-security-policy"] = FILE_POLICY
        kinds = [value for name, value in kept if name.lower() == b"content-type"]
        if self.logins is not None and any(kind.startswith((b"text/html", b"application/json")) for kind in kinds):
            wanted["cache-control"] = "no-store"
        ours = [(name.encode(), value.encode()) for name, value in wanted.items() if name.encode() not in there]
        return [*kept, *ours]


_CHALLENGE: Headers = [(b"www-authenticate", b'Bearer realm="groundwire"')]  # with Basic a browser asks by itself


async def _read_form(receive: Receive) -> dict[str, str]:
    """The fields of a urlencoded form; raises Denied for a body that is too long for a login."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > FORM_BYTES:
            raise Denied(413, "that is too long for a login")
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise Denied(400, "that is no login form; send username and password, urlencoded") from None
    return {name: values[-1] for name, values in fields.items()}


async def _answer(scope: AsgiScope, send: Send, refused: Denied) -> None:
    """A refusal as JSON, or a websocket closed before it was opened."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": str(refused)[:100]})
        return
    told: object = str(refused)
    if "/v1/" in scope["path"] or scope["path"].endswith("/batch"):  # as OpenAI's clients read errors
        kind = "authentication_error" if refused.status == 401 else "invalid_request_error"
        told = {"message": told, "type": kind, "param": None, "code": None}
    body = json.dumps({"success": True} if refused.status == 200 else {"error": told}).encode()
    await _send(scope, send, refused.status, body, [(b"content-type", b"application/json"), *refused.headers])


async def _send_page(scope: AsgiScope, send: Send, status: int, page: str) -> None:
    head = [(b"content-type", b"text/html; charset=utf-8"), (b"content-security-policy", POLICY.encode())]
    await _send(scope, send, status, page.encode(), head)


async def _send(scope: AsgiScope, send: Send, status: int, body: bytes, headers: Headers) -> None:
    there = {name for name, _ in headers}
    ours = [(name.encode(), value.encode()) for name, value in PROTECTION.items() if name.encode() not in there]
    size = (b"content-length", str(len(body)).encode())
    start = {"status": status, "headers": [*headers, size, (b"cache-control", b"no-store"), *ours]}
    await send({"type": "http.response.start", **start})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
