"""What an installed program needs of the model: preprocessing, packages, prediction, evidence maps."""
