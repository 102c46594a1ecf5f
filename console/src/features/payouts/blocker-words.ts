import type { Wire } from "../../session/me.ts";
import { blockerWords, fixerWords } from "../parts/blocker-words.ts";

export type Blocker = Wire["PayoutBlocker"];

/** What isn't a trouble: time passes, somebody's or something's trigger is awaited, or money moves. */
const ordinary: Readonly<Record<string, string>> = {
  not_due: "Not due yet",
  trigger_pending: "Waits for its trigger",
  in_escrow: "In escrow",
  due_now: "Due: it goes out now",
  retry_scheduled: "It is tried again",
  in_progress: "On its way",
};

/** A code that is new to the console is shown as it is. */
export function titleOfBlocker({ code }: Blocker): string {
  const words = blockerWords(code);
  return ordinary[code] ?? `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

export function isTrouble({ code }: Blocker): boolean {
  return ordinary[code] === undefined;
}

/**
 * Who can change it, as a sentence; undefined where time passes and nobody has to. What has failed for good is known from
 * the transfers: whoever sends can send it again.
 */
export function fixerOf(blocker: Blocker, transfers: readonly Wire["Transfer"][]): string | undefined {
  const { code, entity_type, entity_id, fixable_by } = blocker;
  if (fixable_by === "system" && !isTrouble(blocker)) return undefined;
  if (code === "trigger_pending" && fixable_by === "finance") return "Somebody who sends payouts triggers it.";
  const hasFailed = transfers.some(({ id, status }) => id === entity_id && status === "failed_terminal");
  if (code === "person_required" && (entity_type === "payout" || hasFailed)) {
    return "Somebody who sends payouts retries it.";
  }
  return fixerWords(fixable_by);
}

/** Where it can be changed or looked at; undefined where this page is the place. */
export type Remedy = { readonly label: string } & (
  | { readonly to: "/payees/$id"; readonly payeeId: string }
  | {
      readonly to: "/approvals" | "/settings" | "/transfers" | "/payout-schedules" | "/escrow-holds";
      readonly search: Readonly<Record<string, string>>;
    }
);

export function remedyFor({ code, fixable_by, entity_type }: Blocker, payeeId: string): Remedy | undefined {
  if (fixable_by === "approver") return { label: "Approvals", to: "/approvals", search: {} };
  if (fixable_by === "payee" || code === "destination_cooling_off") {
    return { label: "The payee’s destinations", to: "/payees/$id", payeeId };
  }
  if (code === "insufficient_funds") {
    return { label: "All that waits for funds", to: "/transfers", search: { status: "awaiting_funds" } };
  }
  if (entity_type === "sending_control") return { label: "Sending", to: "/settings", search: {} };
  return undefined;
}
