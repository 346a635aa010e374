"""What the desk needs from a text beside its labels: numbers, dates, sums, places, carriers, offences; and masking."""

from nlp.extract.about import Homonym, Verdict, about
from nlp.extract.brand import Brand, Product
from nlp.extract.finder import extract
from nlp.extract.found import Found
from nlp.extract.masking import mask

__all__ = ["Brand", "Found", "Homonym", "Product", "Verdict", "about", "extract", "mask"]
