"""A trained network with the interface of a scikit-learn classifier."""

from __future__ import annotations

import importlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from inkling.errors import BadRequest
from inkling.pipeline.array_input import as_array, to_tiles
from inkling.pipeline.normalize import SIDE
from inkling.pipeline.reader import Reader


class Classifier:
    """Classifies digits in MNIST's format: (N, 28, 28), (N, 28, 28, 1) or (N, 784) of any real type, 0 = background.

    It is pre-trained: `fit` only checks its arguments. So it works in pipelines, cross-validation and calibration
    curves. For pictures of any other size or polarity, use `Reader.read`.

    Examples:
        >>> from inkling import Classifier
        >>> Classifier("ann-tutorial").predict(np.zeros((2, 784))).shape
        (2,)
    """

    _estimator_type = "classifier"
    n_features_in_ = SIDE * SIDE

    def __init__(self, model: str | Path | None = None) -> None:
        """`model`: as for `Reader`. It is opened at the first prediction."""
        self.model = model

    @property
    def classes_(self) -> np.ndarray:
        """(10,) int64: the digits, in the order of `predict_proba`."""
        return np.arange(10)

    def fit(self, X: Any, y: Any = None) -> Classifier:
        """Check the arguments; nothing is learned. Raises BadRequest for wrong shapes or labels."""
        tiles = to_tiles(X)
        if y is not None:
            labels = as_array(y)
            if labels.shape != (len(tiles),) or not np.isin(labels, self.classes_).all():
                raise BadRequest(
                    f"labels have shape {labels.shape}; expected {len(tiles)} digits 0 to 9, one for each image. "
                    "Correct them."
                )
        return self

    def predict(self, X: Any) -> np.ndarray:
        """(N, ..) images -> (N,) int64 digits."""
        return _opened(self.model).predict(X)

    def predict_proba(self, X: Any) -> np.ndarray:
        """(N, ..) images -> (N, 10) float32 calibrated probabilities; each row sums to 1."""
        return _opened(self.model).predict_proba(X)

    def score(self, X: Any, y: Any) -> float:
        """Accuracy: the fraction of images, 0..1, whose digit is predicted correctly."""
        return float(np.mean(self.predict(X) == as_array(y)))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {"model": self.model}

    def set_params(self, **params: Any) -> Classifier:
        """Change arguments of the constructor. Raises BadRequest for any other name."""
        for name, value in params.items():
            if name != "model":
                raise BadRequest(f"parameter is {name!r}; expected 'model'. Use that.")
            self.model = value
        return self

    def __repr__(self) -> str:
        return f"Classifier({'' if self.model is None else f'model={self.model!r}'})"

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        """The tags of scikit-learn's estimator interface. Only scikit-learn calls this, so its import succeeds."""
        utils = importlib.import_module("sklearn.utils")
        return utils.Tags(
            estimator_type="classifier",
            target_tags=utils.TargetTags(required=False),
            classifier_tags=utils.ClassifierTags(),
            input_tags=utils.InputTags(three_d_array=True),
            requires_fit=False,
        )


@lru_cache(maxsize=4)
def _opened(model: str | Path | None) -> Reader:
    """The reader of a model, shared by all its classifiers, including clones and copies."""
    return Reader(model)
