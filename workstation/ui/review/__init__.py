"""The reader's own judgement: impression, texts, status."""
