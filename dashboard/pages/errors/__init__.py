"""What the pages of errors show: the reads behind them, and pure functions from counts to words and figures."""
