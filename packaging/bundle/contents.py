"""What the bundle holds and what stays out, each with its reason. Read by `thoravue.spec` and by the tests."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENTRY = ROOT / "workstation" / "__main__.py"
OURS = ("workstation", "model", "resources")

# Imported by name at run time: no analysis of the source can see these.
HIDDEN = {
    "torchvision": "model.runtime.vision_shim imports it by name, to declare its operators first",
    "openjpeg": "pylibjpeg finds its decoders through entry points",
    "rle": "likewise",
}

# Modules left out. The tests run the self-test with every one of these refused.
EXCLUDED = {
    "model.training": "training is not part of the workstation",
    "model.evaluation": "likewise",
    "model.films": "likewise",
    "model.convert": "reads foreign pickles, which the workstation never does",
    "tkinter": "the window is Qt",
    "IPython": "matplotlib and tqdm offer it",
    "pytest": "test tools are in the lock, numpy and torch mention them",
    "_pytest": "likewise",
    "py": "likewise",
    "hypothesis": "likewise",
    "mypy": "likewise",
    "setuptools": "nothing is built on the hospital's computer",
    "pip": "nothing is installed there either",
    "babel": "catalogues come compiled",
    "sqlite3": "the library is apsw's SQLite, encrypted",
    "readline": "GPL, and nobody types commands here",
    "pygments": "colours for tracebacks that rich could draw",
    "networkx": "torch's compiler and scikit-image would use it; nothing here compiles",
    "jinja2": "likewise",
    "fsspec": "torch's checkpoints on remote disks",
    "torch.distributed.checkpoint": "likewise",
    "torch._inductor.codegen": "torch's compiler",
    "torch._inductor.codecache": "likewise",
    "torch._inductor.fx_passes": "likewise",
    "torch._inductor.ir": "likewise",
    "torch._inductor.kernel": "likewise",
    "torch._inductor.lowering": "likewise",
    "torch._inductor.scheduler": "likewise",
    "torch._inductor.select_algorithm": "likewise",
    "torch._vendor.quack": "kernels for graphics cards",
    "torch.distributed.elastic": "training on many computers",
    "torch.distributed.pipelining": "likewise",
    "torch.testing._internal.common_methods_invocations": "torch's own tests",
    "torch.testing._internal.common_utils": "likewise",
    "torch.testing._internal.distributed.distributed_test": "likewise",
    "torch.testing._internal.distributed.rpc": "likewise",
    "torch.testing._internal.opinfo": "likewise",
    "scipy.io": "readers of foreign files, in the workstation's own process",
    "scipy.signal": "nothing imports it",
    "sklearn.cluster": "pytorch-grad-cam takes scikit-learn's decompositions, nothing else of it",
    "sklearn.ensemble": "likewise",
    "sklearn.manifold": "likewise",
    "sklearn.neighbors": "likewise",
    "sklearn.tree": "likewise",
    "pandas": "scikit-learn and tqdm offer it",
    "tensorboard": "torch.utils.tensorboard offers it",
    "onnxruntime": "torch.onnx offers it",
    "pyqtgraph.examples": "half of pyqtgraph",
    "pyqtgraph.opengl": "the film is painted by the processor",
    "OpenGL": "likewise",
    "matplotlib.backends.backend_qtagg": "pytorch-grad-cam draws into arrays: the Agg backend is enough",
    "matplotlib.backends.backend_tkagg": "likewise",
    "matplotlib.tests": "tests of a library",
    "mpl_toolkits.mplot3d.tests": "likewise",
    "numpy.f2py.tests": "likewise",
    "scipy.optimize.tests": "likewise",
    "sklearn.tests": "likewise",
    "PySide6.QtQml": "no QML anywhere",
    "PySide6.QtQuick": "likewise",
    "PySide6.QtTest": "pyqtgraph mentions it for its own tests",
    "PySide6.QtSql": "the library is apsw's",
}  # fmt: skip

# Files left out, as patterns of their path in the bundle.
LEFT_OUT = {
    "torch/test/*": "torch's own tests",
    "torch/include/*": "headers for compilers",
    "torch/share/*": "cmake files for compilers",
    "torch/lib/*test*": "libraries for torch's own tests",
    "torch/lib/libaoti_custom_ops.so": "likewise",
    "torch/lib/libbackend_with_compiler.so": "likewise",
    "torchvision.libs/*": "CUDA and picture codecs for torchvision's operators, which nothing calls",
    "torchvision/_C.so": "these operators; model.runtime.vision_shim declares the two names that imports need",
    "torchvision/image.so": "likewise",
    "lib*cuda*": "NVIDIA's licence and 3 GB: the network runs on the processor",
    "nvidia/*": "likewise",
    "PySide6/Qt/qml/*": "no QML anywhere",
    "PySide6/Qt/lib/libQt6Qml*": "likewise",
    "PySide6/Qt/lib/libQt6Quick*": "likewise",
    "PySide6/Qt/plugins/qmltooling/*": "likewise",
    "PySide6/Qt/plugins/egldeviceintegrations/*": "for screens without a desktop",
    "PySide6/Qt/lib/libQt6EglF*": "likewise",
    "PySide6/Qt/plugins/platforms/libqeglfs.so": "likewise",
    "PySide6/Qt/plugins/platforms/libqlinuxfb.so": "likewise",
    "PySide6/Qt/plugins/platforms/libqvkkhrdisplay.so": "likewise",
    "PySide6/Qt/plugins/platforms/libqvnc.so": "it would open a network socket",
    "PySide6/Qt/plugins/networkinformation/*": "the program asks nothing of the network",
    "PySide6/Qt/plugins/tls/*": "likewise",
    "PySide6/Qt/plugins/platformthemes/libqgtk3.so": "50 MB of GTK; the desktop portal gives the same dialogs",
    "PySide6/Qt/plugins/generic/*": "mice and keyboards of screens without a desktop",
    "PySide6/Qt/plugins/imageformats/libq[!s]*": "foreign pictures are decoded in the guarded child; icons are SVG",
    "PIL/_avif*": "no film is an AVIF picture",
    "pillow.libs/libavif*": "likewise",
    "matplotlib/mpl-data/sample_data/*": "sample pictures",
    "matplotlib/mpl-data/fonts/afm/*": "nothing is written with matplotlib",
    "matplotlib/mpl-data/fonts/pdfcorefonts/*": "likewise",
    "matplotlib/mpl-data/fonts/ttf/STIX*": "likewise",
    "matplotlib/mpl-data/fonts/ttf/LastResort*": "likewise",
    "matplotlib/mpl-data/fonts/ttf/DejaVu*-*": "likewise",
    "sklearn/datasets/*": "sample data",
    "cv2/data/*": "face detectors",
    "libstdc++.so.6": "every desktop has one; graphics drivers need the system's own, and so do older systems",
    "libgcc_s.so.1": "likewise",
    "libexpat.so.1": "likewise",
    "*.dist-info/RECORD": "it holds hashes of scripts with the building folder's path: no two builds were the same",
    "share/icons/*": "icon themes of the computer that built this",
    "share/themes/*": "likewise",
}  # fmt: skip
# Sources that torch reads at run time, beside the compiled modules: configurations, and functions that it overloads
# (`torch.jit._overload`). 45 MB of others stay out.
_READ_SOURCES = (
    "config.py",
    "torch/functional.py",
    "torch/nn/functional.py",
    "torch/nn/modules/rnn.py",
    "torchvision/models/densenet.py",
)
# In torch/bin only this one is needed: torch refuses to start without it.
_TORCH_BIN = "torch/bin/torch_shm_manager"
_TRANSLATIONS = ("qt_en", "qt_zh_CN", "qtbase_en", "qtbase_zh_CN")


def wanted(target: str) -> bool:
    """Whether the file that would lie at `target` in the bundle belongs there."""
    path = target.replace("\\", "/")
    if path.startswith("torch/bin/"):
        return path.startswith(_TORCH_BIN)
    if path.startswith(("torch/", "torchvision/")) and path.endswith(".py"):
        return path.endswith(_READ_SOURCES)
    if "/translations/" in path and path.endswith(".qm"):
        return Path(path).stem in _TRANSLATIONS
    return not any(fnmatch.fnmatchcase(path, pattern) for pattern in LEFT_OUT)


def is_excluded(module: str) -> bool:
    """Whether `module` or a package it lies in stays out."""
    return any(module == name or module.startswith(f"{name}.") for name in EXCLUDED)


def own_modules() -> Iterator[str]:
    """Every module of ours that ships, whether something imports it at the start, later or not yet."""
    for package in OURS:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            name = name.removesuffix(".__init__")
            if not is_excluded(name):
                yield name


def requirements() -> list[str]:
    """Names of the distributions that the program asks for itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    separators = "<>=!~;[ "
    return [
        line[: min((line.find(s) for s in separators if s in line), default=len(line))]
        for line in project["dependencies"]
    ]


def data_files() -> list[tuple[str, str]]:
    """Our data as (file, folder in the bundle)."""
    files = [
        path
        for folder in ("resources", "model/packages")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and path.suffix not in {".py", ".pyc", ".typed", ".po"}
    ]
    files += [ROOT / "LICENSE", ROOT / "NOTICE"]
    return [(str(path), str(path.parent.relative_to(ROOT))) for path in files]
