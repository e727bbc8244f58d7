"""Weights are rounded as coarsely as the required precision of the probabilities allows."""

from __future__ import annotations

import numpy as np

from inkling.models import registry
from inkling.page_network.graph import read_graph
from inkling.page_network.precision import needed_steps, probes, rounded, step_sizes


def test_a_network_that_must_be_exact_gets_finer_steps() -> None:
    bundle = registry.find("ann")
    graph, content = read_graph(bundle), bundle.model_bytes()
    usual, exact = (needed_steps(content, graph, temperature) for temperature in (1.0, 0.05))
    assert exact[0] < usual[0], "a temperature of 0.05 multiplies every logit difference by 20"


def test_a_layer_of_few_weights_is_rounded_more_finely_than_its_spread_says() -> None:
    graph = read_graph(registry.find("ann"))
    hidden, scores = (step.weights for step in graph.steps if step.weights is not None)
    for_hidden, for_scores = step_sizes(graph, 12)
    assert for_scores / scores.std() < for_hidden / hidden.std() / 8
    assert np.abs(rounded(hidden, for_hidden) * for_hidden - hidden).max() <= 0.501 * for_hidden


def test_probes_fit_the_input_and_show_ink() -> None:
    for shape, full in (((28, 28), (28, 28)), ((784,), (784,)), ((32, None), (32, 192))):
        images = probes(shape)
        assert images.shape[1:] == full
        assert (images.min(), images.max()) == (0, 1)
        assert (images.reshape(len(images), -1).sum(axis=1) > 5).all()
