"""What is wrong with a set of rules as a whole: rules that never hold, that are hidden by others, that contradict."""
