"""What people read of a model: the model card and reports made of tables."""
