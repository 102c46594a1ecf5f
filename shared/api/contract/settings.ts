import * as z from "zod";
import { parseCidr } from "../../access/network.ts";
import { isTimeZone } from "../../domain/dates.ts";
import { MAX_AMOUNT_MINOR } from "../../domain/money.ts";
import { wireSchemas } from "../../events/wire-schemas.ts";
import { currency, triggers, whole } from "../fields.ts";
import { operation, single } from "../operation.ts";

const tag = "Settings";
const MAX_CIDRS = 100;
const MAX_COOLING_OFF_HOURS = 720;

const instant = z.string().meta({ format: "date-time" });
const own = wireSchemas.settings.shape;
const settings = z
  .object({
    organization_id: z.string(),
    version: z.int().min(0).meta({ description: "0 while the organization has decided nothing for itself" }),
    policy: wireSchemas.payout.shape.policy,
    high_value_amounts: own.high_value_amounts.meta({
      description:
        "minor units by currency from which on a payout is high value; in any other currency every payout is",
    }),
    approver_limit_amounts: own.approver_limit_amounts.meta({
      description:
        "minor units by currency that one person may approve in any 24 hours; no limit in any other currency",
    }),
    cooling_off_hours: z.int().min(0).meta({ description: "for which a changed destination is not used" }),
    allowed_cidrs: own.allowed_cidrs.meta({ description: "empty: every address is allowed" }),
    working_hours: own.working_hours.meta({
      description: "in the policy's time zone, from ≤ hour < to; null: all day",
    }),
    own: z.array(z.string()).meta({ description: "paths of the values that are the organization's, not the defaults" }),
    updated_at: instant.nullable(),
  })
  .meta({ id: "Settings" });

const percentText = "a percentage from 0 to 100 with up to two decimals";
const holdback = z
  .number({ error: percentText })
  .min(0, { error: percentText })
  .max(100, { error: percentText })
  .refine((percent) => Math.abs(percent * 100 - Math.round(percent * 100)) < 1e-6, { error: percentText });

const policy = z.strictObject({
  holdback_percentage: holdback.nullable().optional(),
  guarantee_days: whole(0, 3_650).nullable().optional(),
  trigger_event: z
    .enum(triggers, { error: `one of ${triggers.join(", ")}` })
    .nullable()
    .optional(),
  approval: z.enum(["auto", "manual"], { error: "auto or manual" }).nullable().optional(),
  time_zone: z
    .string({ error: "an IANA time zone" })
    .refine(isTimeZone, { error: "an IANA time zone" })
    .nullable()
    .optional(),
});

const amounts = z
  .record(currency, whole(0, MAX_AMOUNT_MINOR, " of minor units").nullable())
  .meta({ description: "minor units by currency; null removes the organization's own value" });

const cidrText = 'an address range without host bits, such as "203.0.113.0/24" or "2001:db8::/32"';
const cidr = z.string({ error: cidrText }).transform((range, context) => {
  const parsed = parseCidr(range);
  if (parsed.ok) return parsed.cidr;
  context.addIssue({ code: "custom", message: `${cidrText}: ${parsed.reason}` });
  return z.NEVER;
});
const cidrsText = `a list of up to ${MAX_CIDRS} address ranges`;

const hoursText = "hours of a day with from before to";
const workingHours = z
  .strictObject({ from: whole(0, 23), to: whole(1, 24) }, { error: hoursText })
  .refine(({ from, to }) => from < to, { error: hoursText });

/** What an organization wants to be different; null gives a value back to the defaults. */
export const settingsPatch = z
  .strictObject({
    policy: policy.optional(),
    high_value_amounts: amounts.optional(),
    approver_limit_amounts: amounts.optional(),
    cooling_off_hours: whole(0, MAX_COOLING_OFF_HOURS, " of hours").nullable().optional(),
    allowed_cidrs: z.array(cidr, { error: cidrsText }).max(MAX_CIDRS, { error: cidrsText }).nullable().optional(),
    working_hours: workingHours.nullable().optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, { error: "an object with at least one field" });

export const settingsOperations = {
  getSettings: operation({
    method: "GET",
    path: "/v2/settings",
    tag,
    summary: "Get the settings that hold, and which of them are the organization's own",
    access: "payouts.view",
    answer: { status: 200, schema: single(settings) },
  }),
  updateSettings: operation({
    method: "PATCH",
    path: "/v2/settings",
    tag,
    summary: "Change settings; null gives one back to the defaults",
    description:
      'If-Match: "0" where the organization has decided nothing for itself yet. An allow-list must contain the ' +
      "caller's own address. Limits and the allow-list hold within 30 seconds; the policy holds for payouts made from then on.",
    access: "config.manage",
    body: settingsPatch,
    answer: { status: 200, schema: single(settings) },
    conditional: true,
    guarded: true,
    example: {
      policy: { holdback_percentage: 12.5, time_zone: "Europe/Berlin" },
      high_value_amounts: { USD: 500_000 },
      approver_limit_amounts: { USD: 5_000_000, EUR: null },
      working_hours: { from: 7, to: 19 },
    },
  }),
} as const;
