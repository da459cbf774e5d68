"""The pages of errors: views, their reads, and pure functions from counts to words and figures."""
