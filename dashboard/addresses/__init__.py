"""What an address says: period, filters and search of a page, and where spans, traces and sessions are found."""
