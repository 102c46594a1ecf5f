import * as z from "zod";
import { isTimeZone } from "../domain/dates.ts";

/** A deployment's default policy, as JSON text in the environment. */
export const policySchema = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: "custom", message: "not JSON" });
      return z.NEVER;
    }
  })
  .pipe(
    z.strictObject({
      holdbackBp: z.int().min(0).max(10_000),
      guaranteeDays: z.int().min(0).max(3_650),
      triggerEvent: z.enum(["guarantee_period_end", "milestone_reached", "contract_signed", "manual"]),
      approval: z.enum(["auto", "manual"]),
      timeZone: z.string().refine(isTimeZone, { error: "not an IANA time zone" }),
    }),
  );
