"""A licence as a person reads and accepts it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LicenceText:
    """What must be accepted before a model is loaded."""

    name: str  #: of the licence, or of the file; empty of a site's, see `is_site`
    text: str  #: all that is shown: what the file says, or the registry; it may have many lines
    text_zh: str  #: the same in Chinese where the registry says it; else it is `text`
    sha256: str  #: of the file's bytes where there is one, else of name and texts in UTF-8
    file: Path | None  #: the folder's own file; None where the registry's or the site's is shown
    is_read: bool = True  #: `text` is what the file says; False: the file is named, see below
    is_site: bool = False  #: a text of the administrator's policy

    def text_in(self, language: str) -> str:
        """The text in a language of the app, such as “zh_CN”.

        Of a file that is not read (a PDF), it is what the registry says of the licence, to be
        shown beside the place where the file lies; empty where the registry knows nothing.
        """
        return self.text_zh if language.startswith("zh") else self.text


@dataclass(frozen=True, slots=True)
class Acceptance:
    """That somebody accepted a licence."""

    sha256: str  #: of the text
    name: str  #: of the licence
    model_id: str
    user: str  #: the account
    when: datetime.datetime  #: in UTC
