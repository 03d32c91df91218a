import json
import math

import numpy as np
import pytest

from workbench.systems import COMMON, SYSTEMS, Option, SystemSpec, build

PIX2PIX = SYSTEMS["pix2pix"]


def test_the_specification_makes_a_form():
    assert isinstance(PIX2PIX, SystemSpec)
    assert PIX2PIX.name == "pix2pix"
    assert PIX2PIX.description
    names = [option.name for option in (*COMMON, *PIX2PIX.options)]
    assert len(names) == len(set(names))
    for option in PIX2PIX.options:
        assert option.description
        assert option.check(option.default) == option.default
        if option.kind is str:
            assert option.choices
        for choice in option.choices:
            assert option.check(choice) == choice


def test_defaults_are_pix2pixs():
    defaults = {option.name: option.default for option in PIX2PIX.options}
    assert defaults == {
        "depth": None,
        "activation": None,
        "norm": "batch",
        "padding": "zeros",
        "down": "strided",
        "up": "deconv",
        "dropout": True,
        "gan": "vanilla",
        "saturating": False,
        "l1_weight": 100,
        "gan_weight": 1,
        "coherence_weight": 0,
        "coherence_window": 5,
        "mapping": "nyquist",
        "scale": 1.25,
        "discriminator_layers": 3,
        "learning_rate": 2e-4,
    }


def test_checked_options_are_complete_and_json():
    options = PIX2PIX.check({"size": 64, "l1_weight": 10, "coherence_window": 5})
    assert set(options) == {option.name for option in (*COMMON, *PIX2PIX.options)}
    assert json.loads(json.dumps(options)) == options
    assert isinstance(options["l1_weight"], float)
    assert PIX2PIX.check(options) == options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"l2_weight": 1}, r"no option 'l2_weight'; there are: size, width, .*l1_weight"),
        ({"gan": "wgan"}, r"gan='wgan': choose one of vanilla, lsgan"),
        ({"activation": "relu6"}, r"activation='relu6': choose one of relu, leaky_relu"),
        ({"activation": "elu(x)"}, r"unknown activation 'elu\(x\)'|not a number"),
        ({"mapping": "polar"}, r"mapping='polar': choose one of nyquist, real_imag"),
        ({"up": None}, r"up=None: choose one of deconv"),
        ({"depth": 2.0}, r"depth=2.0: needs a whole number"),
        ({"depth": True}, r"depth=True: needs a whole number"),
        ({"depth": 1}, r"depth=1: needs a finite number ≥ 2"),
        ({"dropout": 1}, r"dropout=1: needs True or False"),
        ({"l1_weight": -1}, r"l1_weight=-1.0: needs a finite number ≥ 0"),
        ({"l1_weight": math.nan}, r"l1_weight=nan: needs a finite number"),
        ({"l1_weight": "much"}, r"l1_weight='much': needs a number"),
        ({"scale": 0}, r"scale=0.0: needs a finite number"),
        ({"coherence_window": "local"}, r"coherence_window='local': needs a whole number, or one of global"),
        ({"coherence_window": 1}, r"coherence_window=1: needs a finite number ≥ 3"),
        ({"width": 0}, r"width=0: needs a finite number ≥ 1"),
        ({"learning_rate": math.inf}, r"learning_rate=inf: needs a finite number"),
    ],
)
def test_bad_options(options, words):
    with pytest.raises(ValueError, match=words):
        build("pix2pix", size=32, **{"width": 1, **options})


def test_unknown_system():
    for look_up in (lambda: build("pix3pix", size=32), lambda: SYSTEMS["pix3pix"]):
        with pytest.raises(KeyError, match="unknown system 'pix3pix'; there are: pix2pix"):
            look_up()
    with pytest.raises(ValueError, match="unknown system"):
        build("pix3pix", size=32)


def test_an_option_that_may_be_empty():
    assert Option("depth", None, "", int, optional=True).check(None) is None
    with pytest.raises(ValueError, match="needs a whole number"):
        Option("depth", 3, "", int).check(None)


def test_numpy_numbers_are_taken_as_pythons():
    given = {"size": np.int64(32), "width": np.int32(4), "l1_weight": np.float32(10), "gan_weight": 2}
    options = build("pix2pix", **given, seed=0).options
    assert {name: options[name] for name in given} == {
        "size": 32,
        "width": 4,
        "l1_weight": 10,
        "gan_weight": 2,
    }
    assert json.loads(json.dumps(options)) == options
