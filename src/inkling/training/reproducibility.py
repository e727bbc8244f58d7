"""Reproducibility: what the weights of a training run depend on, and why a repeated run gives different weights.

With a fixed seed, the weights depend on the recipe, the data, the libraries, the processor's instruction sets
(rounding) and the number of threads (order of summation). A manifest records these as `reproducibility`.
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

# The instruction sets that oneDNN and Eigen in TensorFlow choose from, by their Linux names on x86 and Arm.
INSTRUCTION_SETS = (
    *("sse4_2", "avx", "fma", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16"),
    *("amx_tile", "amx_int8", "amx_bf16", "amx_fp16", "asimd", "asimdhp", "i8mm", "bf16", "sve", "sve2"),
)
CPU_INFO = Path("/proc/cpuinfo")  # Linux only; elsewhere only the machine architecture is recorded


def facts(images_sha256: list[str]) -> dict[str, Any]:
    """The manifest's `reproducibility`. images_sha256: hash of the prepared images in each stage's first epoch."""
    return {"images_sha256": images_sha256, "processor": processor(), "threads": threads()}


def processor(cpu_info: Path = CPU_INFO) -> list[str]:
    """The machine architecture, then the instruction sets that affect rounding."""
    try:
        lines = cpu_info.read_text("utf-8").splitlines()
    except OSError:
        lines = []
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features"))), [])
    return [platform.machine(), *(name for name in INSTRUCTION_SETS if name in flags)]


def threads() -> int:
    """The number of threads that TensorFlow uses for one operation."""
    if os.environ.get("TF_NUM_INTRAOP_THREADS", "").isdigit():
        return int(os.environ["TF_NUM_INTRAOP_THREADS"])
    import tensorflow as tf

    return tf.config.threading.get_intra_op_parallelism_threads() or cores()


def sha256_of_images(arrays: Iterable[np.ndarray]) -> str:
    """SHA-256 of the concatenated raw bytes of arrays."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def first_difference(before: Bundle, after: Bundle) -> str:
    """The first difference between two runs of one recipe that explains their different weights."""
    versions = _changed(before.manifest.get("libraries", {}), after.manifest.get("libraries", {}))
    if versions:
        return f"other library versions: {', '.join(versions)}"
    kept, made = (each.manifest.get("reproducibility") for each in (before, after))
    if not kept or not made:
        return "unknown; one of the manifests does not record images and processor"
    stages = enumerate(zip(kept["images_sha256"], made["images_sha256"], strict=False), 1)
    other = [number for number, (old, new) in stages if old and new and old != new]
    if other:
        return f"other images in epoch 1 of stage {other[0]}: the code that prepares them has changed"
    if kept["processor"] != made["processor"]:
        return f"another processor ({' '.join(kept['processor'])}; now {' '.join(made['processor'])})"
    if kept["threads"] != made["threads"]:
        return f"another number of threads ({kept['threads']}; now {made['threads']})"
    return "unknown; libraries, images of epoch 1, processor and number of threads are the same"


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    names = dict.fromkeys([*before, *after])
    return [f"{n} {before.get(n)}, now {after.get(n)}" for n in names if before.get(n) != after.get(n)]
