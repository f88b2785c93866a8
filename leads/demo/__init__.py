"""What becomes of the made-up customers of `seed_demo`: leads as triage and sellers would have left them."""
