"""The one package that knows Snakemake: settings, and what every rule's script has around its work."""
