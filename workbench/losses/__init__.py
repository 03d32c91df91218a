"""Objectives as plain functions of tensors: adversarial, reconstruction."""
