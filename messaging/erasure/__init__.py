"""What the erasure of a person does with messages, files and webhook deliveries. See `crm.erasure`."""
