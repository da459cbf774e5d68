"""What makes a worker of Celery one process: a pool of threads, and beat in a thread of its own."""
