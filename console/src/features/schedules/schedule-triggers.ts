import type { Schedule } from "./schedule-actions.ts";

/** What sets a schedule off, as the API knows it. */
export const triggers = [
  "guarantee_period_end",
  "milestone_reached",
  "contract_signed",
  "manual",
] as const satisfies readonly Schedule["trigger_event"][];

/** When a schedule without a date is paid, as part of a sentence. */
export const triggerMoments: Readonly<Record<Schedule["trigger_event"], string>> = {
  guarantee_period_end: "at the end of the guarantee",
  milestone_reached: "once the milestone is reached",
  contract_signed: "once the contract is signed",
  manual: "once somebody triggers it",
};
