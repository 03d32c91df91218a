"""The pix2pix family: a U-Net against a PatchGAN that sees the condition too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from workbench.interferometry import coherence_loss
from workbench.losses import ADVERSARIAL, discriminator_loss, generator_loss, l1_loss
from workbench.mappings import MAPPINGS, SCALE, from_network
from workbench.nets import ACTIVATIONS, DOWNSAMPLERS, NORMS, PADDINGS, UPSAMPLERS, PatchDiscriminator, UNet
from workbench.systems.options import Option, SystemSpec
from workbench.systems.system import Context, Optimiser, Player, System, Term

OPTIONS = (
    Option("depth", None, "halvings of the U-Net; empty: down to 1×1", int, optional=True, minimum=2),
    Option(
        "activation",
        None,
        "activation of the U-Net; empty: leaky_relu(0.2) down, relu up",
        str,
        choices=ACTIVATIONS,
        open_choice=True,
        optional=True,
    ),
    Option("norm", "batch", "normalisation of both networks", str, choices=tuple(NORMS)),
    Option("padding", "zeros", "border rule of both networks", str, choices=tuple(PADDINGS)),
    Option("down", "strided", "down-sampling of the U-Net", str, choices=tuple(DOWNSAMPLERS)),
    Option("up", "deconv", "up-sampling of the U-Net", str, choices=tuple(UPSAMPLERS)),
    Option("dropout", True, "drop features in the U-Net's inner decoder while training", bool),
    Option("gan", "vanilla", "adversarial loss", str, choices=ADVERSARIAL),
    Option("saturating", False, "minimax form of the generator's loss (vanilla only)", bool),
    Option("l1_weight", 100.0, "weight of the mean absolute error", float, minimum=0),
    Option("gan_weight", 1.0, "weight of the adversarial loss; 0: no discriminator's turn", float, minimum=0),
    Option("coherence_weight", 0.0, "weight λ of 1 − |γ| on decoded images", float, minimum=0),
    # Over the whole patch, stripes of different phase cancel: λ = 10 then trains hardly better than λ = 0.
    Option(
        "coherence_window",
        5,
        "window of that coherence: the whole patch, or an odd number of pixels",
        int,
        choices=("global",),
        minimum=3,
        unit="pixel",
    ),
    Option("mapping", "nyquist", "how complex images are made real", str, choices=tuple(MAPPINGS)),
    Option("scale", SCALE, "mapped value that becomes 1 in the network", float, minimum=1e-6),
    Option("discriminator_layers", 3, "strided layers of the PatchGAN (3: 70×70)", int, minimum=0),
    Option("learning_rate", 2e-4, "Adam's step size", float, minimum=0),
)


@dataclass(frozen=True)
class Pix2Pix(System):
    """Conditional GAN on paired images (Isola et al. 2017; seed paper (Sibler et al.), section 5, eq. 8)."""

    def forward(self, batch: dict[str, Tensor]) -> Context:
        """Generate once; decode what was generated only where the coherence is trained on."""
        context = dict(batch)
        context["fake"] = self.generate(batch["condition"])
        if self.options["coherence_weight"] > 0:
            context["decoded"] = self._decode(context["fake"])
        return context

    def generate(self, condition: Tensor) -> Tensor:
        """Run the generator."""
        return self.networks["generator"](condition)

    def judge(self, condition: Tensor, image: Tensor) -> Tensor:
        """Return the discriminator's logits for an image under its condition."""
        return self.networks["discriminator"](torch.cat((condition, image.to(condition.dtype)), dim=1))

    def _decode(self, fake: Tensor) -> Tensor:
        mapped = from_network(fake.float() if fake.dtype.itemsize < 4 else fake, self.options["scale"])
        # "pack" would read a (π, π) checkerboard, which an untrained generator makes, as signal
        return MAPPINGS[self.options["mapping"]].decode(mapped, edge="drop")


