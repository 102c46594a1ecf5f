import * as z from "zod";
import { isTimeZone } from "../domain/dates.ts";
import { jsonText } from "../runtime/env.ts";

/** A deployment's default policy, as JSON text in the environment. */
export const policySchema = jsonText(
  z.strictObject({
    holdbackBp: z.int().min(0).max(10_000),
    guaranteeDays: z.int().min(0).max(3_650),
    triggerEvent: z.enum(["guarantee_period_end", "milestone_reached", "contract_signed", "manual"]),
    approval: z.enum(["auto", "manual"]),
    timeZone: z.string().refine(isTimeZone, { error: "not an IANA time zone" }),
  }),
);
