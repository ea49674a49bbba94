"""Datasets: recorded events -> actions -> episodes -> Parquet with its lineage, built under a grant only."""
