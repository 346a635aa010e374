"""How a forum is read: its selectors, its dates, the walk through its threads, and the Scrapy crawl in its process."""
