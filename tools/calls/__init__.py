"""What travels: a call and who asks, its deadline and its cancellation, its chunks and its outcome."""
