"""The PatchGAN discriminator: one logit per overlapping patch."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from workbench.nets.activations import make_activation
from workbench.nets.blocks import Parts, initialise_weights, norm_parts
from workbench.nets.convolutions import Convolution


class PatchDiscriminator(nn.Module):
    """Convolutional classifier of patches (Isola et al. 2017).

    ``n_layers`` convolutions 4×4 of stride 2, then two of stride 1; width × 1, 2, 4, 8, 8 …; no normalisation
    in the first and the last. ``n_layers=0`` is the pixel discriminator (1×1 kernels).
    Layers are named ``layer1.conv``, ``layer1.activation``, ``layer2.conv``, ``layer2.norm``, …,
    ``output.conv``.

    Parameters
    ----------
    n_layers : int
        Number of strided layers: receptive fields of 1, 16, 34, 70, 142, 286 pixels for 0 … 5.
    in_channels : int
        Channels of everything it sees: condition and image together; m packed images need m times as many.
    width : int
        Channels of the first layer.
    norm, activation, padding : str
        As in ``UNet``.

    Raises
    ------
    ValueError
        For unknown names, or (when called) an image too small to leave one logit.

    Examples
    --------
    >>> import torch
    >>> network = PatchDiscriminator(n_layers=3, in_channels=4, width=4)
    >>> network(torch.zeros(2, 4, 64, 64)).shape, network.receptive_field
    (torch.Size([2, 1, 6, 6]), 70)
    """

    def __init__(
        self,
        n_layers: int = 3,
        in_channels: int = 6,
        *,
        width: int = 64,
        norm: str = "batch",
        activation: str = "leaky_relu",
        padding: str = "zeros",
    ) -> None:
        super().__init__()
        if n_layers < 0 or min(in_channels, width) < 1:
            raise ValueError(
                f"needs n_layers ≥ 0, in_channels ≥ 1 and width ≥ 1, "
                f"found n_layers={n_layers}, in_channels={in_channels}, width={width}"
            )
        self.in_channels = in_channels
        bias = norm != "batch"
        kernel, border = (4, 1) if n_layers else (1, 0)
        inputs = in_channels
        for layer in range(max(n_layers, 1) + 1):
            outputs = width * min(2**layer, 8)
            parts: Parts = [
                (
                    "conv",
                    Convolution(
                        inputs,
                        outputs,
                        kernel,
                        stride=2 if layer < n_layers else 1,
                        before=border,
                        after=border,
                        padding=padding,
                        bias=bias or layer == 0,
                    ),
                )
            ]
            if layer:
                parts += norm_parts(norm, outputs)
            parts.append(("activation", make_activation(activation, padding)))
            self.add_module(f"layer{layer + 1}", nn.Sequential(OrderedDict(parts)))
            inputs = outputs
        last = Convolution(
            inputs, 1, kernel, before=border, after=border, padding=padding, bias=bias or n_layers > 0
        )
        self.output = nn.Sequential(OrderedDict(conv=last))
        initialise_weights(self)

    @property
    def receptive_field(self) -> int:
        """Pixels per axis that one logit depends on."""
        field = 1
        for conv in reversed(self._convolutions()):
            field = (field - 1) * int(conv.stride[0]) + int(conv.kernel_size[0])
        return field

    def forward(self, x: Tensor) -> Tensor:
        """Return logits ``(batch, 1, y', x')``: above 0 means real."""
        if x.ndim != 4 or x.shape[1] != self.in_channels:
            raise ValueError(f"needs (batch, {self.in_channels}, y, x), found {tuple(x.shape)}")
        self.check_size(min(x.shape[-2:]))
        for layer in self.children():
            x = layer(x)
        return x

    def check_size(self, size: int) -> None:
        """Raise ValueError if an image of this many pixels per axis leaves no logit."""
        left = size
        for conv in self._convolutions():
            left = (left + sum(conv.border) - int(conv.kernel_size[0])) // int(conv.stride[0]) + 1
            if left < 1:
                strided = sum(int(conv.stride[0]) == 2 for conv in self._convolutions())
                raise ValueError(
                    f"{size} pixels are too few for a patch discriminator with {strided} strided layers "
                    f"(receptive field {self.receptive_field}): use fewer layers or larger images"
                )

    def _convolutions(self) -> list[Convolution]:
        return [module for module in self.modules() if isinstance(module, Convolution)]
