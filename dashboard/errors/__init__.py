"""The pages of errors: what is read for them, and how it is put. Views are in ``dashboard/views``."""
