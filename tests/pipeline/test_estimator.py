"""`inkling.Classifier`: scikit-learn's interface for a trained network."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from inkling import Classifier
from inkling.errors import BadRequest

Digits = tuple[np.ndarray, np.ndarray]
# The checks of scikit-learn that do not call `fit` with data of a different size from MNIST's.
APPLICABLE = {
    "check_decision_proba_consistency",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
}


def test_predictions(digits: Digits) -> None:
    images, labels = digits
    classifier = Classifier("ann-tutorial")
    flat = images.reshape(len(images), 784)
    probs = classifier.fit(flat, labels).predict_proba(flat)
    assert probs.shape == (len(images), 10)
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)
    predicted = classifier.predict(images / 255)
    assert (predicted == classifier.classes_[probs.argmax(axis=1)]).all()
    assert classifier.score(images, labels) == np.mean(predicted == labels) > 0.94
    assert (pickle.loads(pickle.dumps(classifier)).predict(flat) == predicted).all()


def test_the_constructor_s_argument() -> None:
    classifier = Classifier()
    assert (repr(classifier), classifier.get_params()) == ("Classifier()", {"model": None})
    assert repr(classifier.set_params(model="ann")) == "Classifier(model='ann')"
    with pytest.raises(BadRequest, match="parameter is 'depth'"):
        classifier.set_params(depth=2)


@pytest.mark.parametrize("labels", [[1], [1, 10], ["1", "2"], [[1, 2]]])
def test_labels_that_do_not_fit(labels: list[object]) -> None:
    with pytest.raises(BadRequest, match="expected 2 digits 0 to 9, one for each image"):
        Classifier("ann-tutorial").fit(np.zeros((2, 784)), labels)


@pytest.mark.learn
@pytest.mark.filterwarnings("ignore:Estimator Classifier does not inherit")
def test_scikit_learn_s_own_checks() -> None:
    from sklearn.utils.estimator_checks import check_estimator

    results = check_estimator(Classifier("ann-tutorial"), on_fail=None, on_skip=None)
    status_of = {each["check_name"]: each["status"] for each in results}
    assert {name: status_of[name] for name in APPLICABLE} == dict.fromkeys(APPLICABLE, "passed")
    others = [each for each in results if each["check_name"] not in APPLICABLE and each["status"] == "failed"]
    assert all(isinstance(each["exception"], BadRequest | AssertionError) for each in others), "other errors"


@pytest.mark.learn
def test_it_goes_through_cross_validation_and_pipelines(digits: Digits) -> None:
    from sklearn.base import clone, is_classifier
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    images, labels = digits
    flat = images.reshape(len(images), 784)
    classifier = Classifier("ann-tutorial")
    assert is_classifier(classifier)
    assert clone(classifier).model == "ann-tutorial"
    pipeline = make_pipeline(FunctionTransformer(lambda x: x / 255), classifier)
    assert cross_val_score(pipeline, flat, labels, cv=3).mean() > 0.94
