import * as z from "zod";

/**
 * A property that is known and has no effect on one machine. The reason is part of the declaration, so that a property can't be
 * left out silently.
 */
export function inert(reason: string) {
  return z.unknown().optional().describe(reason);
}

/** CloudFormation takes numbers and booleans as text too. */
export const number = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)]).transform(Number);
export const boolean = z
  .union([z.boolean(), z.enum(["true", "false"])])
  .transform((value) => value === true || value === "true");
export const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
export const texts = z.array(z.string());
export const jsonObject = z.record(z.string(), z.json());

export const tags = inert("labels");
export const encryption = inert("data on this machine isn't encrypted by a key service");

export const deadLetterConfig = z.strictObject({ Arn: z.string().optional() });

export const retryPolicy = z.strictObject({
  MaximumRetryAttempts: number.optional(),
  MaximumEventAgeInSeconds: number.optional(),
});

export const onFailureOnly = z.strictObject({
  OnFailure: z.strictObject({ Destination: z.string() }).optional(),
});

export const cors = z.strictObject({
  AllowOrigins: texts.optional(),
  AllowMethods: texts.optional(),
  AllowHeaders: texts.optional(),
  ExposeHeaders: texts.optional(),
  AllowCredentials: boolean.optional(),
  MaxAge: number.optional(),
});
