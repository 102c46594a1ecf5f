import type { auditedEntities } from "../../../../shared/domain/entities.ts";
import { eventTypesByEntity, FLAGGED_ACTION, silentActions } from "../../../../shared/events/event-types.ts";

export type EntityType = (typeof auditedEntities)[number];

/** What each kind of record is called. */
export const entityWords: Readonly<Record<EntityType, string>> = {
  payout: "Payout",
  payout_schedule: "Schedule",
  escrow_hold: "Hold",
  transfer: "Transfer",
  payee: "Payee",
  placement: "Placement",
  journal_entry: "Journal entry",
  sending_control: "Sending",
  provider_event: "Provider’s report",
  settings: "Settings",
  role_assignment: "Role",
  role_roster: "Super admins",
  approver_usage: "Approver’s usage",
  security_event: "Security",
};

/** Actions whose name alone doesn't say enough. */
const sentences: Readonly<Record<string, string>> = {
  [FLAGGED_ACTION]: "Changed without a command",
  "payout.vote_recorded": "Payout approved by one, another is needed",
  "payout.partially_paid": "Payout partly paid",
  "payout.paid_outside": "Payout marked as paid outside",
  "payout.marked_failed": "Payout marked as failed",
  "escrow_hold.release_failed": "Hold’s release found something in the way",
  "escrow_hold.partially_released": "Hold released in part",
  "transfer.retry_scheduled": "Transfer to be retried",
  "transfer.reversal_requested": "Transfer’s reversal asked for",
  "transfer.reversal_failed": "Transfer’s reversal failed",
  "transfer.paid_out": "Transfer paid out to the bank",
  "transfer.settled": "Transfer’s outcome settled by hand",
  "placement.guarantee_failed": "Placement’s guarantee failed",
  "placement.activation_refused": "Placement’s activation refused",
  "security.action_refused": "Action refused",
  "security.data_read": "Data exported or read",
  "security.dead_letter_redriven": "Dead letters put back",
  "security.suspicious_activity": "Something unusual",
};

/** `escrow_hold.released` → `Hold released`. */
export function describeAction(action: string): string {
  const sentence = sentences[action];
  if (sentence !== undefined) return sentence;
  const [entity = "", deed = ""] = action.split(".");
  return `${entityWord(entity)} ${deed.replaceAll("_", " ")}`.trim();
}

export function entityWord(entityType: string): string {
  return isEntityType(entityType) ? entityWords[entityType] : entityType.replaceAll("_", " ");
}

function isEntityType(text: string): text is EntityType {
  return Object.hasOwn(entityWords, text);
}

export interface ActionGroup {
  readonly group: string;
  readonly items: readonly { readonly value: string; readonly label: string }[];
}

/** Every action that a line can have, by what it is about. */
export const actionGroups: readonly ActionGroup[] = groupsOf();

function groupsOf(): ActionGroup[] {
  const items = (actions: readonly string[]) => actions.map((value) => ({ value, label: describeAction(value) }));
  const told = Object.entries(eventTypesByEntity).map(([entity, actions]) => ({
    group: entityWord(entity),
    items: items(actions),
  }));
  return [...told, { group: "Others", items: items([...silentActions, FLAGGED_ACTION]) }];
}
