/** People who can be signed in on the local cloud. Several managers: nobody approves and sends the same payout. */
export const localPeople = [
  { subject: "vera", role: "viewer", does: "looks" },
  { subject: "olga", role: "operator", does: "enters payouts, exports" },
  { subject: "pete", role: "processor", does: "triggers, retries, cancels" },
  { subject: "maya", role: "manager", does: "approves, manages holds" },
  { subject: "miro", role: "manager", does: "the second pair of eyes" },
  { subject: "nina", role: "manager", does: "sends what the others approved" },
  { subject: "ada", role: "admin", does: "reverses, settles, configures" },
  { subject: "root", role: "super_admin", does: "grants roles" },
] as const;

export type LocalPerson = (typeof localPeople)[number];

/** The organization whose demo data the local cloud makes. */
export const LOCAL_ORGANIZATION = "acme";
