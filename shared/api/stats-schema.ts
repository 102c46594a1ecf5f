import * as z from "zod";

const tally = z.object({ count: z.int(), amount: z.int().meta({ description: "minor units" }) });

/** By status and currency, from counters: a moment behind the records, and as cheap for a million as for ten. */
export function statsSchema<const Statuses extends readonly [string, ...string[]]>(statuses: Statuses) {
  return z.object({
    total: z.int().min(0),
    by_status: z.object(
      Object.fromEntries(
        statuses.map((status) => [status, z.object({ count: z.int(), by_currency: z.record(z.string(), tally) })]),
      ) as Record<
        Statuses[number],
        z.ZodObject<{ count: z.ZodInt; by_currency: z.ZodRecord<z.ZodString, typeof tally> }>
      >,
    ),
    due: z
      .object({
        count: z.int().min(0).max(1000),
        capped: z.boolean().meta({ description: "there are more than 1,000" }),
      })
      .optional()
      .meta({ description: "pending or active, and past their date" }),
    today: z
      .record(z.string(), z.object({ count: z.int(), by_currency: z.record(z.string(), tally) }))
      .optional()
      .meta({ description: "what happened since midnight UTC, by action" }),
  });
}
