import * as z from "zod";
import { isSupportedCurrency } from "../domain/currencies.ts";
import { isCalendarDate, toInstant } from "../domain/dates.ts";
import { MAX_AMOUNT_MINOR } from "../domain/money.ts";
import { PLATFORM } from "../domain/platform.ts";

/**
 * The events that other systems put on the bus. Each message of a schema completes the sentence "… must be": refusals
 * are read by the people who send the events. Instants come out in UTC with milliseconds, whatever offset they had.
 */
export const MAX_DETAIL_BYTES = 64 * 1024;
export const MAX_DETAIL_DEPTH = 8;
const SCHEMA_VERSION = 1;
const MAX_PAYEES = 16;
const MAX_DESTINATIONS = 8;
const MAX_GUARANTEE_DAYS = 3650;
const FULL_BP = 10_000;

const ORGANIZATION_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const EXTERNAL_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
const STRIPE_ACCOUNT = /^acct_[A-Za-z0-9]{1,64}$/;
const CHANNEL_CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
const ACCOUNT_NUMBER = /^[A-Za-z0-9+@._-]{1,64}$/;
const COUNTRY = /^[A-Z]{2}$/;
const PRINTABLE = /^\P{Cc}+$/u;

const matching = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error });

const organizationIdText = `an id of 1 to 64 letters, digits, "_" or "-", and not "${PLATFORM}"`;
export const organizationId = matching(ORGANIZATION_ID, organizationIdText).refine((id) => id !== PLATFORM, {
  error: organizationIdText,
});
export const externalId = matching(EXTERNAL_ID, 'an id of 1 to 128 letters, digits, ".", "_", ":" or "-"');
const currencyText = "an upper-case ISO 4217 code of a supported currency";
export const currency = matching(/^[A-Z]{3}$/, currencyText).refine(isSupportedCurrency, { error: currencyText });
/** A year beyond is a slip of the pen, and instants must stay comparable as text. */
const isPlausibleYear = (text: string) => text >= "1970" && text < "2200";
const dateText = "a calendar date that exists, YYYY-MM-DD, from 1970 to 2199";
const calendarDate = z.iso
  .date({ error: dateText })
  .refine((text) => isCalendarDate(text) && isPlausibleYear(text), { error: dateText });
const instantText = 'an ISO 8601 instant with "Z" or an offset, from 1970 to 2199';
export const instant = z.iso
  .datetime({ offset: true, error: instantText })
  .refine(isPlausibleYear, { error: instantText, abort: true })
  .transform((text) => toInstant(Date.parse(text)));

export function whole(minimum: number, maximum: number, unit = "") {
  const error = `a whole number${unit} from ${minimum} to ${maximum}`;
  return z.int({ error }).min(minimum, { error }).max(maximum, { error });
}
export const amount = whole(1, MAX_AMOUNT_MINOR, " of minor units");

export function text(maximum: number) {
  const error = `text of 1 to ${maximum} characters without control characters`;
  return matching(PRINTABLE, error).max(maximum, { error });
}

const schemaVersion = z.literal(SCHEMA_VERSION, { error: `${SCHEMA_VERSION}` }).default(SCHEMA_VERSION);

const stripeDestination = z.strictObject({
  provider: z.literal("stripe"),
  account: matching(STRIPE_ACCOUNT, 'a Stripe account id, "acct_" and 1 to 64 letters or digits'),
});
const xenditDestination = z.strictObject({
  provider: z.literal("xendit"),
  channel_code: matching(CHANNEL_CODE, "a Xendit channel code of upper-case letters, digits and underscores"),
  account_number: matching(ACCOUNT_NUMBER, 'an account number of 1 to 64 letters, digits, "+", "@", ".", "_" or "-"'),
  account_holder_name: text(200),
});
export const destination = z.discriminatedUnion("provider", [stripeDestination, xenditDestination], {
  error: ({ code }) => (code === "invalid_union" ? '"stripe" or "xendit"' : "an object"),
});
const destinationsText = `a list of up to ${MAX_DESTINATIONS} destinations`;

const payeeUpserted = z.strictObject({
  schema_version: schemaVersion,
  organization_id: organizationId,
  payee_id: externalId,
  name: text(200),
  email: z.email({ error: "an e-mail address" }).max(254, { error: "an e-mail address" }).optional(),
  country: matching(COUNTRY, "an upper-case ISO 3166 code of two letters").optional(),
  default_currency: currency,
  tier: text(64).optional(),
  payout_frequency: text(64).optional(),
  minimum_payout: whole(0, MAX_AMOUNT_MINOR, " of minor units").optional(),
  verified: z.boolean({ error: "true or false" }).optional(),
  destinations: z.array(destination, { error: destinationsText }).max(MAX_DESTINATIONS, { error: destinationsText }),
});

const shareText = "an object with payee_id and either share_bp or amount";
const payeeShare = z
  .strictObject(
    { payee_id: externalId, share_bp: whole(1, FULL_BP, " of basis points").optional(), amount: amount.optional() },
    { error: shareText },
  )
  .refine((share) => (share.share_bp === undefined) !== (share.amount === undefined), { error: shareText });

