"""Models and parsers by themselves: embedder, tokenizer, chunker, one document."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from . import _millpond, _runtime

if TYPE_CHECKING:
    import numpy


@dataclass(frozen=True)
class Element:
    """A block of a document, in reading order. `box` is (x0, y0, x1, y1) in points from the top left of `page`."""

    kind: str
    text: str
    level: int = 0
    page: int = 0
    box: tuple[float, float, float, float] | None = None
    html: str = ""


@dataclass(frozen=True)
class Document:
    """What was read from a file."""

    title: str
    language: str
    pages: int
    metadata: dict[str, str]
    elements: list[Element] = field(repr=False)

    @property
    def text(self) -> str:
        """The elements' texts, with an empty line between them."""
        return "\n\n".join(each.text for each in self.elements if each.text)


def extract(source: str | os.PathLike[str] | bytes, media_type: str = "") -> Document:
    """Reads one file, or its bytes. The parser runs in a process of its own, with limits of time and memory.

    Errors: UnsupportedError for a format that is not read; those of the parser.
    """
    if isinstance(source, bytes):
        made = _millpond.extract(_runtime.shared(), "", source, media_type)
    else:
        made = _millpond.extract(_runtime.shared(), os.path.abspath(os.path.expanduser(source)), b"", media_type)
    made["elements"] = [Element(**each) for each in made["elements"]]
    return Document(**made)


@dataclass(frozen=True)
class Chunk:
    """A passage. Elements are counted from 0, both included; chars in code points; pages from 1, 0 for none."""

    text: str
    heading_path: list[str]
    first_element: int
    last_element: int
    first_char: int
    last_char: int
    first_page: int
    last_page: int
    tokens: int


class Tokenizer:
    """Turns text into the ids of an embedding model, without the markers at both ends."""

    def __init__(self, model: str = "minilm-l6") -> None:
        self._tokenizer = _millpond.Tokenizer.load(model)

    def encode(self, text: str) -> list[int]:
        return self._tokenizer.encode(text)

    def encode_with_offsets(self, text: str) -> list[tuple[int, int, int]]:
        """(id, begin, end) of each token; the offsets count bytes of the text's UTF-8."""
        return self._tokenizer.encode_with_offsets(text)

    def count(self, text: str) -> int:
        """How many ids `encode` gives; several times faster."""
        return self._tokenizer.count(text)

    @property
    def vocabulary_size(self) -> int:
        return self._tokenizer.vocabulary_size

    @property
    def tokens_max(self) -> int:
        """Tokens that the model was made for, both markers included."""
        return self._tokenizer.tokens_max

    @property
    def fingerprint(self) -> str:
        return self._tokenizer.fingerprint


class Chunker:
    """Splits documents into passages within a token budget, along their structure."""

    def __init__(
        self,
        mode: Literal["structure", "sentence", "fixed"] = "structure",
        tokens_max: int = 256,
        tokens_min: int = 64,
        tokens_overlap: int = 0,
        model: str = "minilm-l6",
    ) -> None:
        tokenizer = _millpond.Tokenizer.load(model)
        self._chunker = _millpond.Chunker.make(tokenizer, mode, tokens_max, tokens_min, tokens_overlap)

    def split(self, document: Document | str | Sequence[Element], title: str = "") -> list[Chunk]:
        """The passages of a document, of plain text (one paragraph an empty line), or of elements."""
        if isinstance(document, str):
            elements: Iterable[Element] = (Element("paragraph", each) for each in document.split("\n\n") if each.strip())
        elif isinstance(document, Document):
            elements, title = document.elements, title or document.title
        else:
            elements = document
        given = [(each.kind, each.text, each.level, each.page) for each in elements]
        return [Chunk(**each) for each in self._chunker.split(given, title)]


class Embedder:
    """Turns texts into vectors of length 1: the inner product of two is their cosine.

    `model` is a name or a folder; with `url`, the name that an OpenAI-compatible service there knows.
    `key_env` names the environment variable with the service's key.
    """

    def __init__(
        self,
        model: str = "minilm-l6",
        tokens_max: int = 0,
        precision: Literal["auto", "bf16", "f32"] = "auto",
        url: str = "",
        key_env: str = "",
        dimensions: int = 0,
    ) -> None:
        self._embedder = _millpond.Embedder.open(
            _runtime.shared(), model, tokens_max, precision, url, key_env, dimensions
        )

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    @property
    def fingerprint(self) -> str:
        """Hash of everything that changes results."""
        return self._embedder.fingerprint

    def embed(self, texts: Sequence[str]) -> numpy.ndarray:
        """A row of `dimensions` floats for each text, in order."""
        made: numpy.ndarray = self._embedder.embed(list(texts))
        return made

    def __call__(self, text: str) -> numpy.ndarray:
        """The vector of one text."""
        made: numpy.ndarray = self.embed([text])[0]
        return made
