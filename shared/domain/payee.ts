import { addMs, laterOf } from "./dates.ts";
import { accept, amend, type CommandContext, changeOf, create, type Decision, type Patch, refuse } from "./decision.ts";
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
const HOUR_MS = 3_600_000;

function accountsOf(destinations: readonly Destination[]): string[] {
  return destinations.flatMap((destination) => (destination.provider === "stripe" ? [destination.account] : []));
}

function formerAccounts(payee: Payee, destinations: readonly Destination[]): string[] {
  const now = new Set(accountsOf(destinations));
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

/** True where facts bring other destinations than a known payee has, so that the cooling-off matters. */
export function changesDestinations(destinations: readonly Destination[], payee: Payee | undefined): boolean {
  return payee !== undefined && !sameDestinations(destinations, payee.destinations);
}

/**
 * What other destinations mean: what was paid to is remembered, and nothing is sent to them before the cooling-off is
 * over. The first ones that a payee ever gets can be used at once; a change back is a change too.
 */
function destinationPatch(
  payee: Payee,
  destinations: readonly Destination[],
  coolingOffHours: number,
  { now }: CommandContext,
): Patch<"payee"> {
  if (sameDestinations(destinations, payee.destinations)) return {};
  const first = payee.destinations.length === 0 && payee.destinationChangedAt === undefined;
  const coolsOff = !first && coolingOffHours > 0;
  return {
    destinations,
    destinationChangedAt: now,
    destinationUsableFrom: coolsOff ? addMs(now, coolingOffHours * HOUR_MS) : undefined,
    formerAccounts: formerAccounts(payee, destinations),
  };
}

function createdPayee(facts: PayeeFacts, context: CommandContext): Payee {
  const body: Record<string, unknown> = { ...facts };
  for (const [field, value] of Object.entries(body)) if (value === undefined) delete body[field];
  return create(
    "payee",
    body as unknown as Omit<Payee, "version" | "change" | "createdAt" | "updatedAt">,
    "payee.created",
    context,
  );
}

/**
 * What the source knows of a payee. The newest fact wins whatever the order of arrival. Sources tell the time in whole
 * seconds: of two different facts of one second the later arrival wins, a repetition changes nothing.
 */
export function upsertPayee(
  facts: PayeeFacts,
  payee: Payee | undefined,
  coolingOffHours: number,
  context: CommandContext,
): Decision {
  if (payee === undefined) return accept([changeOf("payee", createdPayee(facts, context))], undefined);
  if (facts.sourceTime < payee.sourceTime || saysTheSame(facts, payee)) return accept([], undefined);
  const { organizationId: _organization, id: _id, ...patch } = facts;
  const changed = destinationPatch(payee, facts.destinations, coolingOffHours, context);
  const after = amend("payee", payee, { ...patch, ...changed }, "payee.updated", context);
  return accept([changeOf("payee", after, payee)], undefined);
}

/** A person enters a payee that nobody has told of yet. */
export function createPayee(facts: PayeeFacts, payee: Payee | undefined, context: CommandContext): Decision<Payee> {
  if (payee !== undefined) return refuse("payee_exists", `payee ${facts.id} exists`, "payee_id");
  const created = createdPayee(facts, context);
  return accept([changeOf("payee", created)], created);
}

/** What a person corrects. A field given as undefined is removed; one that isn't given stays. */
export type PayeeCorrection = Pick<
  Patch<"payee">,
  | "name"
  | "email"
  | "country"
  | "defaultCurrency"
  | "tier"
  | "payoutFrequency"
  | "minimumPayoutMinor"
  | "verified"
  | "destinations"
>;

/**
 * A person corrects what is known of a payee. What the source said before no longer counts; what it says from now on
 * does. Nothing changes where the correction says what is known already.
 */
export function correctPayee(
  payee: Payee,
  correction: PayeeCorrection,
  coolingOffHours: number,
  context: CommandContext,
): Decision<Payee> {
  const { destinations = payee.destinations, ...fields } = correction;
  const known = payee as unknown as Readonly<Record<string, unknown>>;
  const changed = destinationPatch(payee, destinations, coolingOffHours, context);
  const same = Object.entries(fields).every(([field, value]) => value === known[field]);
  if (same && Object.keys(changed).length === 0) return accept([], payee);
  const sourceTime = laterOf(context.now, payee.sourceTime);
  const after = amend("payee", payee, { ...fields, ...changed, sourceTime }, "payee.updated", context);
  return accept([changeOf("payee", after, payee)], after);
}
