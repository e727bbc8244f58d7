"""What decides whether a training ends in the same weights when it is repeated, and what differs when it does not.

With one seed a run is a function of its recipe, the data, the libraries, the instructions of the processor, which round
differently, and the number of threads, which may add up in another order. A manifest keeps these as `reproducibility`.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inkling.cpu import cores
from inkling.models.bundle import Bundle

# Instruction sets between which TensorFlow's oneDNN and Eigen choose, as Linux names them on x86 and on Arm.
INSTRUCTION_SETS = (
    *("sse4_2", "avx", "fma", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16"),
    *("amx_tile", "amx_int8", "amx_bf16", "amx_fp16", "asimd", "asimdhp", "i8mm", "bf16", "sve", "sve2"),
)
CPU_INFO = Path("/proc/cpuinfo")  # of Linux; elsewhere the kind of processor is all that is recorded


def facts(images_sha256: list[str]) -> dict[str, Any]:
    """The `reproducibility` of a manifest. images_sha256: of the prepared images of each stage's first epoch."""
    return {"images_sha256": images_sha256, "processor": processor(), "threads": threads()}


def processor(cpu_info: Path = CPU_INFO) -> list[str]:
    """The machine's architecture, then its instruction sets that decide how sums are rounded."""
    try:
        lines = cpu_info.read_text("utf-8").splitlines()
    except OSError:
        lines = []
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features"))), [])
    return [platform.machine(), *(name for name in INSTRUCTION_SETS if name in flags)]


def threads() -> int:
    """Threads that TensorFlow computes one operation with."""
    if os.environ.get("TF_NUM_INTRAOP_THREADS", "").isdigit():
        return int(os.environ["TF_NUM_INTRAOP_THREADS"])
    import tensorflow as tf

    return tf.config.threading.get_intra_op_parallelism_threads() or cores()


def sha256_of_images(arrays: Iterable[np.ndarray]) -> str:
    """SHA-256 of the raw bytes of arrays, one after the other."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def first_difference(before: Bundle, after: Bundle) -> str:
    """The first difference between two runs of one recipe that explains why they ended in other weights."""
    versions = _changed(before.manifest.get("libraries", {}), after.manifest.get("libraries", {}))
    if versions:
        return f"other versions of libraries: {', '.join(versions)}"
    kept, made = (each.manifest.get("reproducibility") for each in (before, after))
    if not kept or not made:
        return "unknown; the first one's manifest was written before images and processor were recorded"
    stages = enumerate(zip(kept["images_sha256"], made["images_sha256"], strict=False), 1)
    other = [number for number, (old, new) in stages if old and new and old != new]
    if other:
        return f"other images in epoch 1 of stage {other[0]}: what prepares them has changed"
    if kept["processor"] != made["processor"]:
        return f"another processor ({' '.join(kept['processor'])}; now {' '.join(made['processor'])})"
    if kept["threads"] != made["threads"]:
        return f"another number of threads ({kept['threads']}; now {made['threads']})"
    return "unknown; libraries, images of epoch 1, processor and number of threads are the same"


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    names = dict.fromkeys([*before, *after])
    return [f"{n} {before.get(n)}, now {after.get(n)}" for n in names if before.get(n) != after.get(n)]
