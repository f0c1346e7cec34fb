"""Write dist/SHA256SUMS over the files of a release and, given THORAVUE_SIGNING_KEY, sign it.

usage: ``sign.py FILE...``. The signature is Ed25519 over the bytes of SHA256SUMS (RFC 8032), 64 raw bytes, so that
OpenSSL can verify it; the public key lies beside it as PEM.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_VARIABLE = "THORAVUE_SIGNING_KEY"


def write_sums(files: list[Path], folder: Path, key: Ed25519PrivateKey | None) -> None:
    """SHA256SUMS, SHA256SUMS.sig and thoravue-key.pem in `folder`; the latter two only with a key."""
    sums = "".join(f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.name}\n" for f in files)
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")
    signature, public = folder / "SHA256SUMS.sig", folder / "thoravue-key.pem"
    if key is None:
        signature.unlink(missing_ok=True)
        public.unlink(missing_ok=True)
        return
    signature.write_bytes(key.sign(sums.encode()))
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    public.write_bytes(pem)


def signing_key() -> Ed25519PrivateKey | None:
    """The key of the environment, 64 hexadecimal digits; None without one."""
    text = os.environ.get(KEY_VARIABLE)
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text)) if text else None


def main() -> None:
    """Sign what is named on the command line."""
    key = signing_key()
    files = [Path(name) for name in sys.argv[1:]]
    write_sums(files, files[0].parent, key)
    print("signed" if key else f"unsigned: {KEY_VARIABLE} is not set")


if __name__ == "__main__":
    main()
