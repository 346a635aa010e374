"""The order card: what the shop's own systems know of a customer's order, beside the customer's words.

order.py the words, keys.py what an order is found by, settings.py the configuration, mapping.py from a record to an
order; csv_folder.py, sql.py and http_json.py ask; look_up.py asks them all; card.py and signs.py say it.
"""
