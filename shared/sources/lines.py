"""Where in the text of a TOML document each key stands. tomllib, which reads the values, does not tell."""

import re
from typing import Final

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'", re.DOTALL
)
_OPENING: Final = "[{"
_CLOSING: Final = "]}"


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line, from 1, of every table header, key and array element of a valid TOML document.

    The path of a table in an array of tables carries its index: `("lists", 0, "url")`. Keys inside
    inline tables are not listed; the line of what holds them is the nearest.
    """
    return _Scanner(text.replace("\r\n", "\n")).lines()


class _Scanner:
    """One pass over a document that tomllib has already accepted."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[KeyPath, int] = {}
        self._arrays: dict[KeyPath, int] = {}

    def lines(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._skip_blank():
            line = self._line()
            if self._text[self._at] == "[":
                table = self._header()
                self._lines.setdefault(table, line)
            else:
                path = (*table, *self._dotted_key())
                self._lines.setdefault(path, line)
                self._at += 1  # the equals sign
                self._value(path)
        return self._lines

    def _skip_blank(self) -> bool:
        match = _BLANK.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return self._at < len(self._text)

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def _header(self) -> KeyPath:
        in_array = self._text.startswith("[[", self._at)
        self._at += 2 if in_array else 1
        names = self._dotted_key()
        self._at += 2 if in_array else 1
        path: KeyPath = ()
        for depth, name in enumerate(names, start=1):
            path = (*path, name)
            if in_array and depth == len(names):
                self._arrays[path] = self._arrays.get(path, -1) + 1
            if path in self._arrays:
                path = (*path, self._arrays[path])
        return path

    def _dotted_key(self) -> tuple[str, ...]:
        names = []
        while match := _KEY.match(self._text, self._at):
            names.append(next(group for group in match.groups() if group is not None))
            self._at = match.end()
            if not self._text.startswith(".", self._at):
                break
            self._at += 1
        return tuple(names)

    def _value(self, path: KeyPath) -> None:
        """Step over a value; note the lines of an array's own elements."""
        depth, index, awaiting = 0, 0, False
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == "\n" and depth == 0:
                return
            if character in " \t\n#":
                self._at = self._after_gap(depth)
                continue
            if awaiting and character not in _CLOSING:
                self._lines[(*path, index)] = self._line()
                awaiting = False
            if character in _OPENING:
                depth += 1
                awaiting = awaiting or (depth == 1 and character == "[")
            elif character in _CLOSING:
                depth -= 1
            elif character == "," and depth == 1:
                index, awaiting = index + 1, True
            string = _STRING.match(self._text, self._at)
            self._at = string.end() if string else self._at + 1

    def _after_gap(self, depth: int) -> int:
        """Return where the blanks and comments from here end; outside of brackets a line's end stays."""
        if depth:
            match = _BLANK.match(self._text, self._at)
            assert match is not None
            return match.end()
        if self._text[self._at] == "#":
            end = self._text.find("\n", self._at)
            return len(self._text) if end < 0 else end
        return self._at + 1
