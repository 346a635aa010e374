"""How the complaint portal Şikayetvar is read: its pages, its mails, and the walk through a brand's list."""
