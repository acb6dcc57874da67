"""How to train: YAML files in which every value has its reason, and their reader."""
