"""Models, deployments and routes that admins edit, and what this process knows of them."""
