import * as z from "zod";
import { currency, externalId, instant, text } from "../events/inbound.ts";

/** Fields of requests, over and above those that events have too. Messages complete the sentence "… must be". */
export {
  amount,
  currency,
  externalId,
  instant,
  text,
  triggers,
  whole,
} from "../events/inbound.ts";

const FAMILY_ID_LENGTH = 29;

/** Any id is looked up as it is given: one that can't exist is not found, like any other that doesn't. */
export const id = text(128);
/** The subject of a person's token. */
export const subject = z
  .string()
  .regex(/^[^#\s\p{Cc}]{1,128}$/u, { error: 'a subject of 1 to 128 characters without spaces and "#"' });
export const reason = text(500);
export const notes = text(500);

export const idParams = z.strictObject({ id });

const idsText = "a list of 1 to 100 different ids";
export const bulkIds = z
  .array(z.string({ error: idsText }).min(1, { error: idsText }).max(FAMILY_ID_LENGTH, { error: idsText }), {
    error: idsText,
  })
  .min(1, { error: idsText })
  .max(100, { error: idsText })
  .refine((ids) => new Set(ids).size === ids.length, { error: idsText });

/** A query parameter that may be repeated or hold several values separated by commas. */
export function several<const Values extends readonly [string, ...string[]]>(values: Values) {
  const error = `one or more of ${values.join(", ")}, separated by commas`;
  return z
    .string({ error })
    .transform((joined) => joined.split(","))
    .pipe(z.array(z.enum(values, { error }), { error }).min(1, { error }).max(values.length, { error }))
    .transform((list) => [...new Set(list)])
    .meta({ param: { type: "array", items: { type: "string", enum: values }, minItems: 1, maxItems: values.length } });
}

const limitText = "a whole number from 1 to 100";
/** A whole number in a query string. */
export function wholeText(minimum: number, maximum: number, error: string) {
  return z
    .string({ error })
    .regex(/^\d{1,15}$/, { error })
    .transform(Number)
    .pipe(z.int({ error }).min(minimum, { error }).max(maximum, { error }))
    .meta({ param: { type: "integer", minimum, maximum } });
}

const cursorText = "a next_cursor of this list";
/** What every list takes. */
export const paging = {
  limit: wholeText(1, 100, limitText)
    .default(25)
    .meta({ param: { type: "integer", minimum: 1, maximum: 100, default: 25 } }),
  cursor: z
    .string({ error: cursorText })
    .regex(/^[A-Za-z0-9_-]{1,2000}$/, { error: cursorText })
    .optional(),
};

export const amountText = wholeText(0, 1_000_000_000_000, "a whole number of minor units");

const directionText = "date, -date, amount or -amount";
/** `date` oldest first, `-date` newest first; by amount only together with a currency. */
export const sort = z.enum(["date", "-date", "amount", "-amount"], { error: directionText });

/** Filters that payouts, schedules and holds share. */
export const moneyFilters = {
  ...paging,
  payee_id: externalId.optional(),
  company_id: externalId.optional(),
  placement_id: externalId.optional(),
  payout_id: id.optional(),
  currency: currency.optional(),
  min_amount: amountText.optional(),
  max_amount: amountText.optional(),
  from: instant.optional(),
  to: instant.optional(),
  q: text(128).optional().meta({ description: "an id: of the record, its payout, payee, placement or company" }),
  sort: sort.optional(),
};
