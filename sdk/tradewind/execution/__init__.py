"""What happens in a task's process: context, rendering, execution, callbacks."""
