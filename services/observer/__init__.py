"""The observer: reads from the ledger, the broker and the store what an operator should see, for Prometheus."""
