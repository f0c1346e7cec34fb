"""A second start hands its paths to the first."""

import subprocess
import sys
from pathlib import Path

from PySide6.QtNetwork import QLocalSocket

from workstation.app.single_instance import Reception, _name, hand_over


def test_without_a_first_start_there_is_nobody_to_hand_over_to(qapp, tmp_path):
    assert not hand_over(tmp_path / "library.db", [Path("a")])


def test_paths_arrive_whole_and_the_library_decides_who_gets_them(qtbot, tmp_path):
    reception = Reception(tmp_path / "library.db")
    assert not hand_over(tmp_path / "another.db", [])
    with qtbot.waitSignal(reception.paths_arrived) as arrived:
        assert hand_over(tmp_path / "library.db", [tmp_path / "胸片\n1.dcm", Path("here")])
    assert arrived.args[0] == (tmp_path / "胸片\n1.dcm", Path("here").absolute())
    with qtbot.waitSignal(reception.paths_arrived) as arrived:
        assert hand_over(tmp_path / "library.db", [])
    assert arrived.args[0] == ()
    reception.close()
    assert not hand_over(tmp_path / "library.db", [])


def test_nonsense_is_not_taken(qtbot, tmp_path):
    reception = Reception(tmp_path / "library.db")
    taken = []
    reception.paths_arrived.connect(taken.append)
    for message in (b"no json\n", b"5\n", b"\xff\xfe\n"):
        socket = QLocalSocket()
        socket.connectToServer(_name(tmp_path / "library.db"))
        assert socket.waitForConnected(1000)
        socket.write(message)
        socket.waitForBytesWritten(1000)
        socket.disconnectFromServer()
    with qtbot.waitSignal(reception.paths_arrived):
        hand_over(tmp_path / "library.db", [])
    assert taken == [()]
    reception.close()


def test_a_socket_that_a_crash_left_behind_is_replaced(qtbot, tmp_path):
    library = tmp_path / "library.db"
    crash = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from PySide6.QtCore import QCoreApplication\n"
        "from workstation.app.single_instance import Reception\n"
        "app = QCoreApplication([])\n"
        "reception = Reception(Path(sys.argv[1]))\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", crash, str(library)], check=True)
    assert not hand_over(library, [])
    reception = Reception(library)
    with qtbot.waitSignal(reception.paths_arrived):
        assert hand_over(library, [])
    reception.close()
