"""Looks at MNIST's test images: a manifest counts, as `test_looks`, how often its network was evaluated on them.

If you compare networks by their test scores, you choose by them, and the score of the chosen network is too high. So
the test set is for the end, and a test score is shown with the number of looks.
"""

from __future__ import annotations

from inkling.errors import InklingError
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.models.network_file import NetworkFile
from inkling.training.export import write_manifest


def count(bundle: Bundle) -> None:
    """Counts one look in the bundle's manifest, in its file too. Call it before judging.

    Not counted: a packaged network, whose scores are public; a network file, which has no manifest; a network that was
    judged before looks were counted. Raises InklingError for a manifest that cannot be written.
    """
    if isinstance(bundle, NetworkFile) or registry.is_packaged(bundle) or bundle.test_looks is None:
        return
    bundle.manifest["test_looks"] = bundle.test_looks + 1
    try:
        write_manifest(bundle)
    except OSError as error:
        raise InklingError(
            f"{bundle.path} cannot be written ({error.strerror or error}), and a look at the test images is counted in "
            "its manifest. Judge a copy of the folder that you may write."
        ) from error
