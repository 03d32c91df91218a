"""What the workbench adds to a training step: the engine against the same loop written out by hand."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch.nn import functional

import workbench as wb
from benchmarks.machine import median, print_table
from workbench.interferometry import coherence_loss
from workbench.mappings import MAPPINGS, SCALE, from_network
from workbench.runs.writer import StoreWriter
from workbench.training import Patches, Plan, Record, Trainer, make_patches

BLOCK, BLOCKS = 25, 12
OPTIONS = {"size": 64, "width": 16, "in_channels": 3, "out_channels": 1, "coherence_weight": 10.0}


def demo_patches() -> Patches:
    """Patches of the demo run: Onetone 32 x 32 complex, 4 bands, Nyquist."""
    scene = wb.SCENES["onetone"]
    return make_patches(
        scene(size=32, count=250, seed=0, bands=4), scene(size=32, count=64, seed=1, bands=4), "nyquist"
    )


def plain_step(patches: Patches) -> Callable[[], None]:
    """Return one pix2pix step as anybody would write it in a notebook, on the same networks."""
    torch.manual_seed(0)
    networks = wb.build("pix2pix", **OPTIONS).networks
    generator, discriminator = networks["generator"], networks["discriminator"]
    for_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    for_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    data, decode = patches.training, MAPPINGS["nyquist"].decode

    def step() -> None:
        which = torch.randint(len(data), (3,))
        condition, target, reference = data.condition[which], data.target[which], data.reference[which]
        fake = generator(condition)
        for_d.zero_grad()
        real_logits = discriminator(torch.cat((condition, target), 1))
        fake_logits = discriminator(torch.cat((condition, fake.detach()), 1))
        real = functional.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
        false = functional.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
        (0.5 * real + 0.5 * false).backward()
        for_d.step()
        discriminator.requires_grad_(False)
        for_g.zero_grad()
        logits = discriminator(torch.cat((condition, fake), 1))
        adversarial = functional.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
        l1 = functional.l1_loss(fake, target)
        coherence = coherence_loss(decode(from_network(fake, SCALE), edge="drop"), reference).mean()
        (adversarial + 100 * l1 + 10 * coherence).backward()
        for_g.step()
        discriminator.requires_grad_(True)
        torch.stack((real, false, adversarial, l1, coherence)).detach().tolist()

    return step


def engine_step(patches: Patches, budget: float, record: Callable[[Record], None]) -> Trainer:
    """Return the engine on the same setting."""
    torch.manual_seed(0)
    plan = Plan(steps=10**6, device="cpu", observing_budget=budget)
    return Trainer(wb.build("pix2pix", **OPTIONS), patches, plan, record)


def time_block(step: Callable[[], object]) -> float:
    """Return the CPU seconds of this thread per step."""
    began = time.thread_time()
    for _ in range(BLOCK):
        step()
    return (time.thread_time() - began) / BLOCK


def main() -> None:
    """Print the table: CPU time of one step, block by block in turn, ratio of medians."""
    torch.set_num_threads(1)
    patches = demo_patches()
    with tempfile.TemporaryDirectory() as folder:
        writer = StoreWriter(Path(folder))
        recorded = engine_step(patches, 0.05, lambda r: writer.append(r.group, r.step, r.values))
        writer.add_groups(recorded.templates(), {})
        recorded.observe()
        steps = {
            "plain loop": plain_step(patches),
            "engine, no observing": engine_step(patches, 0.0, lambda _: None).advance,
            "engine, observing 5 %, recorded": recorded.advance,
        }
        for step in steps.values():
            time_block(step)
        times: dict[str, list[float]] = {name: [] for name in steps}
        for _ in range(BLOCKS):
            for name, step in steps.items():
                times[name].append(time_block(step))
        share = recorded.observing_share
        writer.close()
    plain = times["plain loop"]
    rows = [
        (name, f"{1e3 * median(ts):.1f}", f"{median([t / p for t, p in zip(ts, plain, strict=True)]):.3f}")
        for name, ts in times.items()
    ]
    print_table("Training step (demo setting, one thread)", ("loop", "CPU ms", "ratio to plain loop"), rows)
    print(f"\nObserving took {share:.1%} of the time (budget 5 %).")


if __name__ == "__main__":
    main()
