"""Reads an archive from a program: every list, search and article of its pages as typed records.

```python
with Archive("https://archive.example") as archive:
    for edit in archive.edits(silent=True, since=date(2013, 12, 1)):
        print(edit.seen_at, edit.url, edit.classes)
```

`AsyncArchive` has the same methods, with `async for` and `await`. It needs the extra `client`: `pip install
pressmark[client]`.
"""

from services.client.archive import Archive, Results
from services.client.async_archive import AsyncArchive, AsyncResults
from services.client.errors import (
    ArchiveAwayError,
    ArchiveError,
    BadQuestionError,
    NotKeptError,
    UnexpectedAnswerError,
)
from services.client.records import (
    Alarm,
    Article,
    ArticleSummary,
    Capture,
    Change,
    CoverageDay,
    CoverageOfSource,
    Edit,
    Evidence,
    Hit,
    Notice,
    Removal,
    Revision,
    Source,
    Watch,
)

__all__ = [
    "Alarm",
    "Archive",
    "ArchiveAwayError",
    "ArchiveError",
    "Article",
    "ArticleSummary",
    "AsyncArchive",
    "AsyncResults",
    "BadQuestionError",
    "Capture",
    "Change",
    "CoverageDay",
    "CoverageOfSource",
    "Edit",
    "Evidence",
    "Hit",
    "NotKeptError",
    "Notice",
    "Removal",
    "Results",
    "Revision",
    "Source",
    "UnexpectedAnswerError",
    "Watch",
]
