"""Makes the transformer from data folders; needs the packages of requirements-train.txt, which the product does not."""
