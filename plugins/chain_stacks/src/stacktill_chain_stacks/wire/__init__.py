"""The bytes of Stacks: addresses, values, transactions, signatures. Pure: no network, no clock."""
