"""Objectives as plain functions of tensors: adversarial, reconstruction."""

from workbench.losses.adversarial import ADVERSARIAL, discriminator_loss, generator_loss
from workbench.losses.reconstruction import l1_loss

__all__ = ["ADVERSARIAL", "discriminator_loss", "generator_loss", "l1_loss"]
