"""One small module for each client, all with the interface of `base.Client`."""
