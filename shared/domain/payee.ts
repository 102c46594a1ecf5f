import { accept, amend, type CommandContext, changeOf, create, type Decision } from "./decision.ts";
import type { Destination, Instant, Payee } from "./model.ts";
import { sameDestination } from "./payout.ts";

export interface PayeeFacts {
  readonly organizationId: string;
  readonly id: string;
  readonly name: string;
  readonly email?: string | undefined;
  readonly country?: string | undefined;
  readonly defaultCurrency: string;
  readonly tier?: string | undefined;
  readonly payoutFrequency?: string | undefined;
  readonly minimumPayoutMinor?: number | undefined;
  readonly verified: boolean;
  readonly destinations: readonly Destination[];
  /** When the source said so. */
  readonly sourceTime: Instant;
}

function sameDestinations(a: readonly Destination[], b: readonly Destination[]): boolean {
  return a.length === b.length && a.every((destination, index) => sameDestination(destination, b[index]));
}

const KEPT_ACCOUNTS = 5;

function accountsOf(destinations: readonly Destination[]): string[] {
  return destinations.flatMap((destination) => (destination.provider === "stripe" ? [destination.account] : []));
}

function formerAccounts(payee: Payee, facts: PayeeFacts): string[] {
  const now = new Set(accountsOf(facts.destinations));
  const before = [...accountsOf(payee.destinations), ...(payee.formerAccounts ?? [])];
  return [...new Set(before)].filter((account) => !now.has(account)).slice(0, KEPT_ACCOUNTS);
}

/** Field by field: a store may give an object's fields back in another order. */
function saysTheSame(facts: PayeeFacts, payee: Payee): boolean {
  const { destinations, ...others } = facts;
  const known = payee as unknown as Readonly<Record<string, unknown>>;
  return (
    sameDestinations(destinations, payee.destinations) &&
    Object.entries(others).every(([field, value]) => value === known[field])
  );
}

/**
 * What the source knows of a payee. The newest fact wins whatever the order of arrival. Sources tell the time in whole
 * seconds: of two different facts of one second the later arrival wins, a repetition changes nothing.
 */
export function upsertPayee(facts: PayeeFacts, payee: Payee | undefined, context: CommandContext): Decision {
  if (payee === undefined) {
    const body: Record<string, unknown> = { ...facts };
    for (const [field, value] of Object.entries(body)) if (value === undefined) delete body[field];
    const created = create(
      "payee",
      body as unknown as Omit<Payee, "version" | "change" | "createdAt" | "updatedAt">,
      "payee.created",
      context,
    );
    return accept([changeOf("payee", created)], undefined);
  }
  if (facts.sourceTime < payee.sourceTime || saysTheSame(facts, payee)) return accept([], undefined);
  const changed = !sameDestinations(facts.destinations, payee.destinations);
  const { organizationId: _organization, id: _id, ...patch } = facts;
  const after = amend(
    "payee",
    payee,
    {
      ...patch,
      ...(changed ? { destinationChangedAt: context.now, formerAccounts: formerAccounts(payee, facts) } : {}),
    },
    "payee.updated",
    context,
  );
  return accept([changeOf("payee", after, payee)], undefined);
}
