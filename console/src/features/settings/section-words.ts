/** The sections of the page: the same where settings are read and where they are changed. */
export const sectionWords = {
  policy: {
    title: "Payouts from placements",
    note: "Holds for payouts made from then on. A placement’s own event may ask for something else.",
  },
  amounts: {
    title: "High value and limits",
    note: "Measured by the whole payout, not by the part that is approved or released.",
  },
  safety: { title: "Safety", note: "Who is let near the money, and when that is worth a flag." },
} as const;
