"""The databases: who owns them, and how they are brought to their newest shape."""
