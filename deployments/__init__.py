"""What runs where: the catalogue of deployments, the in-process worker, the `expedite` command."""
