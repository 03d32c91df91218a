"""The widgets of an explorer's settings."""

from workbench.session.explorers import ActivationExplorer, CoherenceExplorer
from workbench.views.explorers.controls import Controls


def test_no_heading_stands_over_nothing():
    explorer = ActivationExplorer()
    controls = Controls(explorer)

    def shown():
        return [head.visible for names, head in controls._heads if "terms" in names]

    assert shown() == [True]
    explorer.activation = "formula"
    assert shown() == [False]
    assert [head.visible for _, head in controls._heads].count(False) == 1
    explorer.activation = "tanh"
    assert shown() == [True]


def test_an_equation_is_shown_while_one_of_its_settings_has_an_effect():
    explorer = CoherenceExplorer()
    controls = Controls(explorer)
    pair, estimate = (head for _, head in controls._heads[:2])
    assert "γ = γₜ" in pair.text
    explorer.source = "my two files"
    assert pair.text == "<h2>Pair</h2>"
    assert "Σ x y*" in estimate.text
    explorer.source = "simulated"
    assert "γ = γₜ" in pair.text
