"""Rules, what becomes of them (incidents), who is told (routes), and the telling (deliveries)."""
