/** Long logs; DAGs that something is wrong with. */
export const logs = {
  "dag.trouble": "Import errors, warnings",
  "dag.trouble.import_errors": "With import errors",
  "dag.trouble.warnings": "With warnings",
  "log.begin": "First line",
  "log.end": "Last line",
  "log.noneOf": "No line of these levels",
  "log.part": "{{from}} to {{to}} of {{rows}} lines",
  "log.place": "Place in the log",
  "log.searching": "searching…",
};
