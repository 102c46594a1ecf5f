import * as z from "zod";

/** A function's configuration is missing or malformed: it must not start. Names the variables, never their values. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** Parses the environment once per function; throws `ConfigurationError` at cold start with the names of what is wrong. */
export function readEnv<Shape extends z.ZodRawShape>(shape: Shape): z.infer<z.ZodObject<Shape>> {
  const parsed = z.object(shape).safeParse(process.env);
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map((issue) => `${issue.path.join(".")} (${issue.message})`);
  throw new ConfigurationError(`environment: ${names.join(", ")}`);
}

/** A variable that holds JSON. */
export function jsonText<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: "custom", message: "not JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);
}
