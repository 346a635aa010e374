"""Back to the cause: which product, supplier, carrier, branch or campaign makes people complain more than it used to.

The rules are in rates.py and naming.py, the weekly list in weekly.py, what people do about it in loop.py.
"""
