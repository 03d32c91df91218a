"""Coherence between complex images: estimator, null level, interferogram, loss."""
