/** The zone that times are shown and entered in. */
export const zone = {
  "calendar.zone": "Days of {{zone}} ({{mark}})",
  zone: "Time zone",
  "zone.all": "All zones",
  "zone.dag": "The DAG's: {{zone}}",
  "zone.dagAny": "The DAG's, on its pages",
  "zone.find": "Find a place or an offset",
  "zone.local": "Yours: {{zone}}",
  "zone.never": "The clocks of {{zone}} skip this time: {{time}} {{mark}} is taken.",
  "zone.none": "No such zone",
  "zone.twice": "In {{zone}} this time comes twice:",
  "zone.which": "Which of the two",
};
