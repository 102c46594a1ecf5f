import { formatMoment } from "../../display/instants.tsx";
import { titled } from "../../display/status-badge.tsx";
import type { Wire } from "../../session/me.ts";

export type Blocker = NonNullable<Wire["EscrowHold"]["blocker"]>;

/** What is in the way, in a few words: for a line of a table. */
const words: Readonly<Record<string, string>> = {
  approval_pending: "not approved",
  approval_void: "approval is void",
  destination_missing: "no destination",
  destination_changed: "destination changed",
  destination_cooling_off: "cooling off",
  payee_action_required: "payee must act",
  insufficient_funds: "balance is short",
  provider_circuit_open: "provider is failing",
  sending_paused: "sending is paused",
  outcome_unknown: "outcome unknown",
  person_required: "a person is needed",
};

const fixers: Readonly<Record<string, string>> = {
  approver: "An approver can change that.",
  payee: "The payee can change that.",
  finance: "Finance can change that.",
  admin: "An admin can change that.",
  system: "It ends by itself.",
};

/** A code that is new to the console is shown as it is. */
export function blockerWords(code: string): string {
  return words[code] ?? titled(code).toLowerCase();
}

/** Who can change it, as a sentence. */
export function fixerWords(fixableBy: string): string {
  return fixers[fixableBy] ?? `${titled(fixableBy)} can change that.`;
}

/** The API's words as a sentence, with instants as they are written everywhere else. */
export function detailSentence(detail: string): string {
  const text = detail.replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, formatMoment);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

/** What is in the way, who can change it, and what comes of trying all the same. */
export function describeObstacle({ code, detail, fixable_by }: Wire["PayoutBlocker"], meanwhile: string): string {
  return `${detailSentence(detail ?? blockerWords(code))} ${fixerWords(fixable_by)} ${meanwhile}`;
}
