"""What the pages of traces and sessions show: pure functions from spans to rows, and the reads behind them."""
