"""Network blocks of the seeds: U-Net, PatchGAN, with every layer kind an argument."""
