"""The theory: folding, harmonics, resampling, spectra, figures of merit, in float64 with closed forms."""
