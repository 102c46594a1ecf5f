import type { Wire } from "../../session/me.ts";

export interface Posting {
  readonly account: string;
  /** Minor units; debits are positive, credits negative. */
  readonly amountMinor: number;
}

/** One balanced posting to the ledger, and what it was made for. */
export interface JournalEntry {
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  readonly postings: readonly Posting[];
  readonly causeId: string;
  readonly actor: string;
  readonly actorType: string;
}

/** The posting that an audit line tells of. Throws where the line isn't one: nothing may be missing from a journal. */
export function journalEntryOf(line: Wire["AuditEntry"]): JournalEntry {
  const { kind, postings, cause } = line.after_state ?? {};
  const isCaused = typeof cause === "object" && cause !== null && "id" in cause && typeof cause.id === "string";
  if (typeof kind !== "string" || !Array.isArray(postings) || !postings.every(isPosting) || !isCaused) {
    throw new Error(`the audit line ${line.id} is no journal entry`);
  }
  return {
    id: line.entity_id,
    at: line.created_at,
    kind,
    postings,
    causeId: String(cause.id),
    actor: line.changed_by,
    actorType: line.changed_by_type,
  };
}

function isPosting(value: unknown): value is Posting {
  return (
    typeof value === "object" &&
    value !== null &&
    "account" in value &&
    typeof value.account === "string" &&
    "amountMinor" in value &&
    typeof value.amountMinor === "number"
  );
}

/** What all entries together leave on each account, in the order of the first use; sums to zero when all are balanced. */
export function balancesOf(entries: readonly JournalEntry[]): readonly Posting[] {
  const sums = new Map<string, number>();
  for (const { account, amountMinor } of entries.flatMap(({ postings }) => postings)) {
    sums.set(account, (sums.get(account) ?? 0) + amountMinor);
  }
  return [...sums].map(([account, amountMinor]) => ({ account, amountMinor }));
}

/** True where debits and credits are equal. */
export function isBalanced(postings: readonly Posting[]): boolean {
  return postings.reduce((sum, { amountMinor }) => sum + amountMinor, 0) === 0;
}
