"""The local AWS: one endpoint, a backend per service, moto for the rest."""
