"""The real parts that run beside the services on one machine, each from its own wheel."""
