import type { Wire } from "../../session/me.ts";

/** Why money is held, as the API knows it. */
export const holdReasons = [
  "guarantee_period",
  "dispute",
  "verification",
  "other",
] as const satisfies readonly Wire["EscrowHold"]["hold_reason"][];

export const reasonNames: Readonly<Record<(typeof holdReasons)[number], string>> = {
  guarantee_period: "Guarantee",
  dispute: "Dispute",
  verification: "Verification",
  other: "Other",
};
