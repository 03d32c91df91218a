import subprocess
import sys

import torch

from workbench.systems import SYSTEMS, build, without_weights


def test_shapes_are_those_of_the_real_networks():
    real = build("pix2pix", size=32, width=4, out_channels=1)
    with without_weights():
        shapes = build("pix2pix", size=32, width=4, out_channels=1)
    for name, network in real.networks.items():
        found = shapes.networks[name].state_dict()
        assert {key: value.shape for key, value in network.state_dict().items()} == {
            key: value.shape for key, value in found.items()
        }
        assert all(value.is_meta for value in found.values())


def test_afterwards_weights_are_drawn_again():
    with without_weights():
        pass
    weight = torch.nn.Linear(4, 4).weight
    assert not weight.is_meta
    assert weight.abs().sum() > 0


def test_every_system_is_checked_without_torchs_compiler():
    code = (
        "import sys; from workbench.systems import SYSTEMS, build, without_weights\n"
        "with without_weights():\n"
        f"    for name in {list(SYSTEMS)}: build(name, size=32, width=4, seed=0)\n"
        "print([m for m in ('sympy', 'torch._dynamo', 'scipy.signal', 'scipy.stats') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