def _real(system: System, context: Context) -> Tensor:
    assert isinstance(system, Pix2Pix)
    logits = system.judge(context["condition"], context["target"])
    return discriminator_loss(logits, real=True, kind=system.options["gan"])


def _fake(system: System, context: Context) -> Tensor:
    assert isinstance(system, Pix2Pix)
    logits = system.judge(context["condition"], context["fake"].detach())
    return discriminator_loss(logits, real=False, kind=system.options["gan"])


def _gan(system: System, context: Context) -> Tensor:
    assert isinstance(system, Pix2Pix)
    logits = system.judge(context["condition"], context["fake"])
    return generator_loss(logits, system.options["gan"], system.options["saturating"])


def _l1(system: System, context: Context) -> Tensor:  # noqa: ARG001
    return l1_loss(context["fake"], context["target"])


def _coherence(system: System, context: Context) -> Tensor:
    return coherence_loss(
        context["decoded"], context["reference"], window=system.options["coherence_window"]
    ).mean()


def make_pix2pix(options: dict[str, Any]) -> Pix2Pix:
    """Make the system from checked options.

    Raises
    ------
    ValueError
        If the options contradict each other: sizes, channels of the mapping, all weights 0.
    """
    _check(options)
    layers = {name: options[name] for name in ("width", "norm", "padding")}
    generator = UNet(
        options["in_channels"],
        options["out_channels"],
        **layers,
        **{name: options[name] for name in ("size", "depth", "activation", "down", "up", "dropout")},
    )
    seen = options["in_channels"] + options["out_channels"]
    discriminator = PatchDiscriminator(options["discriminator_layers"], seen, **layers)
    discriminator.check_size(options["size"])
    objectives = (
        Term("gan", options["gan_weight"], _gan),
        Term("l1", options["l1_weight"], _l1),
        Term("coherence", options["coherence_weight"], _coherence),
    )
    optimiser = Optimiser(learning_rate=options["learning_rate"])
    players = {
        # halved, so that the discriminator learns slower than the generator
        "discriminator": Player(
            ("discriminator",), (Term("real", 0.5, _real), Term("fake", 0.5, _fake)), optimiser
        ),
        "generator": Player(("generator",), tuple(term for term in objectives if term.weight), optimiser),
    }
    return Pix2Pix(
        name="pix2pix",
        networks={"generator": generator, "discriminator": discriminator},
        players=players,
        schedule=("discriminator", "generator") if options["gan_weight"] else ("generator",),
        options=options,
    )


def _check(options: dict[str, Any]) -> None:
    if options["saturating"] and options["gan"] != "vanilla":
        raise ValueError(f"option saturating=True goes with gan='vanilla' only, found gan={options['gan']!r}")
    if not options["gan_weight"] + options["l1_weight"] + options["coherence_weight"]:
        raise ValueError("pix2pix needs one of gan_weight, l1_weight, coherence_weight above 0")
    if not options["coherence_weight"]:
        return
    mapping = MAPPINGS[options["mapping"]]
    if options["out_channels"] != mapping.channels:
        raise ValueError(
            f"coherence_weight > 0 decodes the image: mapping {mapping.name!r} needs "
            f"out_channels={mapping.channels}, found {options['out_channels']}"
        )
    if options["size"] % mapping.factor:
        raise ValueError(f"mapping {mapping.name!r} needs an even size, found {options['size']}")
    window = options["coherence_window"]
    if window != "global" and (window % 2 == 0 or window > options["size"] // mapping.factor):
        raise ValueError(
            f"coherence_window needs 'global' or an odd number up to the complex image's "
            f"{options['size'] // mapping.factor} pixels, found {window}"
        )


PIX2PIX = SystemSpec(
    "pix2pix",
    "Paired image translation: U-Net against PatchGAN, with mean absolute error and optional coherence loss.",
    OPTIONS,
    make_pix2pix,
)
