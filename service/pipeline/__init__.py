"""The office's monthly job as operations: files in, archive, model, grades out."""
