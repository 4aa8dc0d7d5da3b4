/** What is done to many at once, how far backfills are, where settings come from. */
export const ops = {
  "backfill.deleted": "{{n}} deleted",
  "backfill.deletedHint": "Runs of this backfill that were deleted",
  "backfill.left": "{{n}} left",
  "backfill.leftHint": "Dates whose run was left as it was",
  "config.instead": "Default: {{value}}",
  "config.secret": "hidden",
  "config.source": "Source",
  "config.source.command": "Command",
  "config.source.default": "Default",
  "config.source.environment": "Environment",
  "config.source.file": "File",
  "config.source.secret": "Secrets backend",
};
