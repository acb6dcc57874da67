"""Which model is in use: the register, promotion and roll-back; comparison, drift and exports."""
