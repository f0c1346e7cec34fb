"""Films and what is known of them: the manifest, the images, the preprocessed cache."""
