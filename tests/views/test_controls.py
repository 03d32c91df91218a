"""The widgets of an explorer's settings."""

from workbench.session.explorers import ActivationExplorer
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
