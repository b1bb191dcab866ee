"""The stages of a mail's path, one file each; they meet in the store, not in calls back and forth."""
