"""Counts looks at MNIST's test images: `test_looks` in a manifest is how often its network was evaluated on them.

If you choose a network by its test score, that score is too optimistic. Therefore the test set is reserved for the
final evaluation, and a test score is shown with the number of looks.
"""

from __future__ import annotations

from inkling.errors import InklingError
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.models.network_file import NetworkFile
from inkling.training.export import write_manifest


def count_look(bundle: Bundle) -> None:
    """Counts one look in the bundle's manifest, in memory and on disk. Call it before evaluating.

    Not counted: a packaged network, whose scores are public; a network file, which has no manifest; a network whose
    earlier looks were not counted. Raises InklingError for a manifest that cannot be written.
    """
    if isinstance(bundle, NetworkFile) or registry.is_packaged(bundle) or bundle.test_looks is None:
        return
    bundle.manifest["test_looks"] = bundle.test_looks + 1
    try:
        write_manifest(bundle)
    except OSError as error:
        raise InklingError(
            f"{bundle.path} cannot be written ({error.strerror or error}), but a look at the test images is counted in "
            "its manifest. Evaluate a writable copy of the folder."
        ) from error
