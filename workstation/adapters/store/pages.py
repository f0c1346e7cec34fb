"""Whether a key opens a library whose first page SQLite cannot read: the other pages carry a seal of their own.

Layout of a page as SQLite3 Multiple Ciphers writes it with its cipher "chacha20" (src/cipher_chacha20.c): the content, a
nonce of 16 bytes, and the Poly1305 tag of both. The tag's key is the first half of the ChaCha20 stream (RFC 8439) whose
counter is the nonce's last word, exclusive-or the page's number.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.poly1305 import Poly1305

_PAGE_BYTES, _NONCE_BYTES, _TAG_BYTES, _WORD = 4096, 16, 16, 4
# One sound page tells; a wrong key opens none of them, and need not be tried on all of a large library.
_PAGES_TRIED = 1024


def opens_a_page(path: Path, key: bytes) -> bool:
    """Whether `key` fits one of the file's first thousand pages: then it is the right key, and the others are damaged."""
    return any(_fits(page, number, key) for number, page in _pages(path))


def _pages(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        for number in range(1, _PAGES_TRIED + 1):
            page = file.read(_PAGE_BYTES)
            if len(page) < _PAGE_BYTES:
                return
            yield number, page


def _fits(page: bytes, number: int, key: bytes) -> bool:
    sealed, tag = page[:-_TAG_BYTES], page[-_TAG_BYTES:]
    nonce = sealed[-_NONCE_BYTES:]
    counter = int.from_bytes(nonce[-_WORD:], "little") ^ number
    start = counter.to_bytes(_WORD, "little") + nonce[:-_WORD]
    stream = Cipher(ChaCha20(key, start), mode=None).encryptor().update(bytes(32))
    try:
        Poly1305.verify_tag(stream, sealed, tag)
    except InvalidSignature:
        return False
    return True