const payeesText = `a list of 1 to ${MAX_PAYEES} payees`;
const payees = z
  .array(payeeShare, { error: payeesText })
  .min(1, { error: payeesText })
  .max(MAX_PAYEES, { error: payeesText })
  .refine((list) => new Set(list.map((share) => share.payee_id)).size === list.length, {
    error: "a list that names each payee once",
  })
  .refine((list) => list.reduce((sum, share) => sum + (share.share_bp ?? 0), 0) <= FULL_BP, {
    error: `a list whose share_bp add up to at most ${FULL_BP}`,
  });

export const triggers = ["guarantee_period_end", "milestone_reached", "contract_signed", "manual"] as const;
const policy = z.strictObject(
  {
    holdback_bp: whole(0, FULL_BP, " of basis points").optional(),
    trigger_event: z.enum(triggers, { error: `one of ${triggers.join(", ")}` }).optional(),
    scheduled_date: instant.optional(),
    approval: z.enum(["auto", "manual"], { error: '"auto" or "manual"' }).optional(),
  },
  { error: "an object with the organization's policy values to override" },
);

const placementActivated = z.strictObject({
  schema_version: schemaVersion,
  organization_id: organizationId,
  placement_id: externalId,
  company_id: externalId,
  currency,
  fee_amount: amount,
  start_date: calendarDate,
  guarantee_days: whole(0, MAX_GUARANTEE_DAYS).optional(),
  payees,
  policy: policy.optional(),
  occurred_at: instant,
});

const placementSignal = z.strictObject({
  schema_version: schemaVersion,
  organization_id: organizationId,
  placement_id: externalId,
  occurred_at: instant,
  reason: text(500).optional(),
  milestone: text(200).optional(),
});

/** By detail type; also the source of the JSON Schemas. */
export const inboundSchemas = {
  "payee.upserted": payeeUpserted,
  "placement.activated": placementActivated,
  "placement.contract_signed": placementSignal,
  "placement.milestone_reached": placementSignal,
  "placement.guarantee_failed": placementSignal,
  "placement.cancelled": placementSignal,
} as const;

export type InboundType = keyof typeof inboundSchemas;
export type InboundDetail<T extends InboundType> = z.output<(typeof inboundSchemas)[T]>;
/** `detail` keeps the names of the wire. */
export type InboundEvent = { [T in InboundType]: { readonly type: T; readonly detail: InboundDetail<T> } }[InboundType];

export type InboundResult =
  | { readonly ok: true; readonly event: InboundEvent }
  /** `reason` names the field and what is expected, never the value that was sent. */
  | { readonly ok: false; readonly reason: string; readonly field?: string };

/** Decides whether an event may come in. Never throws: what is refused goes to the queue of refused events with the reason. */
export function parseInbound(detailType: string, detail: unknown): InboundResult {
  if (!isInboundType(detailType)) return { ok: false, reason: `event type ${quote(detailType)} is not known` };
  if (typeof detail !== "object" || detail === null || Array.isArray(detail)) {
    return { ok: false, reason: "detail must be a JSON object" };
  }
  if (isDeeperThan(detail, MAX_DETAIL_DEPTH)) {
    return { ok: false, reason: `detail must not nest deeper than ${MAX_DETAIL_DEPTH} levels` };
  }
  if (new TextEncoder().encode(JSON.stringify(detail)).byteLength > MAX_DETAIL_BYTES) {
    return { ok: false, reason: `detail must not be larger than ${MAX_DETAIL_BYTES} bytes` };
  }
  const parsed = inboundSchemas[detailType].safeParse(detail, { reportInput: true });
  if (!parsed.success) return refusalOf(detailType, parsed.error);
  // The schema was picked by this very type; the compiler can't follow the pair.
  return { ok: true, event: { type: detailType, detail: parsed.data } as InboundEvent };
}

export function isInboundType(detailType: string): detailType is InboundType {
  return Object.hasOwn(inboundSchemas, detailType);
}

function refusalOf(type: InboundType, error: z.ZodError): InboundResult {
  const issues = error.issues;
  // An unknown version explains all other surprises.
  const issue = issues.find(({ path }) => path[0] === "schema_version") ?? issues[0];
  if (issue === undefined) return { ok: false, reason: "detail is malformed" };
  if (issue.code === "unrecognized_keys") {
    const field = pathText([...issue.path, issue.keys[0] ?? ""]);
    return { ok: false, reason: `${quote(field)} is not a field of ${type}`, field: field.slice(0, MAX_QUOTED) };
  }
  const field = pathText(issue.path);
  if (field === "schema_version") {
    const given = typeof issue.input === "number" ? ` ${issue.input}` : "";
    return { ok: false, reason: `schema_version${given} is not supported; expected ${SCHEMA_VERSION}`, field };
  }
  const missing = issue.input === undefined ? `${field} is missing; it ` : `${field} `;
  return { ok: false, reason: `${missing}must be ${issue.message}`, field };
}

function pathText(path: readonly PropertyKey[]): string {
  let joined = "";
  for (const part of path) {
    if (typeof part === "number") joined += `[${part}]`;
    else joined += joined === "" ? String(part) : `.${String(part)}`;
  }
  return joined;
}

const MAX_QUOTED = 80;

function quote(given: string): string {
  return JSON.stringify(given.length > MAX_QUOTED ? `${given.slice(0, MAX_QUOTED)}…` : given);
}

/** Walks level by level, so that no depth can exhaust the stack. */
function isDeeperThan(root: object, limit: number): boolean {
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap((node) => Object.values(node).filter(isContainer));
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
