"""One program per library: a second start hands its paths to the first and ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_ANSWER_WITHIN_MS = 1000
_LONGEST_MESSAGE = 1 << 20


def _name(library: Path) -> str:
    return "thoravue-" + hashlib.sha256(str(library.absolute()).encode()).hexdigest()[:16]


def hand_over(library: Path, paths: Sequence[Path]) -> bool:
    """Give `paths` to the program that has `library` open; False when there is none."""
    socket = QLocalSocket()
    socket.connectToServer(_name(library))
    if not socket.waitForConnected(_ANSWER_WITHIN_MS):
        return False
    message = json.dumps([str(path.absolute()) for path in paths]).encode()
    socket.write(message + b"\n")
    taken = socket.waitForBytesWritten(_ANSWER_WITHIN_MS)
    socket.disconnectFromServer()
    return taken


class Reception(QObject):
    """Takes the paths of later starts; a socket file that a crash left behind is replaced.

    Signals
    -------
    paths_arrived
        Tuple of Path, empty when the second start named none: the window should come to the front.
    """

    paths_arrived = Signal(object)

    def __init__(self, library: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(_name(library))
        self._server.listen(_name(library))
        self._server.newConnection.connect(self._on_connection)

    def close(self) -> None:
        """Take no more."""
        self._server.close()

    def _on_connection(self) -> None:
        socket = self._server.nextPendingConnection()
        socket.readyRead.connect(self._on_message)
        socket.disconnected.connect(socket.deleteLater)
        if socket.canReadLine():
            self._take(socket)

    def _on_message(self) -> None:
        socket = self.sender()
        if isinstance(socket, QLocalSocket) and socket.canReadLine():
            self._take(socket)

    def _take(self, socket: QLocalSocket) -> None:
        try:
            names = json.loads(bytes(socket.readLine(_LONGEST_MESSAGE).data()))
            paths = tuple(Path(str(name)) for name in names)
        except (ValueError, TypeError):
            return
        self.paths_arrived.emit(paths)
