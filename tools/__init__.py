"""What `make` calls: environment, assets, servers, checks. Standard library only."""
