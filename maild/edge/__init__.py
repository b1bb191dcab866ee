"""The outside world, thin: each module translates one protocol and its errors, and decides nothing."""
